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

    `unknown` are the stand-ins among them, `known` the contents that are known of sources with one
    key, by its stand-in.
    """

    names: dict[str, set[SourceName]] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    known: dict[str, set[str]] = field(default_factory=dict)

    def add(self, name: SourceName, content: str | None, key: str) -> None:
        """Add a source; without a known content, `key` is what tells it from others."""
        instead = stand_in(key)
        digest = content or instead
        if digest == instead:
            self.unknown.add(digest)
        else:
            self.known.setdefault(instead, set()).add(digest)
        self.names.setdefault(digest, set()).add(name)

    def joined(self) -> dict[str, str]:
        """Return the stand-ins of sources of whose key one content is known, and this content."""
        keys = self.unknown & self.known.keys()
        return {key: next(iter(self.known[key])) for key in keys if len(self.known[key]) == 1}

    def grouped(self) -> dict[str, set[SourceName]]:
        """Return the names that belong together, by content: those of `joined` with the known."""
        groups, joined = dict(self.names), self.joined()
        for instead, content in joined.items():
            groups[content] = groups[content] | groups.pop(instead)
        return groups

    def repeated(self) -> Iterator[tuple[str, list[SourceName]]]:
        """Yield the known contents that have more than one name, in the order of digests."""
        groups = self.grouped()
        for digest in sorted(groups.keys() - self.unknown):
            if len(groups[digest]) > 1:
                yield digest, sorted(groups[digest])

    def divided(self) -> Iterator[tuple[SourceName, list[str]]]:
        """Yield the names that have, or may have, more than one content, in their order."""
        contents: dict[SourceName, set[str]] = {}
        for digest, names in self.grouped().items():
            either = self.known.get(digest, set()) if digest in self.unknown else set()
            for name in names:
                contents.setdefault(name, set()).update({digest}, either)
        for name in sorted(contents):
            if len(contents[name]) > 1:
                yield name, sorted(contents[name])
