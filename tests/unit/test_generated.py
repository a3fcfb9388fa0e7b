"""The schema and the reference that are generated of the config's types do not drift."""

from pathlib import Path

import generate
import jsonschema
import pytest
import yaml

from aif.config.schema import load_yaml

ROOT = Path(__file__).parents[2]
DEFAULT_RUN = ROOT / "config/config.yaml"
GENERATED = generate.generated()
KANG = {"path": str(ROOT / "resources/kang_pbmc.h5ad"), "batch_key": "condition"}


@pytest.mark.parametrize(("path", "text"), GENERATED.items(), ids=lambda x: getattr(x, "name", ""))
def test_what_is_generated_of_the_types_is_theirs(path, text):
    assert path.read_text() == text, "write it anew: make reference"


def test_the_schema_takes_what_the_config_takes_and_needs_no_references():
    given = yaml.safe_load(GENERATED[generate.SCHEMA])
    assert "$ref" not in str(given)
    for file in ("config", "search", "benchmark", "paper"):
        jsonschema.validate(load_yaml(ROOT / f"config/{file}.yaml"), given)
    for entry in ({"samples": "{sample}.h5ad"}, {"simulate": {"preset": "tran1"}}, KANG):
        jsonschema.validate({"datasets": {"a": entry}}, given)
    for entry in ({}, {"theta": 1}, {"of": "scvi", "n_latent": 10}):
        jsonschema.validate({"methods": {"harmony": entry}}, given)
    for wrong in ({"datasets": {"a": {"path": "a.h5ad"}}}, {"methods": {"a": {"thta": 1}}}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, given)
    with pytest.raises(jsonschema.ValidationError, match="'seeed' was unexpected"):
        jsonschema.validate({**load_yaml(DEFAULT_RUN), "seeed": 1}, given)


def test_the_catalogues_table_has_one_line_for_every_key():
    """The catalogue reads nested properties, with type, default and a description of one line."""

    def lines(properties, place=""):
        for name, entry in properties.items():
            yield f"{place}{name}", entry.get("description", "")
            yield from lines(entry.get("properties", {}), f"{place}{name}.")

    found = dict(lines(yaml.safe_load(GENERATED[generate.SCHEMA])["properties"]))
    assert {"datasets.NAME.path", "hyperparameters.gamma", "grid.weighting"} <= set(found)
    for text in found.values():
        assert text
        assert not {"\n", "|"} & set(text)
