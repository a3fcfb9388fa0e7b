rule evaluate:
    input:
        corrected="results/{dataset}/{product}/corrected.h5ad",
        reference="results/{dataset}/data/norm_log.h5ad",
    output:
        metrics="results/{dataset}/{product}/metrics.tsv",
        embedding="results/{dataset}/{product}/embedding.tsv",
    log:
        "results/{dataset}/{product}/evaluate.log",
    params:
        evaluation={**CONFIG.evaluation.model_dump(), "seed": CONFIG.seed},
        code=code("evaluate.py"),
    threads: 1
    conda:
        "../../envs/scib.yaml"
    script:
        "../scripts/evaluate.py"
