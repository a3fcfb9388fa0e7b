"""Which of the truly changed genes a correction lets find, where the truth is known (simulations).

After Monnier & Cournède 2024 and Tran et al. 2020: the genes of a cell type are tested on corrected
expression, and the F1 score of those that go up, and of those that go down, is followed over the
threshold that their log fold change must pass. How many of those called are wrong is in `discoveries`.
"""

from __future__ import annotations

from functools import cache

import anndata as ad
import numpy as np
import pandas as pd
import scanpy as sc
from scipy import sparse

from aif.evaluation.discoveries import SIGNIFICANT, on_counts, on_expression
from aif.evaluation.metric import Groups, LeftOut
from aif.evaluation.metrics import DE_AUC, DISCOVERIES

TRUTH = "DEFac"  # begins the columns of var with the factors of each type
THRESHOLDS = np.linspace(0, 1.5, 31)  # log2 fold changes; the area is that of the mean over them
VARIABLE = 700  # genes, about as many as Tran et al. kept
DIRECTIONS = {"up": 1, "down": -1}
CURVE_COLUMNS = ("genes", "direction", "threshold", "F1")

Expression = np.ndarray | sparse.spmatrix


def de_rows(
    expression: Expression | None, reference: ad.AnnData, with_counts: bool
) -> tuple[list[dict[str, object]], pd.DataFrame]:
    """Return the rows of genes found and falsely called, and the F1 curves; none without a truth.

    Parameters
    ----------
    expression
        (n, G), corrected logarithms; None where the correction has none.
    reference
        The uncorrected norm_log data of the same cells and genes, with the truth in var.
    with_counts
        Whether the counts are tested as well, which are the same for all corrections.
    """
    groups = Groups.of(reference.obs)
    truth = true_changes(reference)
    if truth is None:
        return [], pd.DataFrame(columns=list(CURVE_COLUMNS))
    curves = [] if expression is None else f1_curves(expression, reference, truth)
    table = pd.DataFrame(curves, columns=list(CURVE_COLUMNS))
    areas = table.groupby(["genes", "direction"])["F1"].mean()

    def area(genes: str, direction: str) -> float:
        if expression is None:
            raise LeftOut("the correction has no expression")
        if (genes, direction) not in areas:
            raise LeftOut(f"there are {len(reference.var)} genes only")
        return areas[genes, direction]

    @cache
    def called(test: str) -> dict[str, float]:
        if test == "_counts" and not with_counts:
            raise LeftOut("the counts are the same for every method: see uncorrected")
        if test == "_counts":
            return on_counts(reference.layers["counts"], reference.obs, truth)
        if expression is None:
            raise LeftOut("the correction has no expression")
        return on_expression(_typed(expression, reference), truth)

    rows = []
    for metric in DE_AUC:
        _, _, direction, genes = metric.name.split("_")
        rows.append(metric.row(lambda g=genes, d=direction: area(g, d), groups))
    for metric in DISCOVERIES:
        name = metric.name.removeprefix("DE_").removesuffix("_counts")
        test = "_counts" if metric.name.endswith("_counts") else ""
        rows.append(metric.row(lambda n=name, t=test: called(t)[n], groups))
    return rows, table


def _typed(expression: Expression, reference: ad.AnnData) -> ad.AnnData:
    """Return expression with the cell types of the reference, as text."""
    cells = ad.AnnData(expression, reference.obs[["cell_type"]].copy(), reference.var[[]].copy())
    cells.obs["cell_type"] = cells.obs["cell_type"].astype(str).astype("category")
    return cells


def true_changes(reference: ad.AnnData) -> pd.DataFrame | None:
    """Return the direction (1, -1 or 0) in which every gene of every tested type changes.

    A type is compared with the mean logarithm of the others' factors; of two types the first is
    enough, since the second is its mirror image.
    """
    if "cell_type" not in reference.obs:
        return None
    types = sorted(reference.obs["cell_type"].dropna().astype(str).unique())
    columns = [TRUTH + name for name in types]
    if len(types) < 2 or not set(columns) <= set(reference.var):
        return None
    logs = np.log(reference.var[columns].set_axis(types, axis=1))
    tested = types[:1] if len(types) == 2 else types
    return pd.DataFrame(
        {name: np.sign(logs[name] - logs.drop(columns=name).mean(axis=1)) for name in tested}
    )


def f1_curves(
    expression: Expression, reference: ad.AnnData, truth: pd.DataFrame
) -> list[tuple[str, str, float, float]]:
    """Return F1 over the THRESHOLDS for all genes and, where there are more, for the variable ones.

    Parameters
    ----------
    expression, reference
        As in `de_rows`.
    truth
        `true_changes`.
    """
    cells = _typed(expression, reference)
    subsets = {"all": np.ones(reference.n_vars, dtype=bool)}
    if reference.n_vars > VARIABLE:
        logs = ad.AnnData(reference.X, reference.obs[["batch"]].copy())
        found = sc.pp.highly_variable_genes(
            logs, n_top_genes=VARIABLE, batch_key="batch", inplace=False
        )
        subsets["variable"] = found["highly_variable"].to_numpy()
    curves = []
    for genes, mask in subsets.items():
        changes = observed_changes(cells[:, mask].copy(), list(truth))
        for direction, sign in DIRECTIONS.items():
            true = truth[mask] == sign
            for threshold in THRESHOLDS:
                called = changes * sign > threshold
                scores = [f1(called[name].to_numpy(), true[name].to_numpy()) for name in truth]
                curves.append((genes, direction, threshold, float(np.mean(scores))))
    return curves


def observed_changes(cells: ad.AnnData, types: list[str]) -> pd.DataFrame:
    """Return the log2 fold change of every gene in each type against all other cells.

    It is 0 where it is not significant (Wilcoxon rank sum, Benjamini-Hochberg; scanpy).
    """
    sc.tl.rank_genes_groups(cells, "cell_type", groups=types, method="wilcoxon")
    tables = {name: sc.get.rank_genes_groups_df(cells, name).set_index("names") for name in types}
    return (
        pd.DataFrame(
            {
                name: table["logfoldchanges"].where(table["pvals_adj"] < SIGNIFICANT, 0)
                for name, table in tables.items()
            }
        )
        .loc[cells.var_names]
        .fillna(0)
    )


def f1(called: np.ndarray, true: np.ndarray) -> float:
    """Return the F1 score of the called genes, 0 where none is right."""
    return 2 * (called & true).sum() / max(1, called.sum() + true.sum())
