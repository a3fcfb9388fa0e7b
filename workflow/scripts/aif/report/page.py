"""Self-contained pages: templates filled with tables and pictures."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import jinja2
import yaml

from aif import __version__
from aif.job.costs import versions

PACKAGES = ("snakemake", "pandas", "matplotlib", "jinja2")  # that make the page itself


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
    return (
        environment(html=True)
        .get_template(template)
        .render(
            config=yaml.safe_dump(config, sort_keys=False, allow_unicode=True),
            version=__version__,
            versions=versions(*PACKAGES),
            **content,
        )
    )


def environment(html: bool) -> jinja2.Environment:
    """Return what fills the templates beside this file, those of HTML or those of plain text."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=html,
        trim_blocks=html,
        lstrip_blocks=html,
        undefined=jinja2.StrictUndefined,
    )


def data_uri(path: str) -> str:
    """Return a PNG file as the source of an image."""
    return "data:image/png;base64," + base64.b64encode(Path(path).read_bytes()).decode()
