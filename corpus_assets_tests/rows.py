"""Corpus rows written by hand, as other tools write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from corpus_assets.tables.corpus_row import CORPUS_ROWS

BLANK = {"string": "", "int64": 0, "float64": 0.0, "bool": False}
ONE, TWO, THREE = (f"{number}" * 64 for number in (1, 2, 3))
"""Contents of sources."""


def row(src: str, content: str, **changes: Any) -> dict[str, Any]:
    """Return a row of another tool."""
    blank = {column.name: BLANK[column.type_name] for column in CORPUS_ROWS.columns}
    known = {
        "schema_version": 3,
        "run_id": "a-run",
        "timestamp": "2026-01-01T00:00:00Z",
        "src": src,
        "src_sha256": content,
        "encoder": "libx264",
        "preset": "fast",
        "crf": 35,
        "vmaf_score": 90.0,
        "vmaf_model": "vmaf_v0.6.1",
        "clip_mode": "full",
    }
    return {**blank, **known, **changes}


def write_rows(path: Path, *rows: dict[str, Any] | str) -> Path:
    """Write rows, or lines as they are, as JSON lines."""
    lines = [one if isinstance(one, str) else json.dumps(one) for one in rows]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))
    return path
