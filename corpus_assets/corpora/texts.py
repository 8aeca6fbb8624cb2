"""Lists and texts of any length, shortened for a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from corpus_assets.corpora.listing import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Item = TypeVar("Item")


def bounded(items: Sequence[Item], most: int, line: Callable[[Item], str] = str) -> list[str]:
    """Return the first items as texts, and at last how many more there are, if any."""
    more = len(items) - most
    return [*map(line, items[:most]), *([f"and {more} more"] if more > 0 else [])]


def cut(text: str, longest: int) -> str:
    """Return a text of so many characters at most on one line, with an ellipsis where it is cut."""
    return shown(text) if len(text) <= longest else f"{shown(text[:longest])}…"
