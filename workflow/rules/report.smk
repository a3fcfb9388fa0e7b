rule plot_embedding:
    input:
        embedding="results/{dataset}/{product}/embedding.tsv",
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
        expression=expand("results/{dataset}/expression.tsv", dataset=CONFIG.datasets),
        losses=produced("results/{dataset}/{product}/losses.tsv", AIF_PRODUCTS),
        checks=expand("results/{dataset}/data/checks.tsv", dataset=CONFIG.datasets),
        figures=[figure["path"] for figure in FIGURES],
    output:
        "results/report.html",
    log:
        "results/report.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        config=CONFIG.model_dump(),
        figures=FIGURES,
        code=code("report.py"),
    script:
        "../scripts/report.py"
