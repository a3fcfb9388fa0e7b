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
        url=lambda wildcards: source(wildcards)["url"],
        sha256=lambda wildcards: source(wildcards)["sha256"],
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
        url=lambda wildcards: table(wildcards)["url"],
        sha256=lambda wildcards: table(wildcards)["sha256"],
        key="datasets.{dataset}.tables.{kind}.{number}",


rule read_tables:
    input:
        expression=table_files("expression"),
        cells=table_files("cells"),
        genes=table_files("genes"),
    output:
        "results/{dataset}/data/tables.h5ad",
    log:
        "results/{dataset}/data/tables.log",
    priority: 100
    conda:
        "../../envs/scanpy.yaml"
    params:
        tables=lambda wildcards: source(wildcards)["tables"],
        code=code("read_tables.py"),
    script:
        "../scripts/read_tables.py"


rule join_samples:
    input:
        sample_files,
    output:
        "results/{dataset}/data/samples.h5ad",
    log:
        "results/{dataset}/data/samples.log",
    priority: 100
    conda:
        "../../envs/scanpy.yaml"
    params:
        columns=sample_columns,
        code=code("join_samples.py"),
    script:
        "../scripts/join_samples.py"


rule simulate:
    output:
        "results/{dataset}/data/simulated.h5ad",
    log:
        "results/{dataset}/data/simulated.log",
    priority: 100
    conda:
        "../../envs/scanpy.yaml"
    params:
        simulation=simulation_parameters,
        code=code("simulate.py"),
    script:
        "../scripts/simulate.py"


# A rule of its own, so that bad input ends here and earlier results stay as they are.
rule check_dataset:
    input:
        source_file,
    output:
        "results/{dataset}/data/checks.tsv",
    log:
        "results/{dataset}/data/checks.log",
    priority: 100
    conda:
        "../../envs/scanpy.yaml"
    params:
        source=source,
        code=code("check_dataset.py"),
    script:
        "../scripts/check_dataset.py"


rule preprocess:
    input:
        counts=source_file,
        checks="results/{dataset}/data/checks.tsv",
    output:
        raw="results/{dataset}/data/raw.h5ad",
        norm="results/{dataset}/data/norm.h5ad",
        norm_log="results/{dataset}/data/norm_log.h5ad",
    log:
        "results/{dataset}/data/preprocess.log",
    priority: 50
    conda:
        "../../envs/scanpy.yaml"
    params:
        source=source,
        code=code("preprocess.py"),
    script:
        "../scripts/preprocess.py"
