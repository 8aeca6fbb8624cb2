"""Room on disk: a run that surely does not fit is refused before its first clip.

What clips will take is told from the shortest of a few, and by the least that a frame can take: 600
bytes of report, and 2 bytes a number in the table. So a run that passes may still find the disk
full, and says so then.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corpus_assets.errors import ClipError, StorageError
from corpus_assets.libvmaf.probe import probe

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from corpus_assets.corpora.clip import Clip

SAMPLED = 4
REPORT_BYTES = 600
"""Of a frame of canonical6, of which libvmaf prints 640."""
NUMBER_BYTES = 2
"""Of a number of a frame in a table, where 3 were measured."""
PLENTY = 10 << 20
"""Bytes for each clip, beyond which nothing is looked at: as many hold 9,000 frames."""


@dataclass(frozen=True, slots=True)
class Need:
    """What will be written in a folder: bytes for each frame of so many clips."""

    what: str
    folder: Path
    clips: int
    frame_bytes: int
    remedy: str


def check_space(clips: Sequence[Clip], needs: Sequence[Need]) -> None:
    """Hold what a run will at least write against what is free. Raises StorageError, OSError.

    Folders that share a file system share what is free there.
    """
    by_disk: dict[int, list[Need]] = defaultdict(list)
    for need in needs:
        by_disk[need.folder.stat().st_dev].append(need)
    for shared in by_disk.values():
        free = shutil.disk_usage(shared[0].folder).free
        if free < PLENTY * sum(need.clips for need in shared):
            _check(clips, shared, free)


def _check(clips: Sequence[Clip], needs: Sequence[Need], free: int) -> None:
    frames = _frames(clips)
    wanted = frames * sum(need.clips * need.frame_bytes for need in needs)
    if wanted > free:
        largest = max(needs, key=lambda need: need.clips * need.frame_bytes)
        reason = f"about {wanted / 1e6:.3f} MB will be needed, {free / 1e6:.3f} MB are free"
        raise StorageError(largest.what, largest.folder, reason, largest.remedy)


def _frames(clips: Sequence[Clip]) -> int:
    """Return the least number of frames of a few clips; 0 where none can be read."""
    step = max(1, len(clips) // SAMPLED)
    counts = [count for clip in clips[::step][:SAMPLED] if (count := _frames_of(clip))]
    return min(counts, default=0)


def _frames_of(clip: Clip) -> int | None:
    try:
        with clip.reference.source.opened() as opened:
            return probe(clip.reference, opened).frames
    except (ClipError, OSError):
        return None
