"""(a) KoNViD-1k's whole asset against the recipe in four steps, which goes through files.

    python -m corpus_assets_tests.benchmarks.konvid_pairs [--clips 48] [--frames 60] [--rounds 3]

The asset hashes, probes, scores, keeps the reports, and writes table and manifest, with one worker
a processor. The four steps decode to a file, encode, decode to a file and score the files, clip
after clip, and as many clips at once as the asset has workers.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from corpus_assets.corpora.clip import Clip
from corpus_assets.corpora.konvid_1k import DEFAULT_CRF, recipe
from corpus_assets.extraction.workers import available_processors
from corpus_assets.libvmaf.ffmpeg import embedded_ffmpeg
from corpus_assets_tests.benchmarks.claims import Claim, faster, show
from corpus_assets_tests.benchmarks.corpora import KONVID_SIZE, konvid_clips
from corpus_assets_tests.benchmarks.machine import print_machine
from corpus_assets_tests.benchmarks.rounds import Ways, options_of, run_rounds
from corpus_assets_tests.four_step import four_step_frames
from corpus_assets_tests.making import build_pairs

FRAME_BYTES = KONVID_SIZE[0] * KONVID_SIZE[1] * 3 // 2
ASSET, SEQUENTIAL, AT_ONCE = "whole asset", "four steps, one clip at a time", "four steps at once"


def four_steps(ffmpeg: str, root: Path, clip: Clip) -> int:
    """Score one clip, and return the bytes of its scratch files."""
    with tempfile.TemporaryDirectory() as folder:
        source = root / clip.reference.source.name
        four_step_frames(ffmpeg, source, recipe(DEFAULT_CRF), Path(folder))
        return sum(file.stat().st_size for file in Path(folder).iterdir())


def all_in_four_steps(ffmpeg: str, root: Path, clips: Sequence[Clip], at_once: int) -> int:
    """Score clips, so many at once, and return the bytes of all scratch files."""
    with ThreadPoolExecutor(at_once) as pool:
        return sum(pool.map(partial(four_steps, ffmpeg, root), clips))


def asset(root: Path, work: Path, workers: int) -> None:
    """Make the table as if nothing were cached."""
    build_pairs(
        root,
        workers=workers,
        out=str(work / "t.parquet"),
        cache_dir=str(work / "cache"),
        cache_policy="refresh",
    )


def main(arguments: Sequence[str] | None = None) -> list[Claim]:
    parser = options_of(__doc__, clips=48)
    parser.add_argument("--frames", type=int, default=60)
    options = parser.parse_args(arguments)
    ffmpeg, workers = embedded_ffmpeg(), available_processors()
    print_machine(ffmpeg)
    with tempfile.TemporaryDirectory() as folder:
        root, work = Path(folder, "corpus"), Path(folder, "work")
        clips = konvid_clips(ffmpeg, root, options.clips, options.frames)
        scratch: list[int] = []

        def four_steps_of_all(at_once: int) -> None:
            scratch.append(all_in_four_steps(ffmpeg, root, clips, at_once))

        ways: Ways = {
            ASSET: lambda: asset(root, work, workers),
            SEQUENTIAL: lambda: four_steps_of_all(1),
            AT_ONCE: lambda: four_steps_of_all(workers),
        }
        times = run_rounds(options.rounds, ways)
        kept = sum(path.stat().st_size for path in work.rglob("*") if path.is_file())
    written = times.written(ASSET)
    print(f"{options.clips} clips of {options.frames} frames, 960x540, {workers} workers")
    times.show(options.clips * options.frames)
    against = "KoNViD-1k, whole asset against four steps"
    return show(
        [
            faster(f"{against}, one clip at a time", times.ratio(SEQUENTIAL, ASSET), 1.8),
            faster(f"{against}, {workers} clips at once", times.ratio(AT_ONCE, ASSET)),
            Claim(
                "KoNViD-1k, what the asset writes to the disk; its reports, table and manifest; "
                "scratch files of the four steps",
                f"{written / 1e6:.1f} MB; {kept / 1e6:.1f} MB; {scratch[0] / 1e6:.0f} MB",
                "no scratch video: beyond its results less than a frame a clip",
                written - kept < options.clips * FRAME_BYTES,
            ),
        ]
    )


if __name__ == "__main__":
    main()
