"""A second materialization, every clip cached: seconds per 1,000 clips.

    python -m corpus_assets_tests.benchmarks.warm_cache [--clips 2000] [--frames 240] [--rounds 3]

The asset without Dagster, and `corpus-assets run` with all that belongs to it: Python's start,
Dagster's, its history and the asset checks. The latter again with one clip, which is what does not
grow. Each runs in a process of its own.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median

from corpus_assets.artifacts.konvid_pairs import VMAF_PAIRS
from corpus_assets.libvmaf.ffmpeg import embedded_ffmpeg
from corpus_assets_tests.benchmarks.claims import Claim
from corpus_assets_tests.benchmarks.growth import run
from corpus_assets_tests.benchmarks.machine import print_machine
from corpus_assets_tests.benchmarks.rounds import Spread
from corpus_assets_tests.cached_corpus import CachedCorpus, write_cached_corpus

COMMAND = "from corpus_assets.cli.main import main; main()"
MOST = 2.0
Times = tuple[float, float]
"""Wall and processor seconds."""


def command(corpus: CachedCorpus, folder: Path, *options: str) -> Times:
    """Materialize with `corpus-assets run`."""
    places = ("--konvid-root", corpus.root, "--cache-dir", corpus.cache)
    arguments = ("run", VMAF_PAIRS.name, *map(str, places), *options)
    folders = {
        "CORPUS_ASSETS_CACHE_DIR": str(folder / "caches"),
        "CORPUS_ASSETS_OUTPUT_DIR": str(folder / "runs"),
    }
    started, before = time.perf_counter(), _processor_seconds_of_children()
    subprocess.run(
        [sys.executable, "-c", COMMAND, *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
        env=os.environ | folders,
    )
    return time.perf_counter() - started, _processor_seconds_of_children() - before


def _processor_seconds_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def show(name: str, rounds: Iterable[Times], thousands: float) -> Spread:
    """Print medians and spread, and return the seconds per 1,000 clips."""
    walls, processors = zip(*rounds, strict=True)
    print(
        f"{name}: {median(walls):.2f} s ({min(walls):.2f} to {max(walls):.2f}), "
        f"{median(processors):.2f} s of processors; "
        f"{median(walls) / thousands:.2f} s per 1,000 clips"
    )
    return Spread.of([wall / thousands for wall in walls])


def main(arguments: Sequence[str] | None = None) -> list[Claim]:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--clips", type=int, default=2000)
    parser.add_argument("--frames", type=int, default=240)
    parser.add_argument("--rounds", type=int, default=3)
    options, _ = parser.parse_known_args(arguments)
    print_machine(embedded_ffmpeg())
    print(f"{options.clips} cached clips of {options.frames} frames")
    alone, whole, one = [], [], []
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        corpus = write_cached_corpus(work, options.clips, options.frames)
        command(corpus, work, "--max-clips", "1")
        for _ in range(options.rounds):
            found = run(corpus, work)
            alone.append((found.wall, found.processor))
            whole.append(command(corpus, work))
            one.append(command(corpus, work, "--max-clips", "1"))
    thousands = options.clips / 1000
    asset = show("the asset without Dagster", alone, thousands)
    show("corpus-assets run", whole, thousands)
    more = [(a[0] - b[0], a[1] - b[1]) for a, b in zip(whole, one, strict=True)]
    grown = show("corpus-assets run, less the same with one clip", more, thousands)
    what = f"warm cache, {options.clips} clips of {options.frames} frames: seconds per 1,000"
    return [
        Claim(
            f"{what}, the asset",
            asset.text(2, " s"),
            f"at most {MOST:g} s",
            asset.middle <= MOST,
        ),
        Claim(f"{what}, `corpus-assets run` less its start", grown.text(2, " s")),
    ]


if __name__ == "__main__":
    main()
