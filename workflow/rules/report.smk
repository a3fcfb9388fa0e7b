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
