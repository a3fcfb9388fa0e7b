rule train:
    input:
        variant_input,
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
        job=pipeline_job,
        code=code("train.py"),
    script:
        "../scripts/train.py"
