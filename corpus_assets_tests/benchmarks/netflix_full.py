"""(b) Netflix Public's whole asset at 1080p against two passes, one process at a time.

    python -m corpus_assets_tests.benchmarks.netflix_full [--clips 48] [--frames N] [--rounds 3]
        [--features full]

Two passes are one process for the features and then one for the teacher score, pair after pair. The
asset hashes, probes, scores, keeps the reports, and writes table and manifest, with one worker a
processor. By default 2 frames a pair for `full`, of which each takes over a second, and 12 for
`canonical6`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from corpus_assets.extraction.workers import available_processors
from corpus_assets.libvmaf.engine import LARGE
from corpus_assets.libvmaf.features import CANONICAL6, FULL, NAMED_SETS, FeatureSet
from corpus_assets.libvmaf.ffmpeg import embedded_ffmpeg
from corpus_assets_tests.benchmarks.claims import Claim, faster, show
from corpus_assets_tests.benchmarks.corpora import netflix_clips
from corpus_assets_tests.benchmarks.machine import print_machine
from corpus_assets_tests.benchmarks.processes import commands, run_all
from corpus_assets_tests.benchmarks.rounds import Rounds, Ways, options_of, run_rounds
from corpus_assets_tests.making import build_netflix, engine_of

FRAMES = {FULL.name: 2, CANONICAL6.name: 12}
ASSET, TWO_PASSES = "whole asset", "two passes, one process at a time"


def asset(root: Path, work: Path, features: FeatureSet, workers: int) -> None:
    """Make the table as if nothing were cached."""
    build_netflix(
        root,
        workers=workers,
        out=str(work / "t.parquet"),
        cache_dir=str(work / "cache"),
        cache_policy="refresh",
        feature_set=features.name,
    )


def compare(ffmpeg: str, features: FeatureSet, pairs: int, frames: int, count: int) -> Rounds:
    """Measure one feature set."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        root, work = Path(folder, "corpus"), Path(folder, "work")
        clips = netflix_clips(ffmpeg, root, pairs, frames)
        engine, workers = engine_of(ffmpeg, features), available_processors()
        passes = [
            stack.enter_context(commands(engine, clips, extractors))
            for extractors in (engine.computation(*LARGE).extractors, ())
        ]
        in_turn = [command for pair in zip(*passes, strict=True) for command in pair]
        ways: Ways = {
            ASSET: lambda: asset(root, work, features, workers),
            TWO_PASSES: lambda: run_all(in_turn, 1),
        }
        times = run_rounds(count, ways)
    print(f"{features.name}: {pairs} pairs of {frames} frames, 1920x1080, {workers} workers")
    times.show(pairs * frames)
    return times


def main(arguments: Sequence[str] | None = None) -> list[Claim]:
    parser = options_of(__doc__, clips=48)
    parser.add_argument("--frames", type=int, help="of either feature set")
    parser.add_argument("--features", nargs="+", choices=FRAMES, default=list(FRAMES))
    options = parser.parse_args(arguments)
    ffmpeg = embedded_ffmpeg()
    print_machine(ffmpeg)
    claims = []
    for name in options.features:
        frames = options.frames or FRAMES[name]
        times = compare(ffmpeg, NAMED_SETS[name], options.clips, frames, options.rounds)
        claims += show(
            [
                faster(
                    f"Netflix Public, `{name}`, whole asset against two passes",
                    times.ratio(TWO_PASSES, ASSET),
                    1.9,
                )
            ]
        )
    return claims


if __name__ == "__main__":
    main()
