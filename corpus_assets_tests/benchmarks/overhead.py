"""(d) What the whole asset takes beyond its ffmpeg processes.

    python -m corpus_assets_tests.benchmarks.overhead [--clips 48] [--frames N] [--rounds 3]

The asset hashes, probes, scores, keeps the reports, and writes table and manifest. It is compared
with the same commands and nothing else, as many at once. KoNViD-1k's recipe by default with 60
frames a clip, Netflix Public's `canonical6` with 24.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from corpus_assets.corpora.clip import Clip
from corpus_assets.extraction.workers import available_processors
from corpus_assets.libvmaf.engine import LARGE
from corpus_assets.libvmaf.features import CANONICAL6
from corpus_assets.libvmaf.ffmpeg import embedded_ffmpeg
from corpus_assets_tests.benchmarks import konvid_pairs, netflix_full
from corpus_assets_tests.benchmarks.claims import Claim, more, show
from corpus_assets_tests.benchmarks.corpora import konvid_clips, netflix_clips
from corpus_assets_tests.benchmarks.machine import print_machine
from corpus_assets_tests.benchmarks.processes import commands, run_all
from corpus_assets_tests.benchmarks.rounds import Ways, options_of, run_rounds
from corpus_assets_tests.making import engine_of

ASSET, BARE = "whole asset", "the same processes and nothing else"
KONVID, NETFLIX = "KoNViD-1k", "Netflix Public, `canonical6`"


def compare(
    what: str,
    make: Callable[[Path], Sequence[Clip]],
    build: Callable[[Path, Path, int], None],
    count: int,
    frames: int,
) -> list[Claim]:
    """Measure one corpus, which `make` writes and `build` scores with so many workers."""
    engine, workers = engine_of(embedded_ffmpeg(), CANONICAL6), available_processors()
    extractors = engine.computation(*LARGE).extractors
    with tempfile.TemporaryDirectory() as folder:
        root, work = Path(folder, "corpus"), Path(folder, "work")
        clips = make(root)
        with commands(engine, clips, extractors) as made:
            ways: Ways = {
                ASSET: lambda: build(root, work, workers),
                BARE: lambda: run_all(made, workers),
            }
            times = run_rounds(count, ways)
    print(f"{what}: {len(clips)} clips of {frames} frames, {workers} workers")
    times.show(len(clips) * frames)
    claim = f"{what}, whole asset against the same processes and nothing else"
    return show(
        [
            more(f"{claim}: time", times.ratio(ASSET, BARE), 0.05),
            more("the same: processor time", times.ratio(ASSET, BARE, "processor")),
        ]
    )


def main(arguments: Sequence[str] | None = None) -> list[Claim]:
    parser = options_of(__doc__, clips=48)
    parser.add_argument("--frames", type=int, help="of either corpus")
    options = parser.parse_args(arguments)
    ffmpeg, clips, rounds = embedded_ffmpeg(), options.clips, options.rounds
    print_machine(ffmpeg)
    short, long = options.frames or 24, options.frames or 60

    def konvid(root: Path) -> Sequence[Clip]:
        return konvid_clips(ffmpeg, root, clips, long)

    def netflix(root: Path) -> Sequence[Clip]:
        return netflix_clips(ffmpeg, root, clips, short)

    def build(root: Path, work: Path, workers: int) -> None:
        netflix_full.asset(root, work, CANONICAL6, workers)

    return [
        *compare(KONVID, konvid, konvid_pairs.asset, rounds, long),
        *compare(NETFLIX, netflix, build, rounds, short),
    ]


if __name__ == "__main__":
    main()
