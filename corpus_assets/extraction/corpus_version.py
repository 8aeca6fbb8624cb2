"""The version of a corpus: a digest over the names of its files and a token for each.

A token stands for the content of a file. It stays while the file system says that the file is as
it was (size, modification time, inode), and also when the file is then read and holds what it
held. It cannot be seen that content changed while size, time and inode were all kept.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from corpus_assets.corpora.zip_source import ZipSource
from corpus_assets.errors import ClipError, DamagedEntryError, ForeignEntryError
from corpus_assets.extraction.file_memory import KnownFile
from corpus_assets.files import sha256_of_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from corpus_assets.corpora.clip import Source, Stamp
    from corpus_assets.extraction.cache import ReportCache

MOST_READ = 4 << 30
"""Bytes that one look reads at most: two seconds of a processor, a minute of a slow disk."""


@dataclass(frozen=True, slots=True)
class Version:
    """A version, and what it is about."""

    digest: str
    files: int
    bytes: int


@dataclass
class Look:
    """One look at a corpus: what was known before it, and what is known after it.

    `content` tells the SHA-256 that a file had at a stamp, where a run has read it then;
    `may_read` whether a file may be opened at all.
    """

    before: Mapping[str, KnownFile]
    content: Callable[[Source, Stamp], str | None]
    may_read: Callable[[Source], bool]
    left: int = field(default_factory=lambda: MOST_READ)
    after: dict[str, KnownFile] = field(default_factory=dict)
    hashed: int = 0

    def version(self, sources: Sequence[Source]) -> Version:
        """Return the version of some files."""
        ordered = sorted(sources, key=lambda source: source.name)
        found = [(source.name, *self._token(source)) for source in ordered]
        lines = "".join(f"{json.dumps(name)} {token}\n" for name, token, _ in found)
        total = sum(size for _, _, size in found)
        return Version(sha256_of_bytes(lines.encode()), len(found), total)

    def _token(self, source: Source) -> tuple[str, int]:
        """Return what stands for the content, and the size; of an unreadable file, the reason."""
        if isinstance(source, ZipSource):
            return f"{source.crc:08x} {source.size}", source.size
        try:
            stamp = source.stamp()
        except (OSError, ClipError) as error:
            return str(error), 0
        known = self._known(source, stamp)
        self.after[source.name] = known
        return known.token, stamp.size

    def _known(self, source: Source, stamp: Stamp) -> KnownFile:
        seen = self.before.get(source.name)
        facts = (stamp.size, stamp.mtime_ns, stamp.inode)
        if seen is None:
            return KnownFile(*facts, f"{stamp.size} {stamp.mtime_ns}")
        if seen.stamp == stamp:
            return seen
        was = seen.sha256 or self.content(source, seen.stamp)
        if was and seen.size == stamp.size and (sha256 := self._hash(source, stamp)):
            return KnownFile(*facts, seen.token if sha256 == was else sha256, sha256)
        return KnownFile(*facts, " ".join(map(str, facts)))

    def _hash(self, source: Source, stamp: Stamp) -> str | None:
        """Read a file; None when it cannot be, or too much has been read."""
        if stamp.size > self.left or not self.may_read(source):
            return None
        self.left -= stamp.size
        with contextlib.suppress(OSError, ClipError):
            sha256 = source.sha256()
            self.hashed += 1
            return sha256
        return None


def content_in(
    cache: ReportCache, keys: Mapping[Source, Sequence[str]]
) -> Callable[[Source, Stamp], str | None]:
    """Return a look into the cache entries of the clips that a file is part of."""

    def content(source: Source, stamp: Stamp) -> str | None:
        for key in keys[source]:
            with contextlib.suppress(DamagedEntryError, ForeignEntryError, ClipError):
                header = cache.header(key)
                for one in header.sources if header else ():
                    if (one.name, one.stamp) == (source.name, stamp):
                        return one.sha256
        return None

    return content
