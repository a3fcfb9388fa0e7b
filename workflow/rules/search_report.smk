# What both searches show: their tables under each other, their pictures and their page.


rule search_table:
    input:
        TARGETS.of_variants("results/{dataset}/{variant}/{{table}}.tsv"),
    output:
        report(
            "results/{table}.tsv",
            caption="../report/search_table.rst",
            category="Searches",
            labels={"table": "{table}"},
        ),
    log:
        "results/{table}.log",
    wildcard_constraints:
        table="grid_search|robust_grid_search|runs",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        runs=JOBS.expected_searches(),
        code=code("concatenate.py"),
    script:
        "../scripts/concatenate.py"


rule plot_search:
    input:
        runs=INPUTS.runs_table,
        rows="results/{dataset}/{variant}/{search}.tsv",
    output:
        **{kind: search_figure(kind) for kind in SEARCH_FIGURES},
    log:
        "results/{dataset}/{variant}/{search}/plot.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        code=code("plot_search.py"),
    script:
        "../scripts/plot_search.py"


rule plot_variants:
    input:
        expand("results/{{dataset}}/{variant}/{{search}}.tsv", variant=CONFIG.variants),
    output:
        report(
            "results/{dataset}/{search}/variants.png",
            caption="../report/search_figure.rst",
            category="Searches",
            subcategory="{dataset}",
            labels={"search": "{search}", "variant": "all", "figure": "variants"},
        ),
    log:
        "results/{dataset}/{search}/plot.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        code=code("plot_variants.py"),
    script:
        "../scripts/plot_variants.py"


rule search_report:
    input:
        runs=INPUTS.all_runs_table,
        rows=TARGETS.of_variants("results/{dataset}/{variant}/{{search}}.tsv"),
        references=TARGETS.search_references,
        checks=TARGETS.of_datasets("results/{dataset}/data/checks.tsv"),
        figures=INPUTS.search_figures,
    output:
        "results/{search}.html",
    log:
        "results/{search}.report.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        config=SETTINGS,
        figures=search_figures,
        code=code("search_report.py"),
    script:
        "../scripts/search_report.py"
