rule benchmark:
    input:
        runs("results/{dataset}/{product}/metrics.tsv", PRODUCTS),
    output:
        report(
            "results/benchmark.tsv",
            caption="../report/benchmark.rst",
            category="Benchmark",
            labels={"table": "all metrics"},
        ),
    log:
        "results/benchmark.log",
    params:
        runs=[[dataset, method] for dataset in CONFIG.datasets for method in PRODUCTS.values()],
        code=code("concatenate.py"),
    conda:
        "../../envs/report.yaml"
    script:
        "../scripts/concatenate.py"
