# The workflow as it is called from this folder; all of it stands in workflow/Snakefile.
include: "workflow/Snakefile"


# Snakemake takes no default target from a file that is included. Who imports this file has an own one.
if workflow.modifier.is_main_snakefile():
    workflow.default_target = "all"
