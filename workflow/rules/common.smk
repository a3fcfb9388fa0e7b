import sys
from dataclasses import asdict
from pathlib import Path

SCRIPTS = Path(workflow.basedir) / "workflow" / "scripts"
sys.path.insert(0, str(SCRIPTS))

from aif.config import complete, hyperparameters, load_yaml
from aif.rule import InputError
from aif.sources import source_hash
from aif.variants import variant_of

VARIANTS = load_yaml(Path(workflow.basedir) / "config" / "variants.yaml")

try:
    CONFIG = complete(config, Path(workflow.basedir) / "config" / "config.yaml", VARIANTS)
except InputError as error:
    sys.exit(f"error: {error}")

# A product is a corrected data set: the folder below results/{dataset}, and the method's name.
AIF_PRODUCTS = {f"{variant}/pipeline": variant for variant in CONFIG.variants}
BASELINE_PRODUCTS = {f"baselines/{method}": method for method in CONFIG.baselines}
PRODUCTS = {**BASELINE_PRODUCTS, **AIF_PRODUCTS}


def runs(pattern, products):
    """Return the pattern's files for every data set and every one of the products."""
    return expand(pattern, dataset=CONFIG.datasets, product=products)


def code(script):
    """Return a hash of the modules behind a rule's script, so that editing them reruns the rule."""
    return source_hash(SCRIPTS / script)


def source(wildcards):
    """Return a data set's entry in the config."""
    return CONFIG.datasets[wildcards.dataset].model_dump()


def source_file(wildcards):
    """Return the file of a data set: the user's own, or where its download goes."""
    path = CONFIG.datasets[wildcards.dataset].path
    return path or f"results/{wildcards.dataset}/data/download.h5ad"


def ids(method):
    """Return the ids of a run, which stand in every row of its tables."""
    return lambda wildcards: {
        "dataset": wildcards.dataset,
        "method": wildcards[method],
        "row": "",
    }


def variant_input(wildcards):
    """Return the preprocessed file that a variant is trained on."""
    transform = VARIANTS["variants"][wildcards.variant]["input"]
    return f"results/{wildcards.dataset}/data/{transform}.h5ad"


def variant_traits(wildcards):
    return asdict(variant_of(VARIANTS["variants"][wildcards.variant]))


def variant_hyperparameters(wildcards):
    return asdict(hyperparameters(CONFIG, VARIANTS, wildcards.variant))


def figures(kind, products):
    """Return kind, data set, method and path of the report's figures of one kind."""
    return [
        {
            "kind": kind,
            "dataset": dataset,
            "method": method,
            "path": f"results/{dataset}/{product}/{kind}.png",
        }
        for dataset in CONFIG.datasets
        for product, method in products.items()
    ]


FIGURES = figures("embedding", PRODUCTS) + figures("losses", AIF_PRODUCTS)
