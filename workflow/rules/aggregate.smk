rule benchmark:
    input:
        TARGETS.of_mode["pipeline"],


rule metrics:
    input:
        TARGETS.of_benchmark("results/{dataset}/{product}/metrics.tsv"),
    output:
        report(
            "results/benchmark.tsv",
            caption="../report/benchmark.rst",
            category="Benchmark",
            labels={"table": "all metrics"},
        ),
    log:
        "results/benchmark.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        runs=JOBS.expected_benchmark,
        code=code("concatenate.py"),
    script:
        "../scripts/concatenate.py"


rule ranks:
    input:
        "results/benchmark.tsv",
    output:
        report(
            "results/ranks.tsv",
            caption="../report/ranks.rst",
            category="Benchmark",
            labels={"table": "medians and ranks over the seeds"},
        ),
    log:
        "results/ranks.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        code=code("ranks.py"),
    script:
        "../scripts/ranks.py"


rule types:
    input:
        INPUTS.of_products("type_batches.tsv"),
    output:
        table="results/{dataset}/types.tsv",
        figure=report(
            "results/{dataset}/types.png",
            caption="../report/types.rst",
            category="Benchmark",
            subcategory="{dataset}",
            labels={"figure": "each cell type, before and after"},
        ),
    log:
        "results/{dataset}/types.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        code=code("cell_types.py"),
    script:
        "../scripts/cell_types.py"


rule expression:
    input:
        INPUTS.of_products("expression.tsv"),
    output:
        table="results/{dataset}/expression.tsv",
        figure=report(
            "results/{dataset}/expression.png",
            caption="../report/expression.rst",
            category="Benchmark",
            subcategory="{dataset}",
            labels={"figure": "differential expression"},
        ),
    log:
        "results/{dataset}/expression.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        code=code("expression.py"),
    script:
        "../scripts/expression.py"
