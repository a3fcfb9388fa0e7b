"""The report: one self-contained page made of the aggregated tables and the figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import pandas as pd

from aif.report.explorer import explorers
from aif.report.figures import LOSS_TERMS
from aif.report.methods_text import methods_text
from aif.report.null_test import MEASURES, null_failures, null_summary
from aif.report.page import data_uri, fill
from aif.report.ranking import SCORES, WORDS, Ranking, overviews, rank
from aif.report.recommendation import DECIDING, Recommendation, recommendation

NO_NULL_TEST = pd.DataFrame(
    columns=[
        *("dataset", "batches", "method", "space", "measure"),
        *("value", "before", "status", "reason"),
    ]
)
NO_CELLS = pd.DataFrame(columns=["dataset", "method", "space", "cell", "x", "y"])


@dataclass(frozen=True)
class Composition:
    """How many cells of each type (columns) every batch (rows) has; no columns without cell types."""

    types: list[str]
    rows: list[tuple[str, list[int]]]


@dataclass(frozen=True)
class DatasetPart:
    """All that the page shows of one data set."""

    name: str
    facts: list[tuple[str, str]]  # check and message
    warnings: list[tuple[str, str]]
    recommendation: Recommendation | None
    composition: Composition
    genes: list[str]
    ranking: Ranking
    n_scores: int
    figures: list[dict[str, str]]
    pictures: dict[str, str]
    runs: list[dict[str, Any]]
    trainings: list[dict[str, Any]]
    null_test: list[dict[str, Any]]
    null_failures: list[str]


@dataclass(frozen=True)
class Tables:
    """The tables that the page is made of, with the rows of all data sets.

    Attributes
    ----------
    benchmark, ranks
        benchmark.tsv and ranks.tsv.
    expression, losses, checks, composition, genes, types, provenance
        The rows of all files of that name.
    """

    benchmark: pd.DataFrame
    ranks: pd.DataFrame
    expression: pd.DataFrame
    losses: pd.DataFrame
    checks: pd.DataFrame
    composition: pd.DataFrame
    genes: pd.DataFrame
    types: pd.DataFrame
    provenance: pd.DataFrame

    def of(self, dataset: str) -> Tables:
        """Return the rows of one data set."""
        tables = ((field.name, getattr(self, field.name)) for field in fields(self))
        return Tables(**{name: table[table["dataset"] == dataset] for name, table in tables})


def render(
    tables: Tables,
    figures: list[dict[str, str]],
    config: dict[str, Any],
    embeddings: pd.DataFrame | None = None,
    cells: Sequence[pd.DataFrame] = (),
    null_test: pd.DataFrame | None = None,
    by: Sequence[str] = DECIDING,
) -> str:
    """Return the page.

    Parameters
    ----------
    tables
        What there is to tell.
    figures
        kind (embedding, losses, markers, expression, summary, halves, types or null_test), dataset (""
        for all), method and path of every picture; those of expression are shown where the truth is known,
        those of a method where it has run.
    config
        The validated configuration.
    embeddings
        The rows of embedding.tsv of all pictures of cells that can be explored.
    cells
        The cells.tsv of each data set.
    null_test
        null_test.tsv, where there is one.
    by
        By which scores is recommended: the first that there is.
    """
    null_test = NO_NULL_TEST if null_test is None else null_test
    figures = _shown(figures, tables.benchmark, tables.expression)
    datasets = [
        _dataset_part(name, tables.of(name), figures, null_test[null_test["dataset"] == name], by)
        for name in tables.benchmark["dataset"].unique()
    ]
    best = {part.name: part.recommendation.output for part in datasets if part.recommendation}
    return fill(
        "report.html.j2",
        config,
        overviews=overviews(tables.ranks),
        figures_of_all=_images(figures, ""),
        datasets=datasets,
        explorers=explorers(NO_CELLS if embeddings is None else embeddings, cells, best),
        deciding=by,
        terms=LOSS_TERMS,
        words=WORDS,
        measures=MEASURES,
        methods=methods_text(tables.provenance, tables.benchmark, tables.losses, config),
    )


def _shown(
    figures: list[dict[str, str]], benchmark: pd.DataFrame, expression: pd.DataFrame
) -> list[dict[str, str]]:
    """Leave out the figures of methods that did not run, and of truths that are not known."""
    run = benchmark[benchmark["value"].notna()]
    there = set(zip(run["dataset"], run["method"], strict=True))
    there |= {(name, "") for name in expression["dataset"].unique()}
    return [
        figure
        for figure in figures
        if figure["kind"] in ("null_test", "summary", "halves", "types")
        or (figure["dataset"], figure["method"]) in there
    ]


def _images(figures: list[dict[str, str]], dataset: str) -> list[dict[str, str]]:
    """Return the figures of a data set, or those of all (""), each with its picture."""
    own = [figure for figure in figures if figure["dataset"] == dataset]
    return [{**figure, "image": data_uri(figure["path"])} for figure in own]


def _dataset_part(
    name: str,
    own: Tables,
    figures: list[dict[str, str]],
    null_test: pd.DataFrame,
    by: Sequence[str],
) -> DatasetPart:
    ranking = rank(own.benchmark, own.ranks)
    position: dict[str, int] = {}
    for place, ((method, _), _) in enumerate(ranking.rows):
        position.setdefault(method, place)
    position["uncorrected"] = -1  # before, then after
    shown = _images(figures, name)
    shown.sort(key=lambda figure: position.get(figure["method"], len(position)))
    first = own.provenance.fillna("").drop_duplicates("method")  # the seed whose pictures are drawn
    facts, warnings = (
        own.checks.loc[own.checks["status"] == status, ["check", "message"]]
        for status in ("ok", "warning")
    )
    return DatasetPart(
        name=name,
        facts=list(facts.itertuples(index=False)),
        warnings=list(warnings.itertuples(index=False)),
        recommendation=recommendation(
            own.benchmark, own.types, own.losses, own.checks, null_test, by
        ),
        composition=_composition(own.composition),
        genes=own.genes["gene"].tolist(),
        ranking=ranking,
        n_scores=sum(column.metric in SCORES for column in ranking.columns),
        figures=shown,
        pictures=dict(first[["method", "picture"]].itertuples(index=False)),
        runs=own.provenance.fillna("").to_dict("records"),
        trainings=_trainings(own.losses),
        null_test=null_summary(null_test),
        null_failures=null_failures(null_test),
    )


def _composition(cells: pd.DataFrame) -> Composition:
    cells = cells[cells["cell_type"].notna()]
    table = cells.pivot(index="batch", columns="cell_type", values="n_cells")
    rows = [(batch, counts.tolist()) for batch, counts in table.astype(int).iterrows()]
    return Composition(list(table.columns), rows)


def _trainings(losses: pd.DataFrame) -> list[dict[str, Any]]:
    """Return seed, epochs, the chosen epoch and its reconstruction error of each training that chose one."""
    chosen = losses[losses["selected"].astype(bool)]
    epochs = losses.groupby(["method", "seed"])["epoch"].max()
    return [
        {
            "method": row.method,
            "seed": row.seed,
            "epochs": epochs[row.method, row.seed],
            "chosen": row.epoch,
            "rec": f"{row.rec:.3f}",
        }
        for row in chosen.itertuples()
    ]
