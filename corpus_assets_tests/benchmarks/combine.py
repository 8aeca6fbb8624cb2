"""Combining and merging large tables: seconds, and the peak memory of a process of its own.

    python -m corpus_assets_tests.benchmarks.combine [--rows 10000000] [--corpus-rows 1000000]

The inputs of the combined table are two tables of half the rows each, with the columns of BVI-DVC
with `full` and random numbers, which compress worse than real ones. The corpus rows are of two
shards of which the second has every row of the first, so that half of them are duplicates.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from corpus_assets.files import sha256_of_bytes
from corpus_assets.libvmaf.ffmpeg import embedded_ffmpeg
from corpus_assets_tests.benchmarks.bvi_rows import peak_memory
from corpus_assets_tests.benchmarks.machine import print_machine
from corpus_assets_tests.benchmarks.verify import write_table
from corpus_assets_tests.making import build_combined, build_merged
from corpus_assets_tests.rows import row

LABELS = ("bvi_dvc", "konvid_1k")
CRFS = 40


def prepare_tables(work: Path, rows: int) -> dict[str, Any]:
    """Write the inputs of the combined table, and return its settings."""
    paths = {label: work / f"{label}.parquet" for label in LABELS}
    for path in paths.values():
        write_table(path, rows // len(paths))
    return {
        "inputs": {label: str(path) for label, path in paths.items()},
        "out": str(work / "combined.parquet"),
    }


def prepare_rows(work: Path, rows: int) -> dict[str, Any]:
    """Write the shards, each with every other of its sources' encodes, and return the settings."""
    shards = [work / "first.jsonl", work / "second.jsonl"]
    encodes = [
        row(f"{source}.mp4", sha256_of_bytes(str(source).encode()), crf=crf)
        for source in range(max(rows // len(shards) // CRFS, 1))
        for crf in range(CRFS)
    ]
    text = "".join(f"{json.dumps(one)}\n" for one in encodes)
    for shard in shards:
        shard.write_text(text)
    return {
        "corpus_rows": "none",
        "shards": list(map(str, shards)),
        "output": str(work / "merged.jsonl"),
    }


def measure(what: str, settings: str) -> None:
    """Combine or merge, and print what it took: what a process of its own does."""
    build = build_combined if what == "combine" else build_merged
    idle, started, worked = peak_memory(), time.perf_counter(), time.process_time()
    rows = build(**json.loads(settings)).manifest.artifact.rows
    seconds, busy = time.perf_counter() - started, time.process_time() - worked
    print(json.dumps([rows, seconds, busy, idle, peak_memory()]))


def report(what: str, settings: dict[str, Any]) -> int:
    """Measure in a process of its own, print the figures, and return the rows."""
    module = "corpus_assets_tests.benchmarks.combine"
    code = f"import sys; from {module} import measure; measure(*sys.argv[1:])"
    command = [sys.executable, "-c", code, what, json.dumps(settings)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    rows, seconds, busy, idle, peak = json.loads(done.stdout)
    print(
        f"{what}, {rows} rows out: {seconds:.1f} s, {busy:.1f} s of processors, peak {peak:.0f} "
        f"MiB, {peak - idle:.0f} MiB over the idle process"
    )
    return int(rows)


def main(arguments: list[str] | None = None) -> tuple[int, int]:
    """Return how many rows were combined, and merged."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--corpus-rows", type=int, default=1_000_000)
    options = parser.parse_args(arguments)
    print_machine(embedded_ffmpeg())
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        combined = report("combine", prepare_tables(work, options.rows))
        for path in work.glob("*.parquet"):
            path.unlink()
        return combined, report("merge", prepare_rows(work, options.corpus_rows))


if __name__ == "__main__":
    main()
