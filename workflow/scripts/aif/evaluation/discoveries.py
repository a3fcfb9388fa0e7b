"""How many of the genes that a test calls changed have not changed, where the truth is known.

Corrected expression is tested as it would be: by a rank sum test of each cell type against all other
cells. Beside it stands what a correction cannot spoil: a test on the counts with the batch as a
covariate.
"""

from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
import scanpy as sc
from scipy import sparse
from scipy.stats import false_discovery_control

SIGNIFICANT = 0.05  # adjusted p-value, and the false discovery rate that is allowed
NAMES = ("FDR", "found", "found_at_FDR")


def on_expression(cells: ad.AnnData, truth: pd.DataFrame) -> dict[str, float]:
    """Return NAMES of a Wilcoxon test (scanpy) on corrected logarithms, means over the types.

    Parameters
    ----------
    cells
        (n, G), with obs cell_type.
    truth
        (G, types), 0 where a gene does not change, as of `true_changes`.
    """
    types = list(truth)
    sc.tl.rank_genes_groups(cells, "cell_type", groups=types, method="wilcoxon")
    tables = (
        sc.get.rank_genes_groups_df(cells, name).set_index("names").loc[cells.var_names]
        for name in types
    )
    found = [
        discoveries(
            table["pvals_adj"].to_numpy(), table["scores"].to_numpy(), truth[name].to_numpy() != 0
        )
        for name, table in zip(types, tables, strict=True)
    ]
    return pd.DataFrame(found).mean().to_dict()


def on_counts(counts: sparse.spmatrix, obs: pd.DataFrame, truth: pd.DataFrame) -> dict[str, float]:
    """Return NAMES of a test on counts that knows each cell's batch, means over the types.

    A Poisson regression of each gene on type and batch, with the cells' libraries as exposure and the
    dispersion that the gene has (statsmodels); Benjamini-Hochberg.

    Parameters
    ----------
    counts
        (n, G), raw.
    obs
        batch and cell_type.
    truth
        As in `on_expression`.
    """
    import statsmodels.api as sm  # a tenth of what all modules of a search's job take to load

    dense = counts.toarray() if sparse.issparse(counts) else np.asarray(counts)
    libraries = dense.sum(axis=1)
    batches = pd.get_dummies(obs["batch"], drop_first=True, dtype=float)
    found = []
    for name in truth:
        is_type = (obs["cell_type"] == name).astype(float).rename("type")
        design = sm.add_constant(pd.concat([is_type, batches], axis=1)).to_numpy()
        tested = np.array([_of_type(gene, design, libraries) for gene in dense.T])
        p_adj = false_discovery_control(tested[:, 0])
        found.append(discoveries(p_adj, tested[:, 1], truth[name].to_numpy() != 0))
    return pd.DataFrame(found).mean().to_dict()


def _of_type(gene: np.ndarray, design: np.ndarray, libraries: np.ndarray) -> tuple[float, float]:
    """Return p-value and statistic of the type, the column after the constant; 1 and 0 without counts."""
    if not gene.any():
        return 1.0, 0.0
    import statsmodels.api as sm

    fit = sm.GLM(gene, design, sm.families.Poisson(), exposure=libraries).fit(scale="X2")
    return fit.pvalues[1], fit.tvalues[1]


def discoveries(p_adj: np.ndarray, statistic: np.ndarray, changed: np.ndarray) -> dict[str, float]:
    """Return what calling genes changed comes to.

    FDR is the share of unchanged genes among the called ones, 0 where none is called; `found` the
    share of changed genes that are called; `found_at_FDR` that of the best threshold at which no more
    than SIGNIFICANT of the called ones are unchanged.

    Parameters
    ----------
    p_adj
        (G,), adjusted p-values.
    statistic
        (G,), larger in size for smaller p-values, which may be too small for numbers.
    changed
        (G,) bool, the truth.
    """
    called = p_adj < SIGNIFICANT
    order = np.argsort(-np.abs(statistic), kind="stable")
    right = np.cumsum(changed[order])
    wrong_share = 1 - right / np.arange(1, len(order) + 1)
    allowed = right[wrong_share <= SIGNIFICANT]
    n_changed = max(1, changed.sum())
    return {
        "FDR": (called & ~changed).sum() / max(1, called.sum()),
        "found": (called & changed).sum() / n_changed,
        "found_at_FDR": allowed.max(initial=0) / n_changed,
    }
