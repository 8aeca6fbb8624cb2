"""Folders that a run writes: checked before work starts, so that hours are not lost at the end."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from corpus_assets.errors import SettingError, StorageError
from corpus_assets.files import temporary_beside

if TYPE_CHECKING:
    from pathlib import Path

OUTPUT_REMEDY = "set out or CORPUS_ASSETS_OUTPUT_DIR to a folder that you can write"


def check_outputs(out: Path, manifest: Path) -> None:
    """Make the folders of an artifact and try to write there. Raises SetupError."""
    if out == manifest:
        raise SettingError("manifest_out", str(manifest), "it must differ from out")
    for name, path in (("out", out), ("manifest_out", manifest)):
        if path.is_dir():
            raise SettingError(name, str(path), "it is a folder; give a file name")
        check_writable("output", path.parent, OUTPUT_REMEDY)


def check_writable(what: str, folder: Path, remedy: str) -> None:
    """Make a folder and try to write a file in it. Raises StorageError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trial = temporary_beside(folder / "trial")
        os.close(os.open(trial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        trial.unlink()
    except OSError as error:
        raise StorageError(what, folder, str(error.strerror), remedy) from error
