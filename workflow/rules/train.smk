ruleorder: share_training > train


rule train:
    input:
        INPUTS.train_cells,
    output:
        model="results/{dataset}/{variant}/pipeline{repeat}/model.pt",
        losses="results/{dataset}/{variant}/pipeline{repeat}/losses.tsv",
    log:
        "results/{dataset}/{variant}/pipeline{repeat}/train.log",
    priority: 10
    conda:
        "../../envs/torch.yaml"
    threads: 1
    params:
        job=JOBS.pipeline,
        made_of=JOBS.train_key,
        code=code("train.py"),
    script:
        "../scripts/train.py"


# Of variants that differ from another one in the correction only.
rule share_training:
    input:
        unpack(INPUTS.shared_training),
    output:
        model="results/{dataset}/{variant}/pipeline{repeat}/model.pt",
        losses="results/{dataset}/{variant}/pipeline{repeat}/losses.tsv",
    log:
        "results/{dataset}/{variant}/pipeline{repeat}/share_training.log",
    wildcard_constraints:
        variant=any_of(PLAN.trained_as),
    localrule: True
    conda:
        "../../envs/torch.yaml"
    params:
        job=JOBS.pipeline,
        code=code("share_training.py"),
    script:
        "../scripts/share_training.py"
