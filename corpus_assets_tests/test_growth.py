"""What must not grow with a corpus: memory, and what Dagster is told; and benchmarks that run."""

from __future__ import annotations

import json
from pathlib import Path

import dagster as dg
import pyarrow.parquet as pq
import pytest

from corpus_assets.corpora.konvid_1k import VIDEOS_FOLDER
from corpus_assets.tables.parquet import ROW_GROUP_ROWS
from corpus_assets_tests.benchmarks import bvi_rows, growth, warm_cache
from corpus_assets_tests.cached_corpus import write_cached_corpus
from corpus_assets_tests.dagster_runs import materialize_pairs

CLIPS = 1500
FRAMES = 240
LARGEST_MEMORY = 128
"""MiB over the idle process: half of it are libraries that a run imports, half a row group."""
MANY = 3000
LARGEST_EVENTS = 200_000
"""Bytes of all events and log lines of a run, checks included; charts take most of them."""


def test_memory_and_row_groups_of_many_clips(tmp_path: Path) -> None:
    found = growth.run(write_cached_corpus(tmp_path, CLIPS, FRAMES), tmp_path)
    assert (found.clips, found.rows) == (CLIPS, CLIPS * FRAMES)
    assert found.memory < LARGEST_MEMORY
    metadata = pq.read_metadata(tmp_path / "konvid_vmaf_pairs.parquet")
    groups = [metadata.row_group(n) for n in range(metadata.num_row_groups)]
    assert all(0 <= one.num_rows - ROW_GROUP_ROWS < FRAMES for one in groups[:-1])
    assert len(groups) == 6
    for group in groups:
        columns = [group.column(n) for n in range(group.num_columns)]
        assert {column.compression for column in columns} == {"ZSTD"}
        encodings = {column.path_in_schema: set(column.encodings) for column in columns}
        assert "RLE_DICTIONARY" in encodings.pop("key")
        assert "BYTE_STREAM_SPLIT" not in encodings.pop("frame_index")
        assert all("BYTE_STREAM_SPLIT" in each for each in encodings.values())
        assert all("RLE_DICTIONARY" not in each for each in encodings.values())


def bytes_of_events(root: Path) -> int:
    """Materialize, and return the size of everything that Dagster's history keeps of it."""
    with dg.DagsterInstance.ephemeral() as instance:
        result = materialize_pairs(instance, {"konvid_root": str(root)})
        assert result.success
        return sum(len(dg.serialize_value(one)) for one in instance.all_logs(result.run_id))


def test_events_do_not_grow_with_failures_and_skipped_files(
    konvid_root: Path, tmp_path: Path
) -> None:
    for number in range(MANY):
        (konvid_root / VIDEOS_FOLDER / f"empty-clip-{number:060}.mp4").touch()
        (konvid_root / VIDEOS_FOLDER / f"note-{number:060}.txt").touch()
    size = bytes_of_events(konvid_root)
    manifest = json.loads((tmp_path / "runs" / "konvid_vmaf_pairs.manifest.json").read_text())
    assert len(manifest["failures"]) == len(manifest["skipped"]) == MANY
    assert size < LARGEST_EVENTS


def test_growth_runs(capsys: pytest.CaptureFixture[str]) -> None:
    claims = growth.main(["--clips", "2", "4", "--frames", "3"])
    assert [claim.goal for claim in claims] == ["at most 512 MiB"] * 2
    printed = capsys.readouterr().out
    assert "4 clips, 12 rows in 1 row groups" in printed
    assert "times the processor seconds per clip of 2 clips" in printed


def test_warm_cache_runs(capsys: pytest.CaptureFixture[str]) -> None:
    asset, _ = warm_cache.main(["--clips", "2", "--frames", "3", "--rounds", "1"])
    assert asset.goal == "at most 2 s"
    assert capsys.readouterr().out.count("s per 1,000 clips") == 3


def test_rows_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(bvi_rows.main(["--reports", "2", "--frames", "3", "--rounds", "1"])) == 2
    assert capsys.readouterr().out.count("s per 1,000 reports") == 2
