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
    priority: 100
    conda:
        "../../envs/mapping.yaml"
    threads: 1
    params:
        source=JOBS.source,
        mapping=JOBS.mapping,
        code=code("map_cells.py"),
    script:
        "../scripts/map_cells.py"
