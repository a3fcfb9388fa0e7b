"""Pictures of the cells that can be explored in the page: two beside each other, coloured as one likes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from bokeh.embed import components
from bokeh.models import ColumnDataSource, CustomJS, Div, HoverTool, Model, Select
from bokeh.palettes import Viridis256
from bokeh.plotting import figure
from bokeh.resources import Resources
from markupsafe import Markup, escape
from pandas.api.types import is_float_dtype

from aif.evaluation.ranks import WORST
from aif.job.files import read_table
from aif.report.figures import NO_TYPE, OKABE_ITO, PALE

MOST_CELLS = 20_000
NO_VALUE = "(no value)"
SEED = 0  # of the draw among more cells than are shown, and of their order
MOST_SIZE, LEAST_SIZE = 8, 2.5  # pixels of a cell
CODE = Path(__file__).with_suffix(".js").read_text()
Output = tuple[str, str]  # method and space
TOOLS = "pan,wheel_zoom,box_zoom,lasso_select,reset,save"


@dataclass(frozen=True)
class Explorer:
    """The parts of an explorer in the page, by their names, and what it shows in words."""

    parts: dict[str, Markup]
    note: str


@dataclass(frozen=True)
class Explorers:
    """The explorers by data set, and the scripts that they need: the library's and their own."""

    of: dict[str, Explorer]
    scripts: Markup


def read_cells(cells: str, columns: str) -> pd.DataFrame:
    """Return cells.tsv: numbers where cell_columns.tsv says so, all else as text whatever it looks like."""
    table = pd.read_csv(cells, sep="\t", dtype=str, keep_default_na=False, na_values=[""])
    kinds = read_table(columns)
    numbers = kinds.loc[kinds["kind"] == "numbers", "column"]
    return table.astype(dict.fromkeys(numbers.astype(str), float))


def explorers(
    embeddings: pd.DataFrame, cells: Sequence[pd.DataFrame], best: dict[str, Output]
) -> Explorers:
    """Return an explorer for each data set that has pictures.

    Parameters
    ----------
    embeddings
        The rows of embedding.tsv of all corrections that are drawn.
    cells
        The cells.tsv of each data set, as `read_cells` returns it.
    best
        By data set, the output whose picture is shown first.
    """
    known = {table["dataset"].iloc[0]: table for table in cells}
    models, notes = {}, {}
    for dataset, rows in embeddings[embeddings["x"].notna()].groupby("dataset", sort=False):
        own = known[dataset].set_index("cell").drop(columns=["dataset", "version"])
        placed = own[
            own.index.isin(rows["cell"])
        ]  # of many cells a sample is judged and has places
        drawn = placed.iloc[_order(len(placed))]
        parts = _models(rows, drawn, best.get(dataset, WORST))
        models |= {(dataset, name): model for name, model in parts.items()}
        notes[dataset] = _note(len(drawn), len(own))
    if not models:
        return Explorers({}, Markup())
    script, divs = components(tuple(models.values()))
    parts = {place: Markup(div) for place, div in zip(models, divs, strict=True)}
    of = {
        dataset: Explorer(
            {name: div for (owner, name), div in parts.items() if owner == dataset}, note
        )
        for dataset, note in notes.items()
    }
    library = Resources(mode="inline", components=["bokeh", "bokeh-widgets"]).render_js()
    return Explorers(of, Markup(library + script))


def _order(n: int) -> np.ndarray:
    """Return which cells are drawn and in which order, so that no batch hides another."""
    return np.random.default_rng(SEED).permutation(n)[:MOST_CELLS]


def _note(drawn: int, n: int) -> str:
    if drawn == n:
        return f"{n:,} cells."
    return f"{drawn:,} of {n:,} cells, drawn at random."


def _models(rows: pd.DataFrame, cells: pd.DataFrame, best: Output) -> dict[str, Model]:
    """Return the parts of one explorer: choices, pictures and the legend."""
    places = {
        (method, space): own.set_index("cell")[["x", "y"]].reindex(cells.index)
        for (method, space), own in rows.groupby(["method", "space"], sort=False)
    }
    outputs = list(places)
    before = WORST if WORST in places else outputs[0]
    after = best if best in places and best != before else outputs[-1]
    sides = {"left": outputs.index(before), "right": outputs.index(after)}
    columns = [
        _column(f"of_{i}", cells[name], NO_TYPE if name == "cell_type" else NO_VALUE)
        for i, name in enumerate(cells)
    ]
    source = ColumnDataSource(_data(list(places.values()), columns, sides))
    legend = Div(text=columns[0][0]["legend"], sizing_mode="stretch_width")
    told = {"source": source}
    described = {"columns": [column for column, _ in columns], "legend": legend}
    names = [f"{method}, {space}" for method, space in outputs]
    return {
        "left": _plot(source, "left", len(cells)),
        "right": _plot(source, "right", len(cells)),
        "legend": legend,
        "left_choice": _choice("left", "left picture", names, sides["left"], told),
        "right_choice": _choice("right", "right picture", names, sides["right"], told),
        "colour_choice": _choice("colour", "colour", list(cells), 0, told | described),
    }


def _data(
    places: list[pd.DataFrame],
    columns: list[tuple[dict[str, Any], np.ndarray]],
    sides: dict[str, int],
) -> dict[str, Any]:
    """Return the source's columns: cells, their places in all pictures and on each side, and their groups."""
    data: dict[str, Any] = {"cell": list(places[0].index)}
    for i, place in enumerate(places):
        data |= {f"x{i}": place["x"].to_numpy("f4"), f"y{i}": place["y"].to_numpy("f4")}
    for side, i in sides.items():
        data |= {f"{side}_{axis}": data[f"{axis}{i}"] for axis in "xy"}
    data |= {column["field"]: values for column, values in columns}
    first, codes = columns[0]
    data["shown"] = [first["names"][code] for code in codes]
    data["colour"] = [first["palette"][code] for code in codes]
    return data


def _choice(change: str, title: str, names: list[str], chosen: int, told: dict[str, Any]) -> Select:
    """Return the choice of a picture or of what to colour by, and let it act."""
    options = [(str(i), name) for i, name in enumerate(names)]
    select = Select(title=title, value=str(chosen), options=options, width=240)
    own = {"change": change, "chosen": select, "pale": PALE}
    select.js_on_change("value", CustomJS(args={**told, **own}, code=CODE))
    return select


def _plot(source: ColumnDataSource, side: str, n: int) -> Model:
    plot = figure(
        tools=TOOLS,
        active_scroll=None,
        aspect_ratio=1.1,
        sizing_mode="stretch_width",
        min_width=280,
    )
    size = float(np.clip(250 / np.sqrt(n), LEAST_SIZE, MOST_SIZE))
    plot.scatter(
        f"{side}_x",
        f"{side}_y",
        source=source,
        size=size,
        color="colour",
        line_color=None,
        alpha=0.8,
    )
    plot.add_tools(
        HoverTool(tooltips=[("cell", "@cell"), ("is", "@shown")], point_policy="snap_to_data")
    )
    plot.axis.visible = False
    plot.grid.visible = False
    plot.outline_line_color = "#d5d9de"
    return plot


def _column(field: str, values: pd.Series, none: str) -> tuple[dict[str, Any], np.ndarray]:
    """Return how a column of the cells is drawn, and its values: numbers, or the places of names."""
    if is_float_dtype(values):
        numbers = values.where(values.abs() < np.finfo("f4").max).to_numpy("f4")
        low, high = float(np.nanmin(numbers)), float(np.nanmax(numbers))
        described = {"names": None, "palette": list(Viridis256), "low": low, "high": high}
        return described | {"field": field, "legend": _scale(low, high), "none": none}, numbers
    groups = pd.Categorical(values)
    names = [str(name) for name in groups.categories]
    palette = list(islice(cycle(OKABE_ITO), len(names)))
    described = {"names": names, "palette": palette, "low": 0, "high": 0}
    missing = [(none, PALE)] if (groups.codes < 0).any() else []
    legend = _swatches([*zip(names, palette, strict=True), *missing])
    return described | {"field": field, "legend": legend, "none": none}, groups.codes.astype("i4")


def _swatches(pairs: list[tuple[str, str]]) -> str:
    return " ".join(
        f'<span style="white-space: nowrap; margin-right: 1em">'
        f'<span style="color: {colour}">●</span> {escape(name)}</span>'
        for name, colour in pairs
    )


def _scale(low: float, high: float) -> str:
    steps = ", ".join(Viridis256[::32])
    bar = f"display: inline-block; width: 10em; height: .8em; background: linear-gradient(to right, {steps})"
    return f'{low:.4g} <span style="{bar}"></span> {high:.4g}'
