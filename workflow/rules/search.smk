# The sheet, the runs and the tables of grid_search (one seed) and robust_grid_search (many seeds).


rule hyperparameters:
    output:
        "results/{dataset}/{variant}/hyperparameters.tsv",
    log:
        "results/{dataset}/{variant}/hyperparameters.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        ids=ids,
        rows=sheet_rows,
        code=code("hyperparameters.py"),
    script:
        "../scripts/hyperparameters.py"


# One training job. Its file is named after what is trained and not after the number of its row, so
# that a sheet with more rows, or others, finds what is there already.
rule search_job:
    input:
        cells=variant_input,
        reference="results/{dataset}/data/norm_log.h5ad",
    output:
        "results/{dataset}/{variant}/runs/{stack}/seed_{seed}.tsv",
    log:
        "results/{dataset}/{variant}/runs/{stack}/seed_{seed}.log",
    conda:
        "../../envs/search.yaml"
    threads: 1
    params:
        job=search_job,
        correction=CONFIG.correction.model_dump(),
        evaluation=EVALUATION,
        code=code("search_job.py"),
    script:
        "../scripts/search_job.py"


rule runs:
    input:
        sheet="results/{dataset}/{variant}/hyperparameters.tsv",
        runs=lambda w: run_files(w.dataset, w.variant, SEEDS["robust_grid_search"]),
    output:
        "results/{dataset}/{variant}/runs.tsv",
    log:
        "results/{dataset}/{variant}/runs.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        seeds=SEEDS["robust_grid_search"],
        code=code("runs.py"),
    script:
        "../scripts/runs.py"


use rule runs as runs_of_one_seed with:
    input:
        sheet="results/{dataset}/{variant}/hyperparameters.tsv",
        runs=lambda w: run_files(w.dataset, w.variant, SEEDS["grid_search"]),
    output:
        "results/{dataset}/{variant}/grid_search.tsv",
    log:
        "results/{dataset}/{variant}/grid_search.log",
    localrule: True
    params:
        seeds=SEEDS["grid_search"],
        code=code("runs.py"),


rule robust_table:
    input:
        "results/{dataset}/{variant}/runs.tsv",
    output:
        "results/{dataset}/{variant}/robust_grid_search.tsv",
    log:
        "results/{dataset}/{variant}/robust_grid_search.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        code=code("robust_grid_search.py"),
    script:
        "../scripts/robust_grid_search.py"


rule best:
    input:
        runs="results/{dataset}/{variant}/runs.tsv",
        rows="results/{dataset}/{variant}/robust_grid_search.tsv",
        cells=variant_input,
    output:
        model="results/{dataset}/{variant}/best/model.pt",
        corrected="results/{dataset}/{variant}/best/corrected.h5ad",
        run="results/{dataset}/{variant}/best/run.yaml",
    log:
        "results/{dataset}/{variant}/best/best.log",
    conda:
        "../../envs/search.yaml"
    threads: 1
    params:
        job=best_job,
        run=run_config,
        code=code("best.py"),
    script:
        "../scripts/best.py"
