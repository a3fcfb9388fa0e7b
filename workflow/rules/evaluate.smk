rule evaluate:
    input:
        corrected="results/{dataset}/{product}/corrected.h5ad",
        reference="results/{dataset}/data/norm_log.h5ad",
    output:
        metrics="results/{dataset}/{product}/metrics.tsv",
        embedding="results/{dataset}/{product}/embedding.tsv",
        expression="results/{dataset}/{product}/expression.tsv",
        types="results/{dataset}/{product}/types.tsv",
        type_batches="results/{dataset}/{product}/type_batches.tsv",
        markers="results/{dataset}/{product}/markers.tsv",
        provenance="results/{dataset}/{product}/provenance.tsv",
    log:
        "results/{dataset}/{product}/evaluate.log",
    conda:
        "../../envs/scib.yaml"
    threads: 1
    params:
        evaluation=JOBS.evaluation,
        code=code("evaluate.py"),
    script:
        "../scripts/evaluate.py"
