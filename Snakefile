from snakemake.utils import min_version

min_version("9.0")


include: "workflow/rules/common.smk"
include: "workflow/rules/preprocess.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/correct.smk"
include: "workflow/rules/baselines.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/aggregate.smk"
include: "workflow/rules/report.smk"


report: "workflow/report/workflow.rst"


wildcard_constraints:
    dataset="|".join(CONFIG.datasets),
    variant="|".join(CONFIG.variants),
    baseline="|".join(CONFIG.baselines) or "none",
    product=r"[^/]+/[^/]+",


rule all:
    default_target: True
    input:
        "results/report.html",


rule pipeline:
    input:
        runs("results/{dataset}/{product}/corrected.h5ad", AIF_PRODUCTS),
        runs("results/{dataset}/{product}/metrics.tsv", AIF_PRODUCTS),
