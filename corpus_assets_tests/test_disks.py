"""Full and read-only disks: an error names folder and need, and old artifacts are untouched."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from corpus_assets.errors import StorageError
from corpus_assets.libvmaf.ffmpeg import embedded_ffmpeg
from corpus_assets.manifests.pair import examine
from corpus_assets.tables.parquet import ParquetTable
from corpus_assets_tests.making import build_pairs, counted_scorings, manifest_of
from corpus_assets_tests.vmaf_stand_in import make_vmaf

TABLE, MANIFEST = "konvid_vmaf_pairs.parquet", "konvid_vmaf_pairs.manifest.json"

Mounted = Callable[[str], Path]


def mount(*arguments: str | Path) -> None:
    done = subprocess.run(
        ["/bin/mount", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"file systems cannot be mounted here: {done.stderr.strip()}")


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Mounted]:
    """Mount a small disk of memory at `tmp_path/disk`; skipped where one may not."""
    disk = tmp_path / "disk"
    disk.mkdir()

    def make(size: str) -> Path:
        mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk)
        return disk

    yield make
    subprocess.run(["/bin/umount", str(disk)], check=False, capture_output=True)


def fill(disk: Path) -> None:
    """Leave no byte free."""
    try:
        with (disk / "filler").open("wb", buffering=0) as file:
            while file.write(bytes(1 << 12)):
                pass
    except OSError as error:
        assert error.errno == errno.ENOSPC  # noqa: PT017


@pytest.mark.parametrize("place", ["out", "cache_dir"])
def test_a_run_that_cannot_fit_is_refused_before_it_starts(
    konvid_root: Path, mounted: Mounted, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    disk = mounted("4k" if place == "out" else "16k")
    target = disk / "t.parquet" if place == "out" else disk
    what = "output" if place == "out" else "cache"
    settings: dict[str, Any] = {place: str(target)}
    if place == "out":
        (disk / "filler").write_bytes(bytes(4000))
    with (
        counted_scorings(monkeypatch) as started,
        pytest.raises(StorageError, match=rf"cannot write the {what} in {disk}: ") as caught,
    ):
        build_pairs(konvid_root, **settings)
    assert started == []
    assert "MB will be needed, 0.0" in str(caught.value)
    assert " MB are free; set " in str(caught.value)


def test_a_cache_that_fills_up_ends_the_run(
    konvid_root: Path, mounted: Mounted, tmp_path: Path
) -> None:
    disk = mounted("28k")
    build_pairs(konvid_root, max_clips=1)
    before = (tmp_path / "runs" / TABLE).read_bytes()
    with pytest.raises(StorageError, match=rf"cannot write the cache in {disk}: No space") as full:
        build_pairs(konvid_root, cache_dir=str(disk))
    assert " MB needed); set cache_dir or" in str(full.value)
    assert (tmp_path / "runs" / TABLE).read_bytes() == before
    assert not [path for path in disk.iterdir() if path.name.endswith(".tmp")]
    assert {path.name for path in (tmp_path / "runs").iterdir()} == {TABLE, MANIFEST}


def test_an_output_that_fills_up_leaves_the_old_pair(konvid_root: Path, mounted: Mounted) -> None:
    disk = mounted("200k")
    build_pairs(konvid_root)
    build_pairs(konvid_root, out=str(disk / TABLE), max_clips=1)
    before = (disk / TABLE).read_bytes(), (disk / MANIFEST).read_bytes()
    fill(disk)
    for leave in (0, 1, 3):
        os.truncate(disk / "filler", (disk / "filler").stat().st_size - leave * 4096)
        with pytest.raises(StorageError, match=rf"cannot write the output in {disk}: ") as caught:
            build_pairs(konvid_root, out=str(disk / TABLE))
        assert "set out or CORPUS_ASSETS_OUTPUT_DIR" in str(caught.value)
        assert before == ((disk / TABLE).read_bytes(), (disk / MANIFEST).read_bytes())
        assert {path.name for path in disk.iterdir()} == {TABLE, MANIFEST, "filler"}
    (disk / "filler").unlink()
    build_pairs(konvid_root, out=str(disk / TABLE))
    assert examine(disk / MANIFEST) == []


def test_read_only_disks(konvid_root: Path, mounted: Mounted, tmp_path: Path) -> None:
    disk = mounted("1m")
    build_pairs(konvid_root, out=str(disk / TABLE), cache_dir=str(disk / "cache"))
    before = {path: path.read_bytes() for path in disk.rglob("*") if path.is_file()}
    mount("-o", "remount,ro", disk)
    with pytest.raises(StorageError, match=r"the output in .*: Read-only file system; set out or"):
        build_pairs(konvid_root, out=str(disk / TABLE), cache_dir=str(tmp_path / "cache"))
    with pytest.raises(StorageError, match=r"the cache in .*: Read-only file system; set cache_"):
        build_pairs(konvid_root, cache_dir=str(disk / "cache"))
    assert before == {path: path.read_bytes() for path in disk.rglob("*") if path.is_file()}


def test_scratch_that_is_too_small_is_one_failed_clip(
    konvid_root: Path, mounted: Mounted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A `vmaf` that reads no pipes gets scratch files; only those of carphone fit."""
    vmaf = make_vmaf(tmp_path / "vmaf", embedded_ffmpeg(), "no pipes")
    monkeypatch.setattr("tempfile.tempdir", str(mounted("5m")))
    manifest = manifest_of(build_pairs(konvid_root, vmaf_bin=vmaf, workers=1))
    reasons = {one["key"][-2:]: one["reason"] for one in manifest["failures"]}
    assert set(reasons) == {"10", "30"}
    for reason in reasons.values():
        assert "MB of raw frames do not fit into" in reason
        assert "set TMPDIR" in reason


def test_where_nothing_can_be_mounted(
    konvid_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same by a write that fails."""
    build_pairs(konvid_root, max_clips=1)
    before = (tmp_path / "runs" / TABLE).read_bytes()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(ParquetTable, "close", full)
    with pytest.raises(StorageError, match=r"the output in .*: No space left on device \(.* free"):
        build_pairs(konvid_root)
    assert (tmp_path / "runs" / TABLE).read_bytes() == before
    assert {path.name for path in (tmp_path / "runs").iterdir()} == {TABLE, MANIFEST}
    shutil.rmtree(tmp_path / "runs")
