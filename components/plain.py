"""Names and messages from data, made safe for where they are shown: they are text, never markup."""

import html
import re

# What begins markup within a line: emphasis, code, links, HTML, formulas, Streamlit's own directives.
_MARKDOWN = re.compile(r"([\\`*_\[\]<>$~:|&])")


def markdown(text: str) -> str:
    """Text that Markdown shows as it stands, within a line."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def plotly(text: str) -> str:
    """Text that Plotly, which reads a little HTML, shows as it stands."""
    return html.escape(text, quote=False)


def without_images(text: str) -> str:
    """A Markdown document whose images are links: a picture would be fetched from wherever it points."""
    return text.replace("![", "[")
