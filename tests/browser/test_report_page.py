"""The report in a real browser: no errors, no requests, no blank pictures, nothing injected."""

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
        render_search("robust_grid_search", runs, rows, saved(pictures, folder), CONFIG)
    )
    return path


def report(folder):
    pictures = {
        "embedding": embedding_figure(report_tables.embedding(), "t-SNE"),
        "losses": losses_figure(report_tables.losses()),
    }
    repeats = [report_tables.benchmark(seed=i, change=i / 20) for i in range(2)]
    benchmark = pd.concat(repeats, ignore_index=True)
    text = render(report_tables.tables(benchmark=benchmark), saved(pictures, folder), CONFIG)
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


@pytest.mark.parametrize("page", [report, last_report, search_report])
def test_the_page_is_sound(browser, page, tmp_path):
    browser.get(page(tmp_path).as_uri())
    assert [entry for entry in browser.get_log("browser") if entry["level"] != "INFO"] == []
    requests = [entry for entry in browser.get_log("performance") if '"http' in entry["message"]]
    assert requests == []
    images = browser.find_elements("tag name", "img")
    assert len(images) >= 2
    for image in images:
        assert browser.execute_script("return arguments[0].complete", image)
        assert browser.execute_script(NOT_BLANK, image) > 20
    assert browser.find_elements("tag name", "script") == []
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
