rule train:
    input:
        variant_input,
    output:
        model="results/{dataset}/{variant}/pipeline/model.pt",
        losses="results/{dataset}/{variant}/pipeline/losses.tsv",
    log:
        "results/{dataset}/{variant}/pipeline/train.log",
    params:
        ids=ids("variant"),
        seed=CONFIG.seed,
        variant=variant_traits,
        hyperparameters=variant_hyperparameters,
        code=code("train.py"),
    threads: 1
    priority: 10
    conda:
        "../../envs/torch.yaml"
    script:
        "../scripts/train.py"
