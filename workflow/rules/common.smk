import os
import re
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
SETTINGS = CONFIG.model_dump() | {"evaluation": CONFIG.evaluation.options("full")}
TARGETS = Targets(PLAN)
JOBS = Jobs(PLAN)
ENDING = Ending(workflow)
# A workflow that imports this one may keep the results elsewhere.
PLACE = workflow.modifier.path_modifier


def any_of(names):
    """Return the pattern of a wildcard that is one of these names; of none, one that matches nothing."""
    return "|".join(re.escape(name) for name in names) or "(?!)"


def recorded(path):
    """Return the params with which Snakemake has made a file, none if it has no record.

    Nor if jobs are forced: their reasons would be overlooked (`Inputs`).
    """
    asked = workflow.dag_settings
    if asked.forcerun or asked.forcetargets or asked.forceall:
        return []
    return workflow.persistence.params(IOFile(str(PLACE.modify(path)))) or []


def made_here(path):
    """Return whether a file of the user is made in the same run, by a workflow that imports this one."""
    return any(known.is_producer(path) for known in workflow.rules)


INPUTS = Inputs(PLAN, TARGETS, JOBS, recorded, made_here)

# Read by scripts from here and not from their params, as changing them shall train nothing anew.
config |= {"checkpoint_seconds": CONFIG.checkpoint_seconds, "device": CONFIG.device}


def search_figures(wildcards):
    """Return the pictures of a search's page, with what they show."""
    return TARGETS.search_figures(wildcards.search)


def search_figure(kind):
    """Return the output of a figure of one variant's search, registered for Snakemake's report."""
    return report(
        f"results/{{dataset}}/{{variant}}/{{search}}/{kind}.png",
        caption="../report/search_figure.rst",
        category="Searches",
        subcategory="{dataset}",
        labels={"search": "{search}", "variant": "{variant}", "figure": kind.replace("_", " ")},
    )
