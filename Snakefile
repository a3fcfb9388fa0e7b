# The workflow as it is called from this folder; all of it stands in workflow/Snakefile.
include: "workflow/Snakefile"


# Snakemake takes no default target from a file that is included.
workflow.default_target = "all"
