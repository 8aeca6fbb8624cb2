"""Which content the sources of a table have: what must not be on both sides of a split."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from corpus_assets.files import sha256_of_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator


class SourceName(NamedTuple):
    """A source as the rows of a table name it; `corpus` is empty where they do not say it."""

    corpus: str
    source: str

    def __str__(self) -> str:
        return f"{self.corpus}/{self.source}" if self.corpus else self.source


def stand_in(source: str) -> str:
    """Return what stands for the digest of a content that is not known: that of the name."""
    return sha256_of_bytes(source.encode("utf-8", "surrogatepass"))


@dataclass
class Contents:
    """The names of every content, by its SHA-256; grows with sources, not with rows.

    `unknown` are contents for which a stand-in is there.
    """

    names: dict[str, set[SourceName]] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)

    def add(self, name: SourceName, content: str | None, key: str) -> None:
        """Add a source; without a known content, `key` is what tells it from others."""
        digest = content or stand_in(key)
        if content is None or content == stand_in(key):
            self.unknown.add(digest)
        self.names.setdefault(digest, set()).add(name)

    def repeated(self) -> Iterator[tuple[str, list[SourceName]]]:
        """Yield the known contents that have more than one name, in the order of digests."""
        for digest in sorted(self.names.keys() - self.unknown):
            if len(self.names[digest]) > 1:
                yield digest, sorted(self.names[digest])
