rule benchmark:
    input:
        produced("results/{dataset}/{product}/metrics.tsv", PRODUCTS),
    output:
        report(
            "results/benchmark.tsv",
            caption="../report/benchmark.rst",
            category="Benchmark",
            labels={"table": "all metrics"},
        ),
    log:
        "results/benchmark.log",
    conda:
        "../../envs/report.yaml"
    params:
        runs=[[dataset, method] for dataset in CONFIG.datasets for method in PRODUCTS.values()],
        code=code("concatenate.py"),
    script:
        "../scripts/concatenate.py"
