rule correct:
    input:
        cells=INPUTS.variant_cells,
        model="results/{dataset}/{variant}/pipeline{repeat}/model.pt",
    output:
        corrected="results/{dataset}/{variant}/pipeline{repeat}/corrected.h5ad",
        reference="results/{dataset}/{variant}/pipeline{repeat}/reference.pt",
    log:
        "results/{dataset}/{variant}/pipeline{repeat}/correct.log",
    conda:
        "../../envs/torch.yaml"
    threads: 1
    params:
        correction=JOBS.correction_of,
        code=code("correct.py"),
    script:
        "../scripts/correct.py"
