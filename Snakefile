from snakemake.utils import min_version

min_version("9.27")


include: "workflow/rules/common.smk"
include: "workflow/rules/preprocess.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/correct.smk"
include: "workflow/rules/baselines.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/aggregate.smk"
include: "workflow/rules/search.smk"
include: "workflow/rules/search_report.smk"
include: "workflow/rules/report.smk"


report: "workflow/report/workflow.rst"


wildcard_constraints:
    dataset="|".join(CONFIG.datasets),
    variant="|".join(CONFIG.variants),
    baseline="|".join(CONFIG.baselines) or "none",
    # In brackets, as Snakemake takes an empty pattern, that of a single repeat, for none.
    repeat="(" + "|".join(REPEATS) + ")",
    stack="[0-9a-f]+",
    seed="[0-9]+",
    search="grid_search|robust_grid_search",
    product="|".join(PRODUCTS),


onstart:
    # Snakemake 9.27 looks through all ready jobs again every second, and once more per second for
    # every job that has ended: after 30 jobs of 500 that took a third of a core, and grew. Only its
    # limit of jobs per second needs that; one that the user gave is kept.
    limit = workflow.scheduling_settings.max_jobs_per_timespan
    if limit is not None and (limit.max_jobs, limit.timespan) == (100, 1):
        workflow.scheduler.job_rate_limiter = None


# Failures are rows of the tables, so their jobs end well. The exit code says that there are some.
onsuccess:
    if tell_failures():
        sys.exit(1)


onerror:
    tell_failures()


rule all:
    default_target: True
    input:
        [TARGETS[mode] for mode in CONFIG.modes],


rule pipeline:
    input:
        produced("results/{dataset}/{product}/corrected.h5ad", AIF_PRODUCTS),
        produced("results/{dataset}/{product}/metrics.tsv", AIF_PRODUCTS),


rule grid_search:
    input:
        TARGETS["grid_search"],


rule robust_grid_search:
    input:
        TARGETS["robust_grid_search"],
