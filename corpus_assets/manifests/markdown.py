"""Any text as Markdown shows it, in a cell of a table: on one line, of bounded length."""

from __future__ import annotations

import re

from corpus_assets.corpora.listing import shown

LONGEST = 300
NO_CODE = frozenset("`|\\")
"""Characters that code in a cell of a table cannot hold in every place."""
SPECIAL = re.compile(r"([\\`*_\[\]<>|~#&$!])")


def text(value: object) -> str:
    """Return a text on one line, cut where it is long, that Markdown leaves as it is."""
    return SPECIAL.sub(r"\\\1", _cut(value))


def code(value: str) -> str:
    """Return a text as code; where a cell of a table cannot hold it as such, as text."""
    line = _cut(value)
    return text(value) if set(line) & NO_CODE or not line else f"`{line}`"


def _cut(value: object) -> str:
    line = str(value)
    return shown(line) if len(line) <= LONGEST else f"{shown(line[:LONGEST])}…"


def fence(content: str) -> str:
    """Return more backticks than the content has in a row."""
    longest = max(map(len, re.findall("`+", content)), default=0)
    return "`" * max(3, longest + 1)
