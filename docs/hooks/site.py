"""What MkDocs does besides: equations become MathML, and the changelog becomes a page."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

from latex2mathml.converter import convert
from mkdocs.structure.files import File, Files

CHANGELOG = Path(__file__).parents[2] / "CHANGELOG.md"
# As pymdownx.arithmatex leaves them: \(…\) within a line, \[…\] on lines of their own.
EQUATION = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>', re.DOTALL)


def on_files(files: Files, config: Any) -> Files:
    """Add the changelog, which lies outside of docs/."""
    files.append(File.generated(config, "changelog.md", abs_src_path=str(CHANGELOG)))
    return files


def on_page_markdown(markdown: str, **others: Any) -> str:
    """Return the page with links to the changelog leading to its page in the site."""
    return markdown.replace("](../CHANGELOG.md", "](changelog.md")


def on_page_content(html: str, **others: Any) -> str:
    """Return the page with its equations as MathML, for which browsers need no script."""
    return EQUATION.sub(_as_mathml, html)


def _as_mathml(found: re.Match[str]) -> str:
    element, latex = found[1], unescape(found[2])
    if element == "span":
        return convert(latex)
    style = "overflow: auto hidden; padding: 0.5em 0"
    return f'<div style="{style}">{convert(latex, display="block")}</div>'
