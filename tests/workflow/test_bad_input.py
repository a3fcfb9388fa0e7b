"""Bad input ends in one clear line before any training, and nothing is lost."""

import hashlib
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import numpy as np
import pytest
from cells import simulated
from small_workflow import causes


def config(**changes):
    return lambda workflow: workflow.config.update(changes)


def entry(**changes):
    return lambda workflow: workflow.dataset(**changes)


BEFORE_ANYTHING = [
    (config(variant=["aif"]), "config: variant: unknown key; did you mean 'variants'?"),
    (config(variants=["aiff"]), "config: variants: unknown variant 'aiff'; did you mean 'aif'?"),
    (config(hyperparameters={"lr": 1}), "config: hyperparameters.lr: unknown key"),
    (entry(path="absent.h5ad"), "config: datasets.cells.path: there is no file 'absent.h5ad'"),
    (entry(path=None, samples="a.tsv"), "config: datasets.cells.samples: there is no file 'a.tsv'"),
    (entry(samples="a.tsv"), "config: datasets.cells: give one of path, url with sha256, samples"),
]


def check_one_line(process, message):
    assert process.returncode != 0
    (cause,) = causes(process)
    assert message in f"error: {cause}"
    assert "Traceback" not in process.stderr


@pytest.mark.parametrize(("spoil", "message"), BEFORE_ANYTHING)
def test_a_bad_config_is_one_line(workflow, spoil, message):
    spoil(workflow)
    process = workflow.run()
    check_one_line(process, message)
    assert not (workflow.folder / "results").exists()


# Others are tried in tests/reliability/test_input.py.
def test_a_bad_data_set_is_one_line_and_loses_nothing(workflow):
    earlier = workflow.results("data", "raw.h5ad")
    earlier.parent.mkdir(parents=True)
    earlier.write_text("an earlier result")
    adata = simulated()
    adata.X[5, 7] = np.nan
    adata.write_h5ad(workflow.folder / "cells.h5ad")
    process = workflow.run()
    message = "1 values are NaN, first in gene 'gene7'"
    check_one_line(process, message)
    assert earlier.read_text() == "an earlier result"
    assert not workflow.results("aif_norm_log_rel_dyn").exists()
    logs = workflow.results("data").glob("*.log")
    assert any(message in log.read_text() for log in logs)


@pytest.fixture
def url(workflow):
    """Serve the data set from this machine."""
    handler = partial(SimpleHTTPRequestHandler, directory=workflow.folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/cells.h5ad"
        server.shutdown()


def test_a_download_is_taken_if_it_hashes_as_said(workflow, url):
    sha256 = hashlib.sha256((workflow.folder / "cells.h5ad").read_bytes()).hexdigest()
    workflow.dataset(path=None, url=url, sha256=sha256)
    assert workflow.run("results/cells/data/raw.h5ad").returncode == 0
    workflow.dataset(sha256="0" * 64)
    process = workflow.run("results/cells/data/raw.h5ad")
    check_one_line(process, f"datasets.cells.sha256: {url} hashes to {sha256}, not to 000")
    assert not workflow.results("data", "download.h5ad").exists()
