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
