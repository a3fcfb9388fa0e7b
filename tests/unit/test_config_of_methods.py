"""Settings of methods and corrections of the user in the config: what is wrong with them is one line."""

from pathlib import Path

import pytest

from aif.config.checks import complete
from aif.config.schema import load_yaml
from aif.errors import InputError

ROOT = Path(__file__).parents[2]
TABLE = load_yaml(ROOT / "config/variants.yaml")
KANG = {"path": str(ROOT / "resources/kang_pbmc.h5ad"), "batch_key": "condition"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"datasets": {"k": {**KANG, "corrections": {"mine": {"path": "m", "embeding": "X"}}}}},
            r"config: datasets\.k\.corrections\.mine\.embeding: unknown key; did you mean 'embedding'",
        ),
        (
            {
                "datasets": {
                    "k": {**KANG, "corrections": {"mine": KANG["path"]}},
                    "l": {
                        **KANG,
                        "corrections": {"mine": {"path": KANG["path"], "uses_types": True}},
                    },
                }
            },
            r"config: datasets\.l\.corrections\.mine\.uses_types: another data set says otherwise",
        ),
        (
            {"datasets": {"k": {**KANG, "corrections": {"mine": None}}}},
            r"config: datasets\.k\.corrections\.mine: give a path, or \{path: FILE, embedding: NAME\}",
        ),
        (
            {"datasets": {"k": {**KANG, "corrections": {"mine": "absent.csv"}}}},
            r"config: datasets\.k\.corrections\.mine: there is no file 'absent\.csv'",
        ),
        (
            {"datasets": {"k": {**KANG, "corrections": {"scvi": KANG["path"]}}}},
            r"config: datasets\.k\.corrections\.scvi: a variant or method has this name; give",
        ),
        (
            {
                "datasets": {
                    "k": {
                        **KANG,
                        "corrections": {"a": {"path": "m", "graph": "g", "embedding": "e"}},
                    }
                }
            },
            r"config: datasets\.k\.corrections\.a: a graph is judged alone; make it a correction of",
        ),
        (
            {"methods": {"scvi": {"n_latnt": 5}}},
            r"config: methods\.scvi\.n_latnt: unknown key; did you mean 'n_latent'\?",
        ),
        (
            {"methods": {"wide": {"of": "scvi", "n_latent": 0}}},
            r"config: methods\.wide\.n_latent: .*greater than or equal to 1",
        ),
        (
            {"methods": {"wide": {"n_latent": 5}}},
            r"config: methods\.wide: is no method; say which it is a setting of, by of: combat \| combat_seq",
        ),
        (
            {
                "methods": {"mine": {"of": "scanvi", "n_latent": 5}},
                "choose": {"candidates": ["aif", "mine"]},
            },
            r"config: choose\.candidates: mine is told the cell types, which choose does without; name",
        ),
        (
            {"methods": {"wide": {"of": "scvii"}}},
            r"config: methods\.wide\.of: unknown method 'scvii'; did you mean 'scvi'\?",
        ),
        ({"methods": {"scvi": {"of": None}}}, r"config: methods\.scvi\.of: unknown method 'None'"),
        (
            {"methods": {"scvi": None}},
            r"config: methods\.scvi: give parameters, as in \{n_latent: 10\}",
        ),
        (
            {"methods": {"combat": {"theta": 1}}},
            r"config: methods\.combat\.theta: unknown key; there is none",
        ),
        ({"methods": {"harmony": {"theta": float("inf")}}}, r"config: methods\.harmony\.theta: "),
        (
            {"methods": {"wide": {"of": "scvi"}}},
            r"config: methods\.wide: is neither among baselines nor choose\.candidates; add it there",
        ),
        (
            {"methods": {"aif": {"of": "scvi"}}},
            r"config: methods\.aif: a variant or method has this name; give the setting another",
        ),
        ({"methods": {"bbknn": {"of": "scvi"}}}, r"config: methods\.bbknn: a variant or method"),
        (
            {"methods": {"scvi_seed_1": {"of": "scvi"}}},
            r"config: methods\.scvi_seed_1: ends as the folders of repeats do; call it otherwise",
        ),
        ({"methods": {"scvi": 5}}, r"config: methods\.scvi: give parameters"),
    ],
)
def test_an_error_is_one_line_that_names_the_key(given, message):
    with pytest.raises(InputError, match=message) as error:
        complete({"datasets": {"kang": KANG}, **given}, ROOT / "config/config.yaml", TABLE, {})
    assert "\n" not in str(error.value)
