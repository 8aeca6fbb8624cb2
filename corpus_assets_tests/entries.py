"""Made-up cache entries, and other files that lie beside them."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from corpus_assets.extraction.entry import (
    EncodeRecord,
    EngineRecord,
    EntryHeader,
    ModelRecord,
    StampedSource,
    join_entry,
)
from corpus_assets.files import sha256_of_bytes

REPORT = b'{"version":"3.0.0","frames":[]}'
ENGINE = EngineRecord(kind="ffmpeg", version="7.1", ffmpeg_version="7.1", libvmaf_version="3.0.0")
ENCODE = EncodeRecord(encoder="libx264", preset="fast", crf=35, pix_fmt="yuv420p", threads=1)
DAY = 86400.0


def entry_bytes(report: bytes = REPORT, **values: Any) -> bytes:
    """Return an entry; `values` replace those of its header."""
    source = StampedSource(name="10.mp4", size=1, mtime_ns=1, inode=1, sha256="0" * 64)
    header = {
        "format": 2,
        "fingerprint": "0" * 64,
        "sources": (source,),
        "report_keys": ("vmaf",),
        "report_sha256": sha256_of_bytes(report),
        "frames": 1,
        "width": 320,
        "height": 180,
        "process_seconds": 1.0,
        "encoded_bytes": 1,
        "encode": ENCODE,
        "model": ModelRecord(name="vmaf_v0.6.1", sha256=None),
        "engine": ENGINE,
    }
    return join_entry(EntryHeader.model_validate(header | values), report)


def put(path: Path, data: bytes, *, days: float = 0) -> Path:
    """Write a file that was last used so many days ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    then = time.time() - days * DAY
    os.utime(path, (then, then))
    return path
