"""How `konvid_1k/vmaf_pairs` grows with the number of clips, all of them cached: time and memory.

    python -m corpus_assets_tests.benchmarks.growth [--clips 2000 20000] [--frames 240]

The entries are real ones (cached_corpus.py). Each size runs in a process of its own, whose largest
resident size is read before the asset and after it. The steps are measured again, one by one, after
it; seconds are those of processors.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from corpus_assets.artifacts.settings import SharedSettings
from corpus_assets.artifacts.sources import SOURCES, observe
from corpus_assets.libvmaf.ffmpeg import embedded_ffmpeg
from corpus_assets.manifests.document import to_bytes
from corpus_assets.manifests.reading import read_manifest
from corpus_assets_tests.benchmarks.bvi_rows import peak_memory
from corpus_assets_tests.benchmarks.claims import Claim
from corpus_assets_tests.benchmarks.machine import print_machine
from corpus_assets_tests.cached_corpus import CachedCorpus, write_cached_corpus
from corpus_assets_tests.making import build_pairs

MIB = 1 << 20
MOST_MEMORY = 512
"""MiB over the idle process."""


@dataclass(frozen=True)
class Run:
    """What one size took: MiB over the idle process, wall and processor seconds, bytes.

    `steps` are processor seconds by step.
    """

    clips: int
    rows: int
    row_groups: int
    memory: float
    wall: float
    processor: float
    table_bytes: int
    manifest_bytes: int
    steps: dict[str, float]


def run_here(root: str, cache: str) -> None:
    """Run the asset and its steps, and print a `Run`: what the process of its own does."""
    corpus = CachedCorpus(Path(root), Path(cache))
    idle, wall, processor = peak_memory(), time.perf_counter(), time.process_time()
    built = build_pairs(corpus.root, cache_dir=cache)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    counts, table = built.manifest.counts, Path(built.manifest.artifact.path)
    metadata = pq.read_metadata(table)
    assert counts.cached == counts.found, counts
    run = Run(
        clips=counts.cached,
        rows=metadata.num_rows,
        row_groups=metadata.num_row_groups,
        memory=peak_memory() - idle,
        wall=wall,
        processor=processor,
        table_bytes=table.stat().st_size,
        manifest_bytes=built.manifest_path.stat().st_size,
        steps=_steps(corpus, built.manifest_path),
    )
    print(json.dumps(asdict(run)))


def _steps(corpus: CachedCorpus, manifest: Path) -> dict[str, float]:
    """Take the steps that have no part in the numbers one by one."""
    seconds: dict[str, float] = {}

    def timed(name: str, step: Callable[[], Any]) -> Any:
        started = time.process_time()
        result = step()
        seconds[name] = time.process_time() - started
        return result

    request = corpus.request()
    (konvid,) = (source for source in SOURCES if source.key[0] == "konvid_1k")
    timed("observing", lambda: observe(konvid, corpus.settings, SharedSettings(), os.environ))
    clips = timed("discovery", request.discover).clips
    kept = timed("look at the cache folder", lambda: request.scoring.kept_keys(clips))
    timed("check of space", lambda: request.scoring.check_space(clips, request.spec, kept))
    scorer = request.scoring.scorer(request.scoring.engine(request.features))
    assert scorer.look_up(clips[0]) == "hit"  # which has the engine identified
    timed("look-up in the cache", lambda: list(map(scorer.look_up, clips)))
    read = timed("reading the manifest", lambda: read_manifest(manifest))
    timed("writing the manifest", lambda: to_bytes(read))
    return seconds


def run(corpus: CachedCorpus, folder: Path) -> Run:
    """Call `run_here` in a process of its own."""
    module = "corpus_assets_tests.benchmarks.growth"
    code = f"import sys; from {module} import run_here; run_here(*sys.argv[1:])"
    command = [sys.executable, "-c", code, *map(str, (corpus.root, corpus.cache))]
    folders = {
        "CORPUS_ASSETS_CACHE_DIR": str(folder / "caches"),
        "CORPUS_ASSETS_OUTPUT_DIR": str(folder),
    }
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=os.environ | folders)
    return Run(**json.loads(done.stdout))


def show(each: Run) -> None:
    """Print what one size took."""
    thousands = each.clips / 1000
    print(
        f"{each.clips} clips, {each.rows} rows in {each.row_groups} row groups, "
        f"{each.table_bytes / MIB:.1f} MiB, manifest {each.manifest_bytes / MIB:.1f} MiB: "
        f"{each.wall:.2f} s ({each.wall / thousands:.2f} s per 1,000 clips), "
        f"{each.processor:.2f} s of processors ({each.processor / thousands:.2f}), "
        f"{each.memory:.0f} MiB over the idle process"
    )
    for name, seconds in each.steps.items():
        print(f"  {name}: {seconds:.3f} s ({seconds / thousands * 1000:.1f} ms per 1,000 clips)")


def main(arguments: Sequence[str] | None = None) -> list[Claim]:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--clips", type=int, nargs="+", default=[2000, 20_000])
    parser.add_argument("--frames", type=int, default=240)
    options, _ = parser.parse_known_args(arguments)
    print_machine(embedded_ffmpeg())
    print(f"clips of {options.frames} frames")
    first: Run | None = None
    claims = []
    for clips in options.clips:
        with tempfile.TemporaryDirectory() as name:
            corpus = write_cached_corpus(Path(name), clips, options.frames)
            found = run(corpus, Path(name))
        show(found)
        first = first or found
        per_clip = (found.processor / clips) / (first.processor / first.clips)
        print(f"  {per_clip:.2f} times the processor seconds per clip of {first.clips} clips")
        claims.append(_claim(found, options.frames, per_clip, first))
    return claims


def _claim(found: Run, frames: int, per_clip: float, first: Run) -> Claim:
    measured = (
        f"{found.processor / found.clips * 1000:.2f} s, {per_clip:.2f} times as much as with "
        f"{first.clips}; {found.memory:.0f} MiB"
    )
    return Claim(
        f"{found.clips} cached clips of {frames} frames: processor seconds per 1,000; memory over "
        "the idle process",
        measured,
        f"at most {MOST_MEMORY} MiB",
        found.memory <= MOST_MEMORY,
    )


if __name__ == "__main__":
    main()
