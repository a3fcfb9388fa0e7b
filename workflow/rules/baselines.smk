rule baseline:
    input:
        "results/{dataset}/data/norm_log.h5ad",
    output:
        "results/{dataset}/baselines/{baseline}/corrected.h5ad",
    log:
        "results/{dataset}/baselines/{baseline}/correct.log",
    conda:
        "../../envs/scanpy.yaml"
    threads: 1
    params:
        ids=ids("baseline"),
        seed=CONFIG.seed,
        code=code("baseline.py"),
    script:
        "../scripts/baseline.py"
