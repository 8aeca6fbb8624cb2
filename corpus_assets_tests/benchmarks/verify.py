"""Verifying and checking a large table: seconds, and the peak memory of a process of its own.

    python -m corpus_assets_tests.benchmarks.verify [--rows 10000000]

The table has the columns of BVI-DVC with `full` and random numbers, which compress worse than real
ones. Its manifest is that of a small real table with the facts of the artifact replaced.
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

import numpy as np
import pyarrow as pa

from corpus_assets.files import sha256_of_file
from corpus_assets.libvmaf.features import FULL
from corpus_assets.libvmaf.ffmpeg import embedded_ffmpeg
from corpus_assets.manifests.checks import CHECKS, judge
from corpus_assets.manifests.evidence import Evidence
from corpus_assets.manifests.verification import verify
from corpus_assets.tables.parquet import ParquetTable
from corpus_assets.tables.schema import bvi_spec
from corpus_assets_tests.archives import write_archive
from corpus_assets_tests.benchmarks.bvi_rows import peak_memory
from corpus_assets_tests.benchmarks.machine import print_machine
from corpus_assets_tests.making import build_bvi
from corpus_assets_tests.media import cut_clips

CLIP_FRAMES = 240


def write_table(path: Path, rows: int) -> str:
    """Write clips of random numbers. Return the digest of the content."""
    schema, chance = bvi_spec(FULL).schema, np.random.default_rng(1)
    with ParquetTable(path, schema) as table:
        for clip in range(rows // CLIP_FRAMES):
            numbers = chance.random((len(schema) - 3, CLIP_FRAMES)).round(6)
            arrays = [
                pa.repeat(pa.scalar(f"clip{clip:07}"), CLIP_FRAMES),
                pa.array(range(CLIP_FRAMES), pa.int64()),
                pa.repeat(pa.scalar("x264"), CLIP_FRAMES),
                *map(pa.array, numbers),
            ]
            table.append(pa.table(arrays, schema=schema))
    return table.content_sha256


def prepare(work: Path, rows: int) -> Path:
    """Make the table and its manifest."""
    cut_clips(embedded_ffmpeg(), work)
    archive = write_archive(work / "bvi.zip", {"DOne": work / "ten.mp4"})
    built = build_bvi(
        bvi_zip=str(archive), cache_policy="off", out=str(work / "full_features_bvi_dvc_D.parquet")
    )
    table = Path(built.manifest.artifact.path)
    content = write_table(table, rows)
    document = json.loads(built.manifest_path.read_text())
    count = rows // CLIP_FRAMES * CLIP_FRAMES
    document["artifact"] |= {
        "bytes": table.stat().st_size,
        "sha256": sha256_of_file(table),
        "rows": count,
        "content_sha256": content,
    }
    document["stats"]["frames"] = count
    clips = rows // CLIP_FRAMES
    document["counts"] |= {"found": clips, "selected": clips, "extracted": clips}
    document["stats"]["clips_selected"] = document["cache"]["unread"] = clips
    document["unavailable_features"] = []
    built.manifest_path.write_text(json.dumps(document))
    return built.manifest_path


def measure(what: str, manifest: str) -> None:
    """Verify or check, and print what it took: what a process of its own does."""
    idle, started = peak_memory(), time.perf_counter()
    if what == "verify":
        found = verify(Path(manifest))
        assert not found.mismatches, found
    else:
        verdicts = judge(Evidence(Path(manifest)), {check.name for check in CHECKS})
        assert all(verdict.passed for verdict in verdicts.values()), verdicts
    print(json.dumps([time.perf_counter() - started, idle, peak_memory()]))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    options = parser.parse_args(arguments)
    print_machine(embedded_ffmpeg())
    with tempfile.TemporaryDirectory() as name:
        manifest = prepare(Path(name), options.rows)
        size = manifest.with_name("full_features_bvi_dvc_D.parquet").stat().st_size
        module = "corpus_assets_tests.benchmarks.verify"
        code = f"import sys; from {module} import measure; measure(*sys.argv[1:])"
        for what in ("verify", "all asset checks"):
            command = [sys.executable, "-c", code, what, str(manifest)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            seconds, idle, peak = json.loads(done.stdout)
            print(
                f"{what}, {options.rows} rows, 29 columns, {size / 1e6:.0f} MB: {seconds:.1f} s, "
                f"peak {peak:.0f} MiB, {peak - idle:.0f} MiB over the idle process"
            )


if __name__ == "__main__":
    main()
