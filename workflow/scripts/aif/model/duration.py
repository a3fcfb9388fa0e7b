"""How long a training takes, before it begins."""

from __future__ import annotations

from aif.config.hyperparameters import Hyperparameters

# Milliseconds of a step of the shipped sizes, in all and per gene, on one core while the other works too:
# seconds in benchmarks/benchmark.tsv by the steps, for 700 to 2,000 genes, and a training on 12,000.
PER_STEP, PER_GENE = 10, 0.008
SHIPPED = Hyperparameters(alpha=0, rho=0, beta=0, delta=0, gamma=0)


def training_seconds(model: Hyperparameters, n_cells: int, n_genes: int) -> float:
    """Return about how long a training takes on one core; other machines differ by a factor of two.

    A step takes longer in proportion to the layers and the minibatch.
    """
    model = model.fitted(n_cells)
    steps = model.n_epochs(n_cells) * model.steps_per_epoch(n_cells)
    size = model.hidden / SHIPPED.hidden * model.minibatch_size / SHIPPED.minibatch_size
    return steps * (PER_STEP + PER_GENE * n_genes) * size / 1000
