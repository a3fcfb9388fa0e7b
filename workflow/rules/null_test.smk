# The null test: cells of one batch, split at random, have no batch effect. What do corrections do to them?
rule null_test:
    input:
        TARGETS.of_null_test,


# Data sets of pseudo-batches are trained on and corrected by the same rules as others.
rule split_batch:
    input:
        INPUTS.split_cells,
    output:
        raw="results/{dataset}/data/raw.h5ad",
        norm="results/{dataset}/data/norm.h5ad",
        norm_log="results/{dataset}/data/norm_log.h5ad",
    log:
        "results/{dataset}/data/split_batch.log",
    wildcard_constraints:
        dataset=any_of(PLAN.null_datasets),
    priority: 100
    conda:
        "../../envs/scanpy.yaml"
    params:
        parent=JOBS.parent,
        batch=JOBS.null_batch,
        draw=JOBS.draw,
        code=code("split_batch.py"),
    script:
        "../scripts/split_batch.py"


rule null_measures:
    input:
        corrected="results/{dataset}/{product}/corrected.h5ad",
        reference="results/{dataset}/data/norm_log.h5ad",
    output:
        "results/{dataset}/{product}/null_measures.tsv",
    log:
        "results/{dataset}/{product}/null_measures.log",
    conda:
        "../../envs/scib.yaml"
    threads: 1
    params:
        ids=JOBS.null_ids,
        evaluation=JOBS.evaluation,
        code=code("null_measures.py"),
    script:
        "../scripts/null_measures.py"


rule null_table:
    input:
        TARGETS.null_measures,
    output:
        report(
            "results/null_test.tsv",
            caption="../report/null_test.rst",
            category="Null test",
            labels={"table": "all measures"},
        ),
    log:
        "results/null_test.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        runs=JOBS.expected_null_runs(),
        code=code("concatenate.py"),
    script:
        "../scripts/concatenate.py"


rule plot_null_test:
    input:
        "results/null_test.tsv",
    output:
        report(
            "results/{dataset}/null_test.png",
            caption="../report/null_test.rst",
            category="Null test",
            subcategory="{dataset}",
            labels={"figure": "null test"},
        ),
    log:
        "results/{dataset}/plot_null_test.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        code=code("plot_null_test.py"),
    script:
        "../scripts/plot_null_test.py"
