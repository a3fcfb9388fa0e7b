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
        ids=JOBS.ids,
        rows=JOBS.sheet,
        code=code("hyperparameters.py"),
    script:
        "../scripts/hyperparameters.py"


# One training job. Its file is named after what is trained and not after the number of its row, so
# that a sheet with more rows, or others, finds what is there already.
rule search_job:
    input:
        cells=INPUTS.search_cells,
        reference=INPUTS.search_reference,
        rows=INPUTS.search_rows,
    output:
        "results/{dataset}/{variant}/runs/{part}/seed_{seed}.tsv",
    log:
        "results/{dataset}/{variant}/runs/{part}/seed_{seed}.log",
    conda:
        "../../envs/search.yaml"
    threads: 1
    params:
        job=JOBS.search,
        part=JOBS.part,
        correction=JOBS.search_correction,
        evaluation=PLAN.search_evaluation,
        made_of=JOBS.search_key,
        run_made_of=JOBS.run_key,
        code=code("search_job.py"),
    script:
        "../scripts/search_job.py"


# Which rows go on to a rung of a search that is halved. How many is known before, and so are all jobs.
rule rung:
    input:
        sheet="results/{dataset}/{variant}/hyperparameters.tsv",
        runs=INPUTS.runs_before,
    output:
        "results/{dataset}/{variant}/runs/rung_{rung}.tsv",
    log:
        "results/{dataset}/{variant}/runs/rung_{rung}.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        rung=JOBS.rung,
        best_by=CONFIG.best_by,
        code=code("rung.py"),
    script:
        "../scripts/rung.py"


rule runs:
    input:
        sheet="results/{dataset}/{variant}/hyperparameters.tsv",
        runs=INPUTS.runs,
    output:
        "results/{dataset}/{variant}/runs.tsv",
    log:
        "results/{dataset}/{variant}/runs.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        rungs=JOBS.rung_seeds("robust_grid_search"),
        code=code("runs.py"),
    script:
        "../scripts/runs.py"


use rule runs as runs_of_one_seed with:
    input:
        sheet="results/{dataset}/{variant}/hyperparameters.tsv",
        runs=INPUTS.runs_of_one_seed,
    output:
        "results/{dataset}/{variant}/grid_search.tsv",
    log:
        "results/{dataset}/{variant}/grid_search.log",
    localrule: True
    params:
        rungs=JOBS.rung_seeds("grid_search"),
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
        cells=INPUTS.best_cells,
    output:
        model="results/{dataset}/{variant}/best/model.pt",
        corrected="results/{dataset}/{variant}/best/corrected.h5ad",
        reference="results/{dataset}/{variant}/best/reference.pt",
    log:
        "results/{dataset}/{variant}/best/best.log",
    conda:
        "../../envs/search.yaml"
    threads: 1
    params:
        job=JOBS.best,
        best_by=CONFIG.best_by,
        correction=SETTINGS["correction"],
        made_of=JOBS.best_key,
        code=code("best.py"),
    script:
        "../scripts/best.py"


# Apart from the training, which another path of the same file shall not repeat. It looks at the checks,
# as they are made again for that path.
rule best_config:
    input:
        runs="results/{dataset}/{variant}/runs.tsv",
        rows="results/{dataset}/{variant}/robust_grid_search.tsv",
        checks="results/{dataset}/data/checks.tsv",
    output:
        "results/{dataset}/{variant}/best/run.yaml",
    log:
        "results/{dataset}/{variant}/best/run.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        run=JOBS.run_config,
        best_by=CONFIG.best_by,
        code=code("best_config.py"),
    script:
        "../scripts/best_config.py"
