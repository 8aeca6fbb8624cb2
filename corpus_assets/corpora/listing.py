"""Looking into a corpus' folders: what may be read, and why something may not."""

from __future__ import annotations

import os
from pathlib import Path

from corpus_assets.errors import RootError


def reasons_to_skip(folder: Path) -> dict[str, str]:
    """Return every name in a folder, with the reason why it is no file of the corpus, or "".

    Only regular files count, and symbolic links to such that stay inside the folder.
    Raises RootError when the folder cannot be read.
    """
    try:
        return {entry.name: _reason(entry, folder) for entry in os.scandir(folder)}
    except OSError as error:
        raise RootError(f"{folder} cannot be read: {error.strerror}") from error


def shown(name: str) -> str:
    """Return a name that can be printed and written as UTF-8, whatever its bytes."""
    return name.encode("utf-8", "backslashreplace").decode()


def _reason(entry: os.DirEntry[str], folder: Path) -> str:
    if entry.is_symlink() and not Path(entry.path).resolve().is_relative_to(folder.resolve()):
        return "symbolic link that leads out of the corpus"
    return "" if entry.is_file() else "not a regular file"
