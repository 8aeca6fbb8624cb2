"""From one clip to its outcome: hash, look up, score, keep. The same path for every corpus."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from corpus_assets.corpora.clip import Encode
from corpus_assets.errors import ClipError, DamagedEntryError, ForeignEntryError, GoneEntryError
from corpus_assets.extraction.cache import ReportCache, recorded_content
from corpus_assets.extraction.content import ContentDigests
from corpus_assets.extraction.entry import (
    ENTRY_FORMAT,
    EncodeRecord,
    EngineRecord,
    EntryHeader,
    KernelsRecord,
    ModelRecord,
    StampedSource,
)
from corpus_assets.extraction.fingerprint import fingerprint
from corpus_assets.extraction.outcome import Extracted, Failed, Lookup, Outcome, SourceRecord
from corpus_assets.extraction.trust import trusted
from corpus_assets.files import sha256_of_bytes
from corpus_assets.libvmaf.process import Children
from corpus_assets.libvmaf.report import parse_report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corpus_assets.corpora.clip import Clip, Stamp
    from corpus_assets.libvmaf.engine import Engine, Scored
    from corpus_assets.libvmaf.report import Report

CachePolicy = Literal["reuse", "refresh", "off", "trust"]
"""`reuse` reads and writes, `refresh` only writes, `off` does neither; `trust` is `reuse` and takes
other tools' reports as they are."""
NOT_THERE = ("miss", "stale", "others")
"""What a look-up says where the cache held nothing for the clip as it is."""


@dataclass(frozen=True, slots=True)
class Identified:
    """A clip whose sources have been read, or are known to be as recorded."""

    clip: Clip
    stamps: tuple[Stamp, ...]
    content: tuple[str, ...]
    fingerprint: str

    @property
    def records(self) -> tuple[SourceRecord, ...]:
        """The sources as the manifest lists them."""
        both = zip(self.clip.sources, self.stamps, self.content, strict=True)
        return tuple(SourceRecord(source.name, stamp.size, sha) for source, stamp, sha in both)


@dataclass(frozen=True, slots=True)
class ClipScorer:
    """Turns clips into outcomes with one engine and one cache."""

    engine: Engine
    cache: ReportCache
    policy: CachePolicy = "reuse"
    digests: ContentDigests = field(default_factory=ContentDigests)

    def __call__(self, clip: Clip, children: Children) -> Outcome:
        """Return the outcome of one clip; only what concerns every clip is raised."""
        lookup: Lookup = "unread"
        records: tuple[SourceRecord, ...] = ()
        try:
            try:
                header, lookup = self._header(clip)
            except ForeignEntryError:
                return self._foreign(clip)
            identified = self._identify(clip, header, children)
            records = identified.records
            children.take_turn()  # reading reports is work too
            if header is not None:
                reused, lookup = self._reuse(identified, header)
                if reused is not None:
                    return reused
            return self._score(identified, lookup, children)
        except ClipError as error:
            return _failed(clip, error, records, lookup)

    def look_up(self, clip: Clip) -> Lookup:
        """Say what the cache has for a clip, as its entry's header tells. Raises ClipError."""
        try:
            header, lookup = self._header(clip)
        except ForeignEntryError:
            self._foreign(clip)
            return "trusted"
        return self._judged(header, self._identify(clip, header)) if header else lookup

    def _header(self, clip: Clip) -> tuple[EntryHeader | None, Lookup]:
        """Look the clip up; another tool's report is found even where entries are not read."""
        if self.policy == "off":
            return None, "unread"
        try:
            header = self.cache.header(clip.key)
        except DamagedEntryError:
            return None, "damaged"
        return (None, "unread") if self.policy == "refresh" else (header, "miss")

    def _foreign(self, clip: Clip) -> Extracted:
        """Take another tool's report where the user said so. Raises ClipError."""
        path = self.cache.path(clip.key)
        if self.policy != "trust":
            raise ClipError(
                "read",
                f"{path} is another tool's report, which is not replaced; set cache_policy: trust "
                "to take its numbers as they are, or cache_dir to another folder",
            )
        return trusted(clip, self.cache.foreign_report(clip.key), self.engine.features)

    def _identify(
        self, clip: Clip, header: EntryHeader | None, children: Children | None = None
    ) -> Identified:
        """Learn the content of the sources; hash only what may have changed since recorded."""
        try:
            children = children or Children()
            stamps = tuple(source.stamp() for source in clip.sources)
            recorded = recorded_content(header, stamps)
            if None in recorded and sum(stamp.size for stamp in stamps) > self.engine.room.ahead:
                children.take_turn()  # else its bytes would be read twice
            content = tuple(
                known
                or self.digests.sha256(source, stamp, children.refuse_if_stopped, children.aside)
                for known, source, stamp in zip(recorded, clip.sources, stamps, strict=True)
            )
        except OSError as error:
            raise ClipError("read", f"{error.strerror}: {clip.sources[0].name}") from error
        return Identified(clip, stamps, content, fingerprint(clip, content, self.engine))

    def _reuse(
        self, identified: Identified, header: EntryHeader
    ) -> tuple[Extracted | None, Lookup]:
        """Return the cached outcome where the entry is about exactly this clip and recipe."""
        judged = self._judged(header, identified)
        if judged != "hit":
            return None, judged
        key = identified.clip.key
        try:
            data = self.cache.report(key, header)
            size = (header.width, header.height)
            report = parse_report(data)
            extracted = self._extracted(identified, report, header.kernel_keys, size, "hit")
        except GoneEntryError:
            return None, "miss"
        except (DamagedEntryError, ClipError):
            return None, "damaged"
        if None in recorded_content(header, identified.stamps):
            sources = _stamped(identified)
            self._keep(key, header.model_copy(update={"sources": sources}), data)
        return extracted, "hit"

    def _judged(self, header: EntryHeader, identified: Identified) -> Lookup:
        """Say whether an entry has all that is needed, from those who would compute it now."""
        if header.fingerprint != identified.fingerprint:
            return "stale"
        computation = self.engine.computation(header.width, header.height)
        needed = set(computation.keys.values())
        if not needed <= set(header.report_keys):
            return "stale"
        now = KernelsRecord.of(computation.kernels, self.engine.kernels)
        return "hit" if header.kernels_of(needed) == now else "others"

    def _score(self, identified: Identified, lookup: Lookup, children: Children) -> Extracted:
        scored = self.engine.score(identified.clip, children)
        children.end_turn()
        _check_unchanged(identified)
        if self.policy != "off":
            header = self._new_header(identified, scored)
            if not (lookup in NOT_THERE and self._holds_more(identified.clip.key, header)):
                self._keep(identified.clip.key, header, scored.report_bytes)
        size = (scored.facts.width, scored.facts.height)
        extracted = self._extracted(identified, scored.report, scored.kernels, size, lookup)
        return replace(extracted, process_seconds=scored.run.wall_seconds)

    def _holds_more(self, key: str, header: EntryHeader) -> bool:
        """Say whether another run has kept a report meanwhile that serves more features."""
        with contextlib.suppress(DamagedEntryError, ForeignEntryError, ClipError):
            there = self.cache.header(key)
            if there is not None and there.fingerprint == header.fingerprint:
                keys = set(header.report_keys)
                same = there.kernels_of(keys) == header.kernels
                return same and set(there.report_keys) > keys
        return False

    def _keep(self, key: str, header: EntryHeader, report: bytes) -> None:
        """Write an entry, unless another tool has left a report there meanwhile."""
        with contextlib.suppress(ForeignEntryError, ClipError):
            self.cache.write(key, header, report)

    def _extracted(
        self,
        identified: Identified,
        report: Report,
        kernel_keys: frozenset[str],
        size: tuple[int, int],
        lookup: Lookup,
    ) -> Extracted:
        computation = self.engine.computation(*size)
        by_kernels = (name for name, key in computation.keys.items() if key in kernel_keys)
        return Extracted(
            clip=identified.clip,
            columns=report.columns(computation.keys),
            frames=len(report.metrics),
            sources=identified.records,
            lookup=lookup,
            unavailable=computation.unavailable,
            kernels=frozenset(by_kernels),
            verdicts=self.engine.acceleration.verdicts if self.engine.acceleration else (),
        )

    def _new_header(self, identified: Identified, scored: Scored) -> EntryHeader:
        distorted, model = identified.clip.distorted, self.engine.model
        return EntryHeader(
            format=ENTRY_FORMAT,
            fingerprint=identified.fingerprint,
            sources=_stamped(identified),
            report_keys=tuple(sorted(scored.report.keys)),
            report_sha256=sha256_of_bytes(scored.report_bytes),
            frames=len(scored.report.metrics),
            width=scored.facts.width,
            height=scored.facts.height,
            process_seconds=scored.run.wall_seconds,
            encoded_bytes=scored.encoded_bytes,
            encode=EncodeRecord.of(distorted) if isinstance(distorted, Encode) else None,
            model=ModelRecord(name=model.name, sha256=model.sha256),
            engine=EngineRecord.of(self.engine.identity),
            kernels=KernelsRecord.of(scored.kernels, self.engine.kernels),
        )


def _stamped(identified: Identified) -> tuple[StampedSource, ...]:
    both: Sequence[tuple[SourceRecord, Stamp]] = list(
        zip(identified.records, identified.stamps, strict=True)
    )
    return tuple(
        StampedSource(
            name=record.name,
            size=stamp.size,
            mtime_ns=stamp.mtime_ns,
            inode=stamp.inode,
            sha256=record.sha256,
        )
        for record, stamp in both
    )


def _check_unchanged(identified: Identified) -> None:
    """Refuse a result whose input changed between hashing and the end of scoring."""
    try:
        now = tuple(source.stamp() for source in identified.clip.sources)
    except OSError as error:
        raise ClipError("read", f"the file went away while it was scored: {error}") from error
    if now != identified.stamps:
        raise ClipError("read", "the file changed while it was scored")


def _failed(
    clip: Clip, error: ClipError, sources: tuple[SourceRecord, ...], lookup: Lookup
) -> Failed:
    return Failed(
        clip=clip,
        stage=error.stage,
        reason=error.reason,
        exit_code=error.exit_code_of_process,
        signal=error.signal,
        stderr_tail=error.stderr_tail,
        frames=error.frames,
        sources=sources,
        lookup=lookup,
    )
