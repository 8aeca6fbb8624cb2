"""Locks between runs, and what killed runs have left in folders that others use."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

import pytest

from corpus_assets.errors import BusyError
from corpus_assets.files import temporary_beside
from corpus_assets.locks import held, shared_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder."""
    folder = tmp_path / "folder"
    folder.mkdir()
    return folder


def test_whoever_comes_alone_removes_what_was_left(folder: Path) -> None:
    left, kept = temporary_beside(folder / "a.json"), folder / "a.json"
    left.touch()
    kept.touch()
    (folder / ".other.tmp").touch()
    with shared_folder(folder):
        assert not left.exists()
        left.touch()
        with shared_folder(folder):
            assert left.exists(), "it may be a file that the other one is writing"
    assert {path.name for path in folder.iterdir()} == {left.name, "a.json", ".other.tmp"}


def test_a_lock_is_gone_with_its_holder(folder: Path) -> None:
    target = folder / "table"
    (folder / ".table.lock").write_text("left by a killed process")
    with held(target), pytest.raises(BusyError, match=rf"process {os.getpid()} on "), held(target):
        pass
    assert list(folder.iterdir()) == []


def test_file_systems_without_locks(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is held, and nothing is removed that a run elsewhere may be writing."""

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOTSUP, "not supported")

    monkeypatch.setattr(fcntl, "flock", refuse)
    left = temporary_beside(folder / "a.json")
    left.touch()
    with shared_folder(folder), held(folder / "table"), held(folder / "table"):
        assert left.exists()
    monkeypatch.setattr(fcntl, "flock", lambda *_: (_ for _ in ()).throw(OSError(errno.EIO, "bad")))
    with pytest.raises(OSError, match="bad"), shared_folder(folder):
        pass


def test_only_entries_are_removed_from_a_shared_folder(folder: Path) -> None:
    """Tables and manifests are held by the lock of their output."""
    others = [temporary_beside(folder / name) for name in ("t.parquet", "t.manifest.json")]
    for path in others:
        path.touch()
    with shared_folder(folder):
        assert all(path.exists() for path in others)


def test_a_lock_that_is_a_link_is_not_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    (folder / ".table.lock").symlink_to(tmp_path / "precious")
    with pytest.raises(OSError, match="symbolic links"), held(folder / "table"):
        pass
    assert (tmp_path / "precious").read_text() == "mine"
