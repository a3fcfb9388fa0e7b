"""The report in a real browser: no errors, no requests, no blank pictures, nothing injected."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
import report_tables
import search_tables

from aif.evaluation.ranks import CONTROLS
from aif.report.figures import embedding_figure, losses_figure, save
from aif.report.report_page import render
from aif.report.search_figures import heatmaps_figure, spread_figure
from aif.report.search_page import render_search
from aif.search.summary import summary

BROWSER, DRIVER = (shutil.which(name) for name in ("chromium", "chromedriver"))
CONFIG = report_tables.config()
REAL_REPORT = Path(__file__).parents[2] / "results" / "report.html"
NOT_BLANK = """
    const image = arguments[0], canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const data = context.getImageData(0, 0, canvas.width, canvas.height).data;
    const colours = new Set();
    for (let i = 0; i < data.length; i += 4) colours.add(data[i] << 16 | data[i+1] << 8 | data[i+2]);
    return colours.size;
"""

pytestmark = pytest.mark.skipif(
    not (BROWSER and DRIVER), reason="no chromium and chromedriver on this machine"
)


@pytest.fixture(scope="module")
def browser():
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1280,900"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


def last_report(_):
    if not REAL_REPORT.exists():
        pytest.skip("there is no results/report.html; make run writes it")
    return REAL_REPORT


def search_report(folder):
    runs = search_tables.runs({"gamma": [0.1, 0.2], "delta": [0.1, 0.2]}, failing=[2])
    rows = summary(runs)
    pictures = {"heatmaps": heatmaps_figure(rows), "spread": spread_figure(runs, rows)}
    path = folder / "search.html"
    path.write_text(
        render_search(
            *("robust_grid_search", runs, rows, search_tables.references()),
            *(saved(pictures, folder), CONFIG),
        )
    )
    return path


def report(folder):
    pictures = {
        "embedding": embedding_figure(report_tables.embedding(), "t-SNE"),
        "losses": losses_figure(report_tables.losses()),
    }
    repeats = [report_tables.benchmark(seed=i, change=i / 20) for i in range(2)]
    benchmark = pd.concat(repeats, ignore_index=True)
    embeddings = [report_tables.embedding(method=name) for name in ("uncorrected", "aif")]
    embeddings[1]["x"] += 100
    text = render(
        report_tables.tables(benchmark=benchmark),
        saved(pictures, folder),
        CONFIG,
        embeddings=pd.concat(embeddings),
        cells=[report_tables.cells()],
    )
    path = folder / "report.html"
    path.write_text(text)
    return path


def saved(pictures, folder):
    """Save the pictures and return them as a page takes them."""
    for kind, figure in pictures.items():
        save(figure, folder / f"{kind}.png")
    return [
        {"kind": kind, "dataset": "pbmc", "method": "aif", "path": str(folder / f"{kind}.png")}
        for kind in pictures
    ]


def requested(browser):
    """Return the addresses that the browser has asked for since this was called last."""
    events = [json.loads(e["message"])["message"] for e in browser.get_log("performance")]
    return [e["params"]["request"]["url"] for e in events if "request" in e["params"]]


@pytest.mark.parametrize("page", [report, last_report, search_report])
def test_the_page_is_sound(browser, page, tmp_path):
    browser.get(page(tmp_path).as_uri())
    assert [entry for entry in browser.get_log("browser") if entry["level"] != "INFO"] == []
    assert [url for url in requested(browser) if not url.startswith(("file:", "data:"))] == []
    images = browser.find_elements("tag name", "img")
    assert len(images) >= 2
    for image in images:
        assert browser.execute_script("return arguments[0].complete", image)
        assert browser.execute_script(NOT_BLANK, image) > 20
    scripts = browser.find_elements("tag name", "script")
    assert bool(scripts) == bool(browser.find_elements("css selector", ".explorer"))
    wide = "return document.documentElement.scrollWidth > window.innerWidth"
    assert not browser.execute_script(wide), "the page scrolls sideways"


@pytest.mark.parametrize("page", [report, last_report])
def test_the_ranking_is_sorted_as_claimed(browser, page, tmp_path):
    browser.get(page(tmp_path).as_uri())
    tables = browser.find_elements("css selector", "table.ranking")
    assert tables
    for table in tables:
        methods, cells = (
            table.find_elements("css selector", f"tbody tr td:nth-child({n})") for n in (1, 3)
        )
        texts = [  # before the interval; controls stand last
            cell.text.split()[0]
            for method, cell in zip(methods, cells, strict=True)
            if method.text not in CONTROLS
        ]
        scores = [float(text) for text in texts if text[0].isdigit()]
        assert len(scores) >= 3
        assert scores == sorted(scores, reverse=True)
        # Methods without a score come last, and say what became of it.
        assert set(texts[len(scores) :]) <= {"left", "not", "failed"}


def test_the_rows_of_a_search_are_sorted_by_their_loss(browser, tmp_path):
    browser.get(search_report(tmp_path).as_uri())
    (table,) = browser.find_elements("css selector", "table.search")
    names = [cell.text for cell in table.find_elements("css selector", "thead th")]
    column = names.index("selection loss") + 1
    cells = table.find_elements("css selector", f"tbody tr td:nth-child({column})")
    losses = [float(cell.text.split()[0]) for cell in cells if cell.text[0] != "–"]
    assert len(losses) == 3
    assert losses == sorted(losses)
    assert losses[0] < losses[-1]


DRAWN = """
    const views = Bokeh.documents[0].roots();
    const plot = views.filter((model) => model.type === "Figure")[arguments[0]];
    const glyphs = plot.renderers[0];
    const data = glyphs.data_source.data;
    const of = (field) => Array.from(data[field]);
    return [of(glyphs.glyph.x.field), of("colour"), of("cell"), of("shown")];
"""
CHOOSE = """
    const selects = Bokeh.documents[0].roots().filter((model) => model.type === "Select");
    const select = selects.find((model) => model.title === arguments[0]);
    select.value = select.options.find((option) => option[1] === arguments[1])[0];
"""


def test_cells_can_be_explored(browser, tmp_path):
    """Both sides show what is chosen, by the colours that are chosen; a cell is named where one points."""
    from selenium.webdriver import ActionChains
    from selenium.webdriver.support.ui import WebDriverWait

    browser.get(report(tmp_path).as_uri())
    WebDriverWait(browser, 20).until(lambda b: b.execute_script("return Bokeh.documents.length"))
    known = report_tables.cells().set_index("cell")
    of_aif = report_tables.embedding().set_index("cell")["x"].loc[known.index] + 100

    def drawn(side):
        x, colours, cells, shown = browser.execute_script(DRAWN, ["left", "right"].index(side))
        found = pd.DataFrame({"x": x, "colour": colours, "shown": shown}, index=cells)
        assert len(found) == len(known)
        return found.loc[known.index]

    left, right = drawn("left"), drawn("right")
    assert (right["x"] - of_aif).abs().max() < 1e-4
    assert (left["x"] - of_aif + 100).abs().max() < 1e-4
    assert (right["shown"] == known["batch"]).all()
    assert right.groupby("shown")["colour"].nunique().tolist() == [1, 1]

    browser.execute_script(CHOOSE, "colour", "cell_type")
    by_type = drawn("right")
    assert (by_type["shown"] == known["cell_type"].fillna("(no type)")).all()
    assert (by_type["colour"] != right["colour"]).any()
    browser.execute_script(CHOOSE, "colour", "depth")
    by_depth = drawn("left")
    assert by_depth["colour"].nunique() > 50
    assert by_depth.loc["c99", "shown"] == "14.1429"

    browser.execute_script(CHOOSE, "left picture", "aif, expression")
    assert (drawn("left")["x"] - of_aif).abs().max() < 1e-4

    canvas = browser.find_elements("css selector", ".explorer .picture")[1]
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", canvas)
    found = WebDriverWait(browser, 20).until(lambda b: point_at_cells(b, ActionChains, canvas))
    assert found in set(known.index)
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


TOOLTIP = """
    const text = (node) => [...node.childNodes].map((child) => child.nodeType === 3 ? child.textContent
        : (child.shadowRoot ? text(child.shadowRoot) : "") + text(child)).join(" ");
    const shown = [];
    const look = (node) => {
        const is = node.classList && node.classList.contains("bk-Tooltip");
        if (is) shown.push(text(node.shadowRoot || node));
        if (node.shadowRoot) look(node.shadowRoot);
        for (const child of node.children) look(child);
    };
    look(document.body);
    return shown.join(" ");
"""


def point_at_cells(browser, actions, canvas):
    """Move the pointer over a picture, from cell to cell, until one is named."""
    for x in range(-150, 160, 12):
        for y in range(-120, 130, 12):
            actions(browser, duration=0).move_to_element_with_offset(canvas, x, y).perform()
            words = browser.execute_script(TOOLTIP).split()
            names = [word for word in words if word[:1] == "c" and word[1:].isdigit()]
            if names:
                return names[0]
    return None
