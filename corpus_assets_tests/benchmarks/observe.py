"""Observing a corpus of 150,000 files: the first time, again, and after 100 were touched.

The files hold 100 KB of a hole each, and those that are touched count as read by a run before.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from corpus_assets.artifacts.settings import SharedSettings
from corpus_assets.artifacts.sources import FOLDER, SOURCES, Observed, observe
from corpus_assets.extraction.file_memory import FileMemory
from corpus_assets.files import sha256_of_file

SIZE = 100_000


def main(arguments: Sequence[str] | None = None) -> None:
    """Print seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=150_000)
    parser.add_argument("--touched", type=int, default=100)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        videos = Path(folder, "konvid", "KoNViD_1k_videos")
        videos.mkdir(parents=True)
        for number in range(given.files):
            with (videos / f"{number}.mp4").open("wb") as file:
                file.truncate(SIZE)
        first = _observe(folder)
        _show("first", first)
        _show("again", _observe(folder))
        _touch(videos, Path(folder, "cache", FOLDER), given.touched)
        touched = _observe(folder)
        _show(f"after {given.touched} were touched", touched)
        if touched.versions != first.versions:
            raise SystemExit("a touch has changed the version")


def _observe(folder: str) -> Observed:
    variables = {
        "VMAF_KONVID_1K_DIR": f"{folder}/konvid",
        "CORPUS_ASSETS_CACHE_DIR": f"{folder}/cache",
    }
    (konvid,) = (source for source in SOURCES if source.key[0] == "konvid_1k")
    return observe(konvid, {}, SharedSettings(), variables)


def _touch(videos: Path, memories: Path, count: int) -> None:
    memory = FileMemory(next(memories.iterdir()))
    known = memory.read()
    content = sha256_of_file(videos / "0.mp4")
    for number in range(count):
        name = f"{videos.name}/{number}.mp4"
        known[name] = known[name]._replace(sha256=content)
        os.utime(videos / f"{number}.mp4")
    memory.write(known)


def _show(what: str, observed: Observed) -> None:
    print(f"{what}: {observed.seconds:.2f} s, {observed.hashed} files read")


if __name__ == "__main__":
    main()
