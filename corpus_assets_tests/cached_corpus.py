"""A corpus of KoNViD-1k's layout whose clips are all cached, in any number and length.

Its files hold a few bytes, for nothing opens what is cached. The entries are what scoring would
have left: the frames of a real report in turn, from another one on each time, under the fingerprint
of each clip.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from corpus_assets.artifacts.konvid_pairs import VMAF_PAIRS
from corpus_assets.artifacts.scored import ScoredRequest
from corpus_assets.artifacts.settings import SharedSettings, VmafPairsSettings
from corpus_assets.corpora.clip import Clip
from corpus_assets.corpora.konvid_1k import VIDEOS_FOLDER
from corpus_assets.extraction.entry import CLOSING, EntryHeader, StampedSource, split_header
from corpus_assets.extraction.fingerprint import fingerprint
from corpus_assets.files import sha256_of_bytes
from corpus_assets.libvmaf.engine import Engine
from corpus_assets.libvmaf.ffmpeg import embedded_ffmpeg
from corpus_assets_tests.making import build_pairs
from corpus_assets_tests.media import cut_clips

FRAME = re.compile(rb'    \{\n      "frameNum": \d+,\n.*?\n    \}', re.DOTALL)
"""A frame as libvmaf prints it."""
NUMBER = re.compile(rb'"frameNum": \d+')


@dataclass(frozen=True)
class CachedCorpus:
    """Where the clips are, and where their reports."""

    root: Path
    cache: Path

    @property
    def settings(self) -> dict[str, str]:
        """The settings of an asset that is to take them."""
        return {"konvid_root": str(self.root), "cache_dir": str(self.cache)}

    def request(self) -> ScoredRequest:
        """Return what a run of the asset would resolve."""
        settings = VmafPairsSettings.model_validate(self.settings)
        (request,) = VMAF_PAIRS.resolve(settings, SharedSettings(), os.environ)
        return request


def write_cached_corpus(folder: Path, clips: int, frames: int) -> CachedCorpus:
    """Write as many clips and entries of so many frames each."""
    header, report = _real_entry(folder / "real")
    entries = itertools.cycle(_variants(header, report, frames))
    corpus = CachedCorpus(folder / "konvid-1k", folder / "cache")
    videos = corpus.root / VIDEOS_FOLDER
    videos.mkdir(parents=True)
    for number in range(clips):
        (videos / f"{number:06}.mp4").write_bytes(b"clip %d" % number)
    request = corpus.request()
    engine, cache = request.scoring.engine(request.features), request.scoring.cache
    for clip, (header, report) in zip(request.discover().clips, entries, strict=False):
        cache.write(clip.key, _of_clip(header, clip, engine), report)
    return corpus


def _real_entry(folder: Path) -> tuple[EntryHeader, bytes]:
    """Score one clip, and return its entry."""
    folder.mkdir()
    cut_clips(embedded_ffmpeg(), folder)
    videos = folder / "konvid-1k" / VIDEOS_FOLDER
    videos.mkdir(parents=True)
    shutil.copy(folder / "bikes.mp4", videos / "one.mp4")
    out = folder / "table.parquet"
    build_pairs(videos.parent, cache_dir=str(folder / "cache"), out=str(out))
    line, rest = next((folder / "cache").glob("*.json")).read_bytes().split(CLOSING, 1)
    return split_header(line + CLOSING), b"{" + rest


def _variants(
    header: EntryHeader, report: bytes, count: int
) -> Iterator[tuple[EntryHeader, bytes]]:
    """Yield reports of as many frames as are wanted, each without one frame that is there."""
    there = FRAME.findall(report)
    start, end = report.index(there[0]), report.index(there[-1]) + len(there[-1])
    for left_out in range(len(there)):
        turn = itertools.cycle(there[:left_out] + there[left_out + 1 :])
        frames = (
            NUMBER.sub(b'"frameNum": %d' % number, next(turn), count=1) for number in range(count)
        )
        made = report[:start] + b",\n".join(frames) + report[end:]
        facts = {"frames": count, "report_sha256": sha256_of_bytes(made)}
        yield header.model_copy(update=facts), made


def _of_clip(header: EntryHeader, clip: Clip, engine: Engine) -> EntryHeader:
    """Return the header of another clip's entry."""
    (source,) = clip.sources
    stamp, content = source.stamp(), source.sha256()
    stamped = StampedSource(
        name=source.name,
        size=stamp.size,
        mtime_ns=stamp.mtime_ns,
        inode=stamp.inode,
        sha256=content,
    )
    facts = {"fingerprint": fingerprint(clip, (content,), engine), "sources": (stamped,)}
    return header.model_copy(update=facts)
