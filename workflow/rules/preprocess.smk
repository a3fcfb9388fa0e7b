rule download:
    output:
        "results/{dataset}/data/download.h5ad",
    log:
        "results/{dataset}/data/download.log",
    priority: 100
    localrule: True
    conda:
        "../../envs/scanpy.yaml"
    params:
        url=lookup(within=SETTINGS, dpath="datasets/{dataset}/url"),
        sha256=lookup(within=SETTINGS, dpath="datasets/{dataset}/sha256"),
        key="datasets.{dataset}",
        code=code("download.py"),
    script:
        "../scripts/download.py"


use rule download as download_table with:
    output:
        "results/{dataset}/data/tables/{kind}.{number}",
    log:
        "results/{dataset}/data/tables/{kind}.{number}.log",
    localrule: True
    params:
        url=lookup(within=SETTINGS, dpath="datasets/{dataset}/tables/{kind}/{number}/url"),
        sha256=lookup(within=SETTINGS, dpath="datasets/{dataset}/tables/{kind}/{number}/sha256"),
        key="datasets.{dataset}.tables.{kind}.{number}",


# Whatever form a file has: the rules after this one read one form.
rule read_cells:
    input:
        INPUTS.file,
        beside=INPUTS.beside,
    output:
        "results/{dataset}/data/cells.h5ad",
    log:
        "results/{dataset}/data/cells.log",
    priority: 100
    conda:
        "../../envs/reading.yaml"
    params:
        source=JOBS.reading,
        code=code("read_cells.py"),
    script:
        "../scripts/read_cells.py"


use rule read_cells as read_cells_of_r with:
    wildcard_constraints:
        dataset=any_of(PLAN.of_r),
    conda:
        "../../envs/reading_r.yaml"


ruleorder: read_cells_of_r > read_cells
ruleorder: join_samples_of_r > join_samples


rule read_tables:
    input:
        expression=INPUTS.tables("expression"),
        cells=INPUTS.tables("cells"),
        genes=INPUTS.tables("genes"),
    output:
        "results/{dataset}/data/tables.h5ad",
    log:
        "results/{dataset}/data/tables.log",
    priority: 100
    conda:
        "../../envs/reading.yaml"
    params:
        source=JOBS.reading,
        code=code("read_tables.py"),
    script:
        "../scripts/read_tables.py"


rule join_samples:
    input:
        samples=INPUTS.samples,
        beside=INPUTS.beside,
    output:
        "results/{dataset}/data/samples.h5ad",
    log:
        "results/{dataset}/data/samples.log",
    priority: 100
    conda:
        "../../envs/reading.yaml"
    params:
        source=JOBS.reading,
        samples=JOBS.samples,
        code=code("join_samples.py"),
    script:
        "../scripts/join_samples.py"


use rule join_samples as join_samples_of_r with:
    wildcard_constraints:
        dataset=any_of(PLAN.of_r),
    conda:
        "../../envs/reading_r.yaml"


rule simulate:
    output:
        "results/{dataset}/data/simulated.h5ad",
    log:
        "results/{dataset}/data/simulated.log",
    priority: 100
    conda:
        "../../envs/scanpy.yaml"
    params:
        simulation=JOBS.simulation,
        code=code("simulate.py"),
    script:
        "../scripts/simulate.py"


# A rule of its own, so that bad input ends here and earlier results stay as they are.
rule check_dataset:
    input:
        INPUTS.cells,
    output:
        checks="results/{dataset}/data/checks.tsv",
        composition="results/{dataset}/data/composition.tsv",
        genes="results/{dataset}/data/genes.tsv",
    log:
        "results/{dataset}/data/checks.log",
    priority: 100
    conda:
        "../../envs/scanpy.yaml"
    params:
        source=JOBS.source,
        null_test=JOBS.null_test,
        code=code("check_dataset.py"),
    script:
        "../scripts/check_dataset.py"


rule preprocess:
    input:
        cells=INPUTS.cells,
        checks="results/{dataset}/data/checks.tsv",
        genes="results/{dataset}/data/genes.tsv",
    output:
        raw="results/{dataset}/data/raw.h5ad",
        norm="results/{dataset}/data/norm.h5ad",
        norm_log="results/{dataset}/data/norm_log.h5ad",
    log:
        "results/{dataset}/data/preprocess.log",
    wildcard_constraints:
        dataset=any_of(PLAN.datasets),
    priority: 50
    conda:
        "../../envs/scanpy.yaml"
    params:
        source=JOBS.source,
        code=code("preprocess.py"),
    script:
        "../scripts/preprocess.py"
