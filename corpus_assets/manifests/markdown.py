"""Any text as Markdown shows it, in a cell of a table: on one line, of bounded length."""

from __future__ import annotations

import re

from corpus_assets.corpora.texts import cut

LONGEST = 300
NO_CODE = frozenset("`|\\")
"""Characters that code in a cell of a table cannot hold in every place."""
SPECIAL = re.compile(r"([\\`*_\[\]<>|~#&$!])")


def text(value: object) -> str:
    """Return a text on one line, cut where it is long, that Markdown leaves as it is."""
    return SPECIAL.sub(r"\\\1", cut(str(value), LONGEST))


def code(value: str) -> str:
    """Return a text as code; where a cell of a table cannot hold it as such, as text."""
    line = cut(value, LONGEST)
    return text(value) if set(line) & NO_CODE or not line else f"`{line}`"


def fence(content: str) -> str:
    """Return more backticks than the content has in a row."""
    longest = max(map(len, re.findall("`+", content)), default=0)
    return "`" * max(3, longest + 1)
