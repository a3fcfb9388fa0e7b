rule plot_embedding:
    input:
        embedding="results/{dataset}/{product}/embedding.tsv",
        provenance="results/{dataset}/{product}/provenance.tsv",
    output:
        report(
            "results/{dataset}/{product}/embedding.png",
            caption="../report/embedding.rst",
            category="Embeddings",
            subcategory="{dataset}",
            labels={"method": "{product}"},
        ),
    log:
        "results/{dataset}/{product}/plot_embedding.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        code=code("plot_embedding.py"),
    script:
        "../scripts/plot_embedding.py"


rule plot_losses:
    input:
        losses="results/{dataset}/{variant}/pipeline/losses.tsv",
    output:
        report(
            "results/{dataset}/{variant}/pipeline/losses.png",
            caption="../report/losses.rst",
            category="Training",
            subcategory="{dataset}",
            labels={"variant": "{variant}"},
        ),
    log:
        "results/{dataset}/{variant}/pipeline/plot_losses.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        code=code("plot_losses.py"),
    script:
        "../scripts/plot_losses.py"


rule summary:
    input:
        "results/ranks.tsv",
    output:
        summary=report(
            "results/{dataset}/summary.png",
            caption="../report/summary.rst",
            category="Benchmark",
            subcategory="{dataset}",
            labels={"figure": "summary"},
        ),
        halves=report(
            "results/{dataset}/halves.png",
            caption="../report/halves.rst",
            category="Benchmark",
            subcategory="{dataset}",
            labels={"figure": "biology against batches"},
        ),
    log:
        "results/{dataset}/summary.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        dataset="{dataset}",
        code=code("plot_summary.py"),
    script:
        "../scripts/plot_summary.py"


use rule summary as summary_of_all with:
    output:
        summary=report(
            "results/summary.png",
            caption="../report/summary.rst",
            category="Benchmark",
            labels={"figure": "summary"},
        ),
        halves=report(
            "results/halves.png",
            caption="../report/halves.rst",
            category="Benchmark",
            labels={"figure": "biology against batches"},
        ),
    log:
        "results/summary.log",
    params:
        dataset="",
        code=code("plot_summary.py"),


# What cells can be coloured by in the page.
rule cell_columns:
    input:
        "results/{dataset}/data/norm_log.h5ad",
    output:
        cells="results/{dataset}/data/cells.tsv",
        columns="results/{dataset}/data/cell_columns.tsv",
    log:
        "results/{dataset}/data/cell_columns.log",
    localrule: True
    conda:
        "../../envs/scanpy.yaml"
    params:
        code=code("cell_columns.py"),
    script:
        "../scripts/cell_columns.py"


rule plot_markers:
    input:
        "results/{dataset}/{variant}/pipeline/markers.tsv",
    output:
        report(
            "results/{dataset}/{variant}/pipeline/markers.png",
            caption="../report/markers.rst",
            category="Cell types",
            subcategory="{dataset}",
            labels={"variant": "{variant}"},
        ),
    log:
        "results/{dataset}/{variant}/pipeline/plot_markers.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        method="{variant}",
        code=code("plot_markers.py"),
    script:
        "../scripts/plot_markers.py"


rule report:
    input:
        benchmark="results/benchmark.tsv",
        ranks="results/ranks.tsv",
        expression=TARGETS.of_datasets("results/{dataset}/expression.tsv"),
        losses=TARGETS.of_products("results/{dataset}/{product}/losses.tsv", PLAN.aif_products),
        checks=TARGETS.of_datasets("results/{dataset}/data/checks.tsv"),
        composition=TARGETS.of_datasets("results/{dataset}/data/composition.tsv"),
        genes=TARGETS.of_datasets("results/{dataset}/data/genes.tsv"),
        types=TARGETS.of_benchmark("results/{dataset}/{product}/types.tsv"),
        provenance=TARGETS.of_benchmark("results/{dataset}/{product}/provenance.tsv"),
        null_test=["results/null_test.tsv"] if CONFIG.null_test else [],
        figures=[figure["path"] for figure in TARGETS.figures],
        embeddings=TARGETS.embeddings_of(TARGETS.figures),
        cells=TARGETS.of_datasets("results/{dataset}/data/cells.tsv"),
        columns=TARGETS.of_datasets("results/{dataset}/data/cell_columns.tsv"),
    output:
        "results/report.html",
    log:
        "results/report.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        config=SETTINGS,
        figures=TARGETS.figures,
        code=code("report.py"),
    script:
        "../scripts/report.py"
