"""Corpus rows of many reports: seconds, and the peak memory of a process that does nothing else.

    python -m corpus_assets_tests.benchmarks.bvi_rows [--reports 5000] [--frames 64] [--rounds 3]

The reports are copies of a real one, cut or repeated to the number of frames, without our key: what
another tool left. The asset runs in a process of its own, whose peak is read at its end.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from corpus_assets.corpora.bvi_dvc import TIERS
from corpus_assets.libvmaf.features import CANONICAL6, FULL
from corpus_assets.libvmaf.ffmpeg import embedded_ffmpeg
from corpus_assets_tests.archives import stem, write_archive
from corpus_assets_tests.benchmarks.claims import Claim
from corpus_assets_tests.benchmarks.machine import print_machine
from corpus_assets_tests.benchmarks.rounds import Spread
from corpus_assets_tests.making import build_bvi, build_rows
from corpus_assets_tests.media import cut_clips


def real_report(folder: Path, features: str) -> dict[str, Any]:
    """Score one clip, and return its report as libvmaf printed it."""
    cut_clips(embedded_ffmpeg(), folder)
    archive = write_archive(folder / "bvi.zip", {"DOne": folder / "ten.mp4"})
    build_bvi(
        bvi_zip=str(archive),
        cache_dir=str(folder / "cache"),
        out=str(folder / "t.parquet"),
        feature_set=features,
    )
    report: dict[str, Any] = json.loads((folder / "cache" / f"{stem('DOne')}.json").read_text())
    del report["corpus_assets"]
    return report


def write_reports(report: dict[str, Any], folder: Path, count: int, frames: int) -> int:
    """Write copies of a report with another number of frames. Return their bytes."""
    there = report["frames"]
    repeated = [{**there[n % len(there)], "frameNum": n} for n in range(frames)]
    data = json.dumps({**report, "frames": repeated}, indent=2).encode()
    folder.mkdir()
    for number in range(count):
        tier = TIERS[number % len(TIERS)]
        name = f"{tier}Scene{number}_960x544_60fps_10bit_420.json"
        (folder / name).write_bytes(data)
    return count * len(data)


def make(folder: str, output: str) -> None:
    """Make the rows and print seconds and memory: what the process of its own does."""
    idle = peak_memory()
    started = time.perf_counter()
    built = build_rows(cache_dir=folder, output=output)
    seconds = time.perf_counter() - started
    print(json.dumps([built.manifest.artifact.rows, seconds, idle, peak_memory()]))


def peak_memory() -> float:
    """Return the largest resident size of this process so far, in MiB (Linux)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (peak,) = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(peak) / 1024


def measured(folder: Path, output: Path) -> tuple[int, float, float, float]:
    """Run `make` in a process of its own."""
    code = (
        "import sys; from corpus_assets_tests.benchmarks.bvi_rows import make; make(*sys.argv[1:])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder), str(output)],
        check=True,
        capture_output=True,
        text=True,
    )
    rows, seconds, idle, peak = json.loads(done.stdout)
    return rows, seconds, idle, peak


def main(arguments: Sequence[str] | None = None) -> list[Claim]:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--reports", type=int, default=5000)
    parser.add_argument("--frames", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    options, _ = parser.parse_known_args(arguments)
    print_machine(embedded_ffmpeg())
    claims = []
    for features in (CANONICAL6, FULL):
        with tempfile.TemporaryDirectory() as name:
            work = Path(name)
            report = real_report(work, features.name)
            size = write_reports(report, work / "reports", options.reports, options.frames)
            runs = [measured(work / "reports", work / "r.jsonl") for _ in range(options.rounds)]
            assert {run[0] for run in runs} == {options.reports}
            times = [run[1] for run in runs]
            print(
                f"{features.name}: {options.reports} reports of {options.frames} frames, "
                f"{size / 1e6:.0f} MB: {median(times):.2f} s ({min(times):.2f} to "
                f"{max(times):.2f}), {median(times) / options.reports * 1000:.2f} s per 1,000 "
                f"reports, peak {max(run[3] for run in runs):.0f} MiB, "
                f"{max(run[3] - run[2] for run in runs):.0f} MiB over the idle process"
            )
            each = Spread.of([seconds / options.reports * 1000 for seconds in times])
            what = f"corpus rows, `{features.name}`, {options.reports} reports of {options.frames}"
            claims.append(Claim(f"{what} frames: seconds per 1,000", each.text(2, " s")))
    return claims


if __name__ == "__main__":
    main()
