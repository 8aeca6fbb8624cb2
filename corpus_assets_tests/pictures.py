"""Charts in markdown, read back."""

from __future__ import annotations

import base64
import re
from xml.etree import ElementTree as ET

SVG = "{http://www.w3.org/2000/svg}"
PICTURE = re.compile(r"!\[([^\]]*)\]\(data:image/svg\+xml;base64,([A-Za-z0-9+/]+=*)\)")
MOST_BYTES = 40_000


def drawing(markdown: str) -> ET.Element:
    """Return the only picture of a text; its size and the text's are held against the bounds."""
    assert len(markdown) < MOST_BYTES
    (found,) = PICTURE.finditer(markdown)
    root = ET.fromstring(base64.b64decode(found[2]))  # noqa: S314 (our own)
    assert root.tag == f"{SVG}svg"
    assert root.attrib["width"] == "560"
    return root


def texts(root: ET.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def boxes(root: ET.Element) -> list[ET.Element]:
    """Return the boxes of a chart of spreads, without the ground."""
    return [*root.iter(f"{SVG}rect")][1:]
