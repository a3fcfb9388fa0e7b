rule baseline:
    input:
        "results/{dataset}/data/norm_log.h5ad",
    output:
        "results/{dataset}/baselines/{baseline}/corrected.h5ad",
    log:
        "results/{dataset}/baselines/{baseline}/correct.log",
    params:
        ids=ids("baseline"),
        seed=CONFIG.seed,
        code=code("baseline.py"),
    threads: 1
    conda:
        "../../envs/scanpy.yaml"
    script:
        "../scripts/baseline.py"
