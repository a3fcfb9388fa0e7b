rule download:
    output:
        "results/{dataset}/data/download.h5ad",
    log:
        "results/{dataset}/data/download.log",
    priority: 100
    conda:
        "../../envs/scanpy.yaml"
    params:
        url=lambda wildcards: source(wildcards)["url"],
        sha256=lambda wildcards: source(wildcards)["sha256"],
        code=code("download.py"),
    script:
        "../scripts/download.py"


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
