"""What every rule's script shares."""

import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from aif import __version__
from aif.errors import InputError
from aif.job.costs import versions
from aif.job.files import atomic, read_table
from aif.job.log import rule_log


@pytest.fixture
def rule(tmp_path):
    return SimpleNamespace(rule="train", log=[str(tmp_path / "train.log")])


def test_an_input_error_is_one_line_in_terminal_and_log(rule, capsys):
    with pytest.raises(SystemExit), rule_log(rule):
        raise InputError("name it; mend it")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].endswith("train: error: name it; mend it")
    assert "name it; mend it" in Path(rule.log[0]).read_text()


def test_another_error_leaves_its_traceback_in_the_log_only(rule, capsys):
    with pytest.raises(SystemExit), rule_log(rule):
        raise KeyError("unforeseen")
    shown, log = capsys.readouterr().err, Path(rule.log[0]).read_text()
    assert "KeyError: 'unforeseen'" in shown
    assert "Traceback" not in shown
    assert "Traceback" in log


def test_an_interrupted_write_leaves_what_was_there(tmp_path):
    path = tmp_path / "table.tsv"
    path.write_text("earlier")

    def write_half():
        with atomic(str(path)) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert path.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_left_is_removed_by_the_next_write(tmp_path):
    left, others = tmp_path / ".table.tsv.123.part.tsv", tmp_path / ".a_table.tsv.123.part.tsv"
    for path in (left, others):
        path.write_text("half")
    with atomic(str(tmp_path / "table.tsv")) as temporary:
        temporary.write_text("whole")
    assert sorted(tmp_path.iterdir()) == [others, tmp_path / "table.tsv"]


def test_versions_name_what_is_installed():
    assert versions("numpy", "no-such-package") == {
        "aif": __version__,
        "python": sys.version.split()[0],
        "numpy": versions("numpy")["numpy"],
    }


def test_a_table_comes_back_with_names_as_text_and_numbers_to_the_last_bit(tmp_path):
    names = {"dataset": "007", "method": "NA", "cell": "1e5", "batch": "nan", "cell_type": "01"}
    (tmp_path / "t.tsv").write_text(
        "\t".join([*names, "value"])
        + "\n"
        + "\t".join([*names.values(), "0.1234567890123456789"])
        + "\n"
    )
    (row,) = read_table(tmp_path / "t.tsv").to_dict("records")
    assert row == {**names, "value": 0.1234567890123456789}


def test_a_log_ends_with_what_the_job_took(rule, capsys):
    with rule_log(rule) as log:
        log.info("at work")
    *_, work, last = Path(rule.log[0]).read_text().splitlines()
    assert work.endswith("train: at work")
    seconds, memory = map(float, re.search(r"took ([\d.]+) s and (\d+) MB", last).groups())
    assert 0 <= seconds < 10
    assert 10 < memory < 100_000
    assert "took" not in capsys.readouterr().err
