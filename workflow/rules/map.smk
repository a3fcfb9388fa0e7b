# Cells that no model was trained on, corrected by one that is there already.
rule map:
    input:
        TARGETS.of_map,


rule map_cells:
    input:
        unpack(INPUTS.model),
        cells=INPUTS.cells,
    output:
        corrected="results/{dataset}/mapped/corrected.h5ad",
        names="results/{dataset}/mapped/names.tsv",
        confusion="results/{dataset}/mapped/confusion.tsv",
        genes="results/{dataset}/mapped/genes.tsv",
        checks="results/{dataset}/mapped/checks.tsv",
    log:
        "results/{dataset}/mapped/map.log",
    wildcard_constraints:
        dataset=any_of(PLAN.mapped),
    conda:
        "../../envs/mapping.yaml"
    threads: 1
    params:
        source=JOBS.source,
        mapping=JOBS.mapping,
        code=code("map_cells.py"),
    script:
        "../scripts/map_cells.py"


rule map_places:
    input:
        unpack(INPUTS.reference_cells),
        mapped="results/{dataset}/mapped/corrected.h5ad",
    output:
        "results/{dataset}/mapped/places.tsv",
    log:
        "results/{dataset}/mapped/places.log",
    conda:
        "../../envs/mapping.yaml"
    threads: 1
    params:
        seed=CONFIG.seed,
        code=code("map_places.py"),
    script:
        "../scripts/map_places.py"


rule map_page:
    input:
        places="results/{dataset}/mapped/places.tsv",
        names="results/{dataset}/mapped/names.tsv",
        confusion="results/{dataset}/mapped/confusion.tsv",
        genes="results/{dataset}/mapped/genes.tsv",
        checks="results/{dataset}/mapped/checks.tsv",
    output:
        "results/{dataset}/mapped/map.html",
    log:
        "results/{dataset}/mapped/page.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        model=lambda wildcards: CONFIG.datasets[wildcards.dataset].map_to,
        config=SETTINGS,
        code=code("map_page.py"),
    script:
        "../scripts/map_page.py"
