"""Texts of manifests on a terminal: bounded, and without characters that steer it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from corpus_assets.corpora import texts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ITEMS_SHOWN = 10
LONGEST = 200
DIGEST = 64
DIGITS_SHOWN = 12
Item = TypeVar("Item")


def plain(value: object) -> str:
    """Return a value on one line, of bounded length; of a SHA-256 only the first digits."""
    text = "null" if value is None else str(value)
    if len(text) == DIGEST and set(text) <= set("0123456789abcdef"):
        return f"{text[:DIGITS_SHOWN]}…"
    return texts.cut(text, LONGEST)


def bounded(items: Sequence[Item], line: Callable[[Item], str]) -> list[str]:
    """Return the lines of the first items, and how many more there are."""
    return texts.bounded(items, ITEMS_SHOWN, line)
