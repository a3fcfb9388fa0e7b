import os
import sys
from dataclasses import asdict
from pathlib import Path

# Of this file and not of the Snakefile that is run, which may be one that imports this workflow.
ROOT = Path(workflow.current_basedir).parents[1]
SCRIPTS = ROOT / "workflow" / "scripts"
sys.path.insert(0, str(SCRIPTS))

from aif.config import load_yaml
from aif.config_checks import complete, hyperparameters, simulation
from aif.errors import InputError
from aif.failures import remove_failures
from aif.samples import samples_of
from aif.sheet import records, sheet_of, stacks_by_key
from aif.sources import source_hash
from aif.variants import variant_of

# For the processes of all jobs: large pages make a training step 8 % faster.
os.environ.setdefault("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1")

CONFIGS = ROOT / "config"
VARIANTS = load_yaml(CONFIGS / "variants.yaml")
SIMULATIONS = load_yaml(CONFIGS / "simulations.yaml")

try:
    CONFIG = complete(config, CONFIGS / "config.yaml", VARIANTS, SIMULATIONS)
    SHEETS = {variant: sheet_of(CONFIG, VARIANTS, variant) for variant in CONFIG.variants}
    SAMPLES = {
        name: samples_of(dataset.samples, f"config: datasets.{name}.samples")
        for name, dataset in CONFIG.datasets.items()
        if dataset.samples is not None
    }
except InputError as error:
    sys.exit(f"error: {error}")

# Read by scripts from here and not from their params, as changing them shall train nothing anew.
config |= {"checkpoint_seconds": CONFIG.checkpoint_seconds, "device": CONFIG.device}

EVALUATION = CONFIG.evaluation.model_dump()
if EVALUATION["seed"] is None:
    EVALUATION["seed"] = CONFIG.seed

# The seeds of a search, and the stacks of models that its jobs train.
SEEDS = {
    "grid_search": [CONFIG.seed],
    "robust_grid_search": [CONFIG.seed + i for i in range(CONFIG.seeds)],
}
VARIANT_TRAITS = {
    variant: asdict(variant_of(VARIANTS["variants"][variant])) for variant in CONFIG.variants
}
STACKS = {variant: stacks_by_key(sheet, CONFIG.rows_per_job) for variant, sheet in SHEETS.items()}

# The table with the runs of each search, and the figures of each variant's.
RUNS = {"grid_search": "grid_search", "robust_grid_search": "runs"}
SEARCH_FIGURES = ["heatmaps", "spread", "loss_against_metrics"]

# The seeds of the repeats, by the end of the name of their folder.
REPEATS = {"": CONFIG.seed} | {
    f"_seed_{CONFIG.seed + i}": CONFIG.seed + i for i in range(1, CONFIG.repeats)
}
# A product is a corrected data set: the folder below results/{dataset}, the method and the seed.
AIF_PRODUCTS = {
    f"{variant}/pipeline{repeat}": (variant, seed)
    for variant in CONFIG.variants
    for repeat, seed in REPEATS.items()
}
BASELINE_PRODUCTS = {
    f"baselines/{method}{repeat}": (method, seed)
    for method in CONFIG.baselines
    for repeat, seed in REPEATS.items()
}
PRODUCTS = {**BASELINE_PRODUCTS, **AIF_PRODUCTS}


def tell_failures():
    """Log the failures among the files of ended jobs and remove these; return whether there are any."""
    dag = workflow.dag
    failures = remove_failures(job for job in dag.jobs if dag.noneedrun_finished(job))
    for failure in failures:
        logger.error(f"error: {failure}")
    return bool(failures)


def produced(pattern, products):
    """Return the pattern's files for every data set and every one of the products."""
    return expand(pattern, dataset=CONFIG.datasets, product=products)


def searched(pattern):
    """Return the pattern's files for every data set and variant."""
    return expand(pattern, dataset=CONFIG.datasets, variant=CONFIG.variants)


def code(script):
    """Return a hash of the modules behind a rule's script, so that editing them reruns the rule."""
    return source_hash(SCRIPTS / script)


def source(wildcards):
    """Return a data set's entry in the config."""
    return CONFIG.datasets[wildcards.dataset].model_dump()


def source_file(wildcards):
    """Return the file of a data set: the user's own, or where it is downloaded or made."""
    dataset = CONFIG.datasets[wildcards.dataset]
    made = {
        "download": dataset.url,
        "samples": dataset.samples,
        "tables": dataset.tables,
        "simulated": dataset.simulate,
    }
    name = next((name for name, given in made.items() if given is not None), None)
    return local(dataset.path) if name is None else f"results/{wildcards.dataset}/data/{name}.h5ad"


def sample_files(wildcards):
    return [local(sample.path) for sample in SAMPLES[wildcards.dataset]]


def sample_columns(wildcards):
    """Return what the cells of each sample get in obs, in the order of the files."""
    return [sample.columns for sample in SAMPLES[wildcards.dataset]]


def table(wildcards):
    """Return the entry of a text table in the config."""
    return source(wildcards)["tables"][wildcards.kind][int(wildcards.number)]


def table_files(kind):
    """Return an input function: a data set's tables of a kind, the user's or where they are put."""
    return lambda wildcards: [
        (
            local(entry["path"])
            if entry["path"] is not None
            else f"results/{wildcards.dataset}/data/tables/{kind}.{i}"
        )
        for i, entry in enumerate(source(wildcards)["tables"][kind])
    ]


def simulation_parameters(wildcards):
    dataset = CONFIG.datasets[wildcards.dataset]
    return asdict(simulation(wildcards.dataset, dataset, SIMULATIONS))


def ids(wildcards):
    """Return the ids of a variant's runs, which stand in every row of their tables."""
    return {"dataset": wildcards.dataset, "method": wildcards.variant, "row": ""}


def baseline_ids(wildcards):
    return {
        "dataset": wildcards.dataset,
        "method": wildcards.baseline,
        "row": "",
        "seed": REPEATS[wildcards.repeat],
    }


def evaluation(wildcards):
    """Return how a product is judged; without a seed for that, its own is taken."""
    own = CONFIG.evaluation.model_dump()
    _, seed = PRODUCTS[wildcards.product]
    return own if own["seed"] is not None else own | {"seed": seed}


def variant_input(wildcards):
    """Return the preprocessed file that a variant is trained on."""
    transform = VARIANTS["variants"][wildcards.variant]["input"]
    return f"results/{wildcards.dataset}/data/{transform}.h5ad"


def training_job(wildcards, seed, stack):
    """Return what `aif.run.Job` is made of: all that determines a training besides its cells."""
    return {
        **ids(wildcards),
        "seed": seed,
        "variant": VARIANT_TRAITS[wildcards.variant],
        "stack": stack,
        "holdout": CONFIG.holdout,
    }


def pipeline_job(wildcards):
    own = asdict(hyperparameters(CONFIG, VARIANTS, wildcards.variant))
    return training_job(wildcards, REPEATS[wildcards.repeat], [own])


def search_job(wildcards):
    stack = STACKS[wildcards.variant][wildcards.stack]
    return training_job(wildcards, int(wildcards.seed), stack)


def best_job(wildcards):
    """Return the job of the best run, whose seed and stack are known when the search has ended."""
    return training_job(wildcards, None, None)


def search_figure(kind):
    """Return the output of a figure of one variant's search, registered for Snakemake's report."""
    return report(
        f"results/{{dataset}}/{{variant}}/{{search}}/{kind}.png",
        caption="../report/search_figure.rst",
        category="Searches",
        subcategory="{dataset}",
        labels={"search": "{search}", "variant": "{variant}", "figure": kind.replace("_", " ")},
    )


def search_figures(search):
    """Return kind, data set, method (none for all variants) and path of the figures of a search."""
    return [
        {
            "kind": kind,
            "dataset": dataset,
            "method": variant,
            "path": f"results/{dataset}/{variant}/{search}/{kind}.png",
        }
        for dataset in CONFIG.datasets
        for variant in CONFIG.variants
        for kind in SEARCH_FIGURES
    ] + [
        {
            "kind": "variants",
            "dataset": dataset,
            "method": "",
            "path": f"results/{dataset}/{search}/variants.png",
        }
        for dataset in CONFIG.datasets
    ]


def sheet_rows(wildcards):
    return records(SHEETS[wildcards.variant])


def run_files(dataset, variant, seeds):
    """Return the files of a variant's runs with these seeds."""
    return [
        f"results/{dataset}/{variant}/runs/{stack}/seed_{seed}.tsv"
        for stack in STACKS[variant]
        for seed in seeds
    ]


def run_config(wildcards):
    """Return the config that makes the pipeline's run one of a search, all but its seed and row."""
    return {
        "datasets": {wildcards.dataset: source(wildcards)},
        "variants": [wildcards.variant],
        "baselines": [],
        "correction": CONFIG.correction.model_dump(),
        "evaluation": EVALUATION,
        "holdout": CONFIG.holdout,
    }


def figures(kind, products):
    """Return kind, data set, method and path of the report's figures of one kind: first repeats."""
    return [
        {
            "kind": kind,
            "dataset": dataset,
            "method": method,
            "path": f"results/{dataset}/{product}/{kind}.png",
        }
        for dataset in CONFIG.datasets
        for product, (method, seed) in products.items()
        if seed == CONFIG.seed
    ]


FIGURES = [
    *figures("embedding", PRODUCTS),
    *figures("losses", AIF_PRODUCTS),
    *(
        {
            "kind": "expression",
            "dataset": dataset,
            "method": "",
            "path": f"results/{dataset}/expression.png",
        }
        for dataset in CONFIG.datasets
    ),
]

ALL_RUNS = {
    search: [
        file
        for dataset in CONFIG.datasets
        for variant in CONFIG.variants
        for file in run_files(dataset, variant, seeds)
    ]
    for search, seeds in SEEDS.items()
}
# What the default target makes in each mode; the targets of the searches make the same. Corrections
# and runs stand here too, as those that failed are gone and nothing else would ask for them again.
TARGETS = {
    "pipeline": [
        *("results/report.html", "results/ranks.tsv"),
        *produced("results/{dataset}/{product}/corrected.h5ad", PRODUCTS),
    ],
    "grid_search": [
        *("results/grid_search.tsv", "results/grid_search.html"),
        *ALL_RUNS["grid_search"],
    ],
    "robust_grid_search": [
        "results/runs.tsv",
        "results/robust_grid_search.tsv",
        "results/robust_grid_search.html",
        *ALL_RUNS["robust_grid_search"],
        *searched("results/{dataset}/{variant}/best/run.yaml"),
    ],
}
