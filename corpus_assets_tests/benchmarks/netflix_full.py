"""Speed of the Netflix Public path at 1080p, as ratios measured side by side in one run.

    python -m corpus_assets_tests.benchmarks.netflix_full [--rounds 3]

Pairs of one reference, which is hashed once: two for `full`, and for `canonical6` eight, about as
many as a reference of Netflix Public has.

For `full` and `canonical6`, with one worker and with two, the whole asset (probing, hashing,
scoring, table, manifest) against

1. two passes: one process for the features, then one for the teacher score, pair after pair;
2. bare processes: one ffmpeg a pair with everything in one pass, and nothing else, as many at
   once as the asset has workers.

Ratios are medians over rounds; each round runs all ways one after the other.
"""

from __future__ import annotations

import argparse
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from corpus_assets.artifacts.netflix_full import FULL_FEATURES
from corpus_assets.artifacts.settings import SharedSettings
from corpus_assets.corpora.clip import Clip
from corpus_assets.corpora.netflix_public import Geometry, discover
from corpus_assets.libvmaf.engine import LARGE, Engine
from corpus_assets.libvmaf.features import CANONICAL6, FULL, FeatureSet
from corpus_assets.libvmaf.ffmpeg import embedded_ffmpeg
from corpus_assets_tests.benchmarks.processes import bare_process
from corpus_assets_tests.benchmarks.rounds import print_machine, report_all, rounds
from corpus_assets_tests.making import build_asset, engine_of
from corpus_assets_tests.media import write_pair

WORKERS = (1, 2)


def make_corpus(ffmpeg: str, root: Path, pairs: int, frames: int) -> None:
    """Write one reference and equal pairs of it, 1920x1080, each with another CRF."""
    for number in range(pairs):
        write_pair(
            ffmpeg,
            *("bigbuckbunny", root, "Bunny_25fps.yuv", f"Bunny_{number}_1080_1000.yuv"),
            crf=20 + 2 * number,
            size=LARGE,
            frames=frames,
        )


def two_passes(engine: Engine, clips: tuple[Clip, ...]) -> None:
    """Run the features, then the teacher: the model's own extractors run in both."""
    extractors = engine.computation(*LARGE).extractors
    for clip in clips:
        bare_process(engine, clip, extractors)
        bare_process(engine, clip, ())


def bare(engine: Engine, clips: tuple[Clip, ...], workers: int) -> None:
    extractors = engine.computation(*LARGE).extractors
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(lambda clip: bare_process(engine, clip, extractors), clips))


def asset(root: Path, work: Path, features: FeatureSet, workers: int) -> None:
    build_asset(
        FULL_FEATURES,
        SharedSettings(workers=workers),
        data_root=str(root),
        out=str(work / "t.parquet"),
        cache_dir=str(work / "cache"),
        cache_policy="refresh",
        feature_set=features.name,
    )


def compare(ffmpeg: str, features: FeatureSet, pairs: int, frames: int, count: int) -> None:
    """Measure one feature set."""
    with tempfile.TemporaryDirectory() as folder:
        root, work = Path(folder, "corpus"), Path(folder, "work")
        make_corpus(ffmpeg, root, pairs, frames)
        clips = discover(root, Geometry()).clips
        engine = engine_of(ffmpeg, features)
        engine.computation(*LARGE)
        one, two = WORKERS
        ways = {
            "two passes, one process at a time": lambda: two_passes(engine, clips),
            "bare, one at once": lambda: bare(engine, clips, one),
            "asset, one worker": lambda: asset(root, work, features, one),
            "bare, two at once": lambda: bare(engine, clips, two),
            "asset, two workers": lambda: asset(root, work, features, two),
        }
        print(f"\n{features.name}: {pairs} pairs of {frames} frames, 1920x1080")
        times = list(rounds(count, *ways.values()))
        report_all(
            list(ways),
            times,
            frames=pairs * frames,
            ratios=[
                ("asset, one worker", "two passes, one process at a time"),
                ("asset, two workers", "two passes, one process at a time"),
                ("asset, one worker", "bare, one at once"),
                ("asset, two workers", "bare, two at once"),
            ],
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pairs-full", type=int, default=2)
    parser.add_argument("--frames-full", type=int, default=8)
    parser.add_argument("--pairs-canonical6", type=int, default=8)
    parser.add_argument("--frames-canonical6", type=int, default=60)
    options = parser.parse_args()
    ffmpeg = embedded_ffmpeg()
    print_machine(ffmpeg)
    compare(ffmpeg, FULL, options.pairs_full, options.frames_full, options.rounds)
    compare(ffmpeg, CANONICAL6, options.pairs_canonical6, options.frames_canonical6, options.rounds)


if __name__ == "__main__":
    main()
