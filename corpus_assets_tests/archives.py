"""Archives in BVI-DVC's layout, for tests."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

STORED, DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED


def stem(name: str) -> str:
    """Return a clip's key; the first letter of the name is the tier."""
    return f"{name}_640x272_25fps_10bit_420"


def entry(name: str) -> str:
    """Return where a clip lies in the archive."""
    return f"BVI-DVC/Videos/{stem(name)}.mp4"


def write_archive(path: Path, videos: Mapping[str, Path], compression: int = STORED) -> Path:
    """Write an archive with the named clips."""
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, video in videos.items():
            file.write(video, entry(name))
    return path
