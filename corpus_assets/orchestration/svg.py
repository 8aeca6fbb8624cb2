"""The little of SVG that charts are drawn with, and pictures inside markdown.

Dagster's web UI shows an SVG in an `<img>`, in which no script runs and nothing is fetched.
"""

import base64
from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from corpus_assets.corpora.listing import shown

Value = str | float
TAIL = 8
"""Characters of the end of a shortened text."""


def element(tag: str, *children: str, **attributes: Value) -> str:
    """Return an element of finished children; `_` in an attribute's name stands for `-`."""
    written = "".join(
        f" {name.replace('_', '-')}={quoteattr(_text_of(value))}"
        for name, value in attributes.items()
    )
    return f"<{tag}{written}>{''.join(children)}</{tag}>" if children else f"<{tag}{written}/>"


def text(content: str, x: float, y: float, **attributes: Value) -> str:
    """Return a text, whatever its characters; those that cannot be shown are written out."""
    return element("text", escape(shown(content)), x=x, y=y, **attributes)


def shortened(content: str, most: int) -> str:
    """Return a text of at most so many characters; of a longer one, most of its beginning."""
    if len(content) <= most:
        return content
    return f"{content[: most - TAIL - 1]}…{content[-TAIL:]}"


def picture(
    width: int, height: int, parts: Iterable[str], description: str, caption: Iterable[str]
) -> str:
    """Return markdown that shows a drawing of a size in pixels on white, with lines of text below.

    The UI does not break lines. No text may hold markdown.
    """
    document = element(
        "svg",
        element("rect", width=width, height=height, fill="#fff"),
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        font_family="system-ui,Helvetica,Arial,sans-serif",
        font_size=12,
        fill="#222",
    )
    data = base64.b64encode(document.encode()).decode()
    return "\n\n".join([f"![{description}](data:image/svg+xml;base64,{data})", *caption])


def _text_of(value: Value) -> str:
    """Return a value; a number to a tenth of a pixel."""
    return value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")
