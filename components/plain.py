"""Names and messages from data, made safe for where they are shown: they are text, never markup."""

import html
import re
from collections.abc import Sequence

# What begins markup within a line: emphasis, code, links, HTML, formulas, Streamlit's own directives.
_MARKDOWN = re.compile(r"([\\`*_\[\]<>$~:|&])")


def markdown(text: str) -> str:
    """Text that Markdown shows as it stands, within a line."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table as Markdown, the first column to the left, the others to the right; cells are Markdown already."""
    ruler = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, ruler, *rows))


def plotly(text: str) -> str:
    """Text that Plotly, which reads a little HTML, shows as it stands."""
    return html.escape(text, quote=False)


def without_images(text: str) -> str:
    """A Markdown document whose images are links: a picture would be fetched from wherever it points."""
    return text.replace("![", "[")
