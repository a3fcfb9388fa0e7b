"""The code blocks of README.md and docs/, with the comment before each that says what it needs."""

import re
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "config/README.md", *sorted((ROOT / "docs").glob("*.md"))]
NEEDS = re.compile(r"<!--.*needs: (.*?) -->")


class Block(NamedTuple):
    """A fenced code block: where it stands, its language, its text, and the comment before it."""

    page: Path
    line: int
    language: str
    text: str
    comment: str

    @property
    def needs(self):
        """What must be there beside the project, such as a cluster; empty for nothing."""
        found = NEEDS.search(self.comment)
        return found[1] if found else ""

    @property
    def name(self):
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page):
    """Yield the code blocks of a page."""
    comment = ""
    for token in MarkdownIt().parse(page.read_text()):
        if token.type == "fence":
            yield Block(page, token.map[0] + 1, token.info, token.content, comment)
        comment = token.content if token.type == "html_block" else ""


def all_blocks(language):
    """Return the blocks of all pages in one language."""
    return [block for page in PAGES for block in blocks(page) if block.language == language]


def anchors(page):
    """Return what a link may point to in a page: its headings, as GitHub names them."""
    tokens = MarkdownIt().parse(page.read_text())
    inline = (
        tokens[i + 1].content for i, token in enumerate(tokens) if token.type == "heading_open"
    )
    return {re.sub(r"[^\w\- ]", "", text).strip().lower().replace(" ", "-") for text in inline}


def links(page):
    """Yield the targets of all links and pictures of a page."""
    for token in MarkdownIt().enable("table").parse(page.read_text()):
        for child in token.children or ():
            yield from (child.attrs[key] for key in ("href", "src") if key in child.attrs)
