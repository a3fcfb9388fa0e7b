"""Self-contained pages: templates filled with tables and pictures."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import jinja2
import yaml

from aif.rule import versions

PACKAGES = ("snakemake", "torch", "scanpy", "anndata", "scib", "harmonypy", "pandas", "matplotlib")


def fill(template: str, config: dict[str, Any], **content: Any) -> str:
    """Return a page, which ends with the config and the versions in its environment.

    Parameters
    ----------
    template
        A file beside this one that extends page.html.j2.
    config
        The validated configuration.
    content
        What the template shows.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template(template).render(
        config=yaml.safe_dump(config, sort_keys=False, allow_unicode=True),
        versions=versions(*PACKAGES),
        **content,
    )


def data_uri(path: str) -> str:
    """Return a PNG file as the source of an image."""
    return "data:image/png;base64," + base64.b64encode(Path(path).read_bytes()).decode()
