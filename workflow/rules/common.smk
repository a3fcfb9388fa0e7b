import os
import sys

from snakemake.io import IOFile

sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from aif.errors import InputError
from aif.workflow.ending import Ending
from aif.workflow.inputs import Inputs
from aif.workflow.jobs import Jobs
from aif.workflow.plan import Plan
from aif.workflow.sources import code
from aif.workflow.targets import SEARCH_FIGURES, Targets

# For the processes of all jobs: large pages make a training step 8 % faster.
os.environ.setdefault("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1")

try:
    PLAN = Plan.of(config, ROOT)
except InputError as error:
    sys.exit(f"error: {error}")

CONFIG = PLAN.config
SETTINGS = CONFIG.model_dump()
TARGETS = Targets(PLAN)
JOBS = Jobs(PLAN, TARGETS)
# A workflow that imports this one may keep the results below a prefix.
PREFIX = workflow.modifier.path_modifier.prefix or ""


def recorded(path):
    """Return the params with which Snakemake has made a file, none if it has no record."""
    return workflow.persistence.params(IOFile(f"{PREFIX}{path}")) or []


INPUTS = Inputs(PLAN, TARGETS, JOBS, recorded)

# Read by scripts from here and not from their params, as changing them shall train nothing anew.
config |= {"checkpoint_seconds": CONFIG.checkpoint_seconds, "device": CONFIG.device}


def search_figure(kind):
    """Return the output of a figure of one variant's search, registered for Snakemake's report."""
    return report(
        f"results/{{dataset}}/{{variant}}/{{search}}/{kind}.png",
        caption="../report/search_figure.rst",
        category="Searches",
        subcategory="{dataset}",
        labels={"search": "{search}", "variant": "{variant}", "figure": kind.replace("_", " ")},
    )
