# The methods AIF is compared with: each a rule with the environment of its package.
rule baseline:
    input:
        INPUTS.baseline_cells,
    output:
        "results/{dataset}/baselines/{baseline}{repeat}/corrected.h5ad",
    log:
        "results/{dataset}/baselines/{baseline}{repeat}/correct.log",
    wildcard_constraints:
        baseline=any_of(
            PLAN.named("uncorrected", "combat", "shuffled", "downsampled", "perfect_types")
        ),
    conda:
        "../../envs/scanpy.yaml"
    threads: 1
    params:
        ids=JOBS.baseline_ids,
        run=JOBS.baseline,
        made_of=JOBS.baseline_key,
    script:
        "../scripts/baseline.py"


use rule baseline as harmony with:
    wildcard_constraints:
        baseline=any_of(PLAN.named("harmony")),
    conda:
        "../../envs/harmony.yaml"


use rule baseline as scanorama with:
    wildcard_constraints:
        baseline=any_of(PLAN.named("scanorama")),
    conda:
        "../../envs/scanorama.yaml"


use rule baseline as scvi with:
    wildcard_constraints:
        baseline=any_of(PLAN.named("scvi", "scvi_default", "scanvi", "sysvi")),
    conda:
        "../../envs/scvi.yaml"


use rule baseline as bbknn with:
    wildcard_constraints:
        baseline=any_of(PLAN.named("bbknn")),
    conda:
        "../../envs/bbknn.yaml"


use rule baseline as combat_seq with:
    wildcard_constraints:
        baseline=any_of(PLAN.named("combat_seq")),
    conda:
        "../../envs/combat_seq.yaml"


use rule baseline as concord with:
    wildcard_constraints:
        baseline=any_of(PLAN.named("concord")),
    conda:
        "../../envs/concord.yaml"


use rule baseline as limma with:
    wildcard_constraints:
        baseline=any_of(PLAN.named("limma")),
    conda:
        "../../envs/limma.yaml"


use rule baseline as seurat with:
    wildcard_constraints:
        baseline=any_of(PLAN.named("seurat")),
    conda:
        "../../envs/seurat.yaml"


# What the user has corrected by other means, beside them.
rule own_correction:
    input:
        file=INPUTS.own_correction,
        reference="results/{dataset}/data/norm_log.h5ad",
    output:
        "results/{dataset}/corrections/{correction}/corrected.h5ad",
    log:
        "results/{dataset}/corrections/{correction}/correct.log",
    # First, as it may not fit.
    priority: 100
    conda:
        "../../envs/reading.yaml"
    threads: 1
    params:
        ids=JOBS.own_ids,
        entry=JOBS.own_entry,
        code=code("own_correction.py"),
    script:
        "../scripts/own_correction.py"


use rule own_correction as own_correction_of_r with:
    wildcard_constraints:
        correction=any_of(PLAN.own_of_r),
    conda:
        "../../envs/reading_r.yaml"


ruleorder: own_correction_of_r > own_correction
