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
    """Return a name on one line that can be printed and written as UTF-8, whatever its bytes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)


def _reason(entry: os.DirEntry[str], folder: Path) -> str:
    if entry.is_symlink() and not leads_inside(Path(entry.path), folder):
        return "symbolic link that leads out of the corpus"
    try:
        return "" if entry.is_file() else "not a regular file"
    except OSError as error:
        return f"cannot be looked at: {error.strerror}"


def leads_inside(path: Path, folder: Path) -> bool:
    """Say whether a path, all symbolic links followed, is below a folder.

    `Path.resolve` raises where a link leads to itself; `realpath` ends there.
    """
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def check_inside(folder: Path, root: Path) -> None:
    """Refuse a folder of the corpus that is a symbolic link out of it. Raises RootError."""
    if not leads_inside(folder, root):
        raise RootError(
            f"{folder} is a symbolic link that leads out of {root}, where nothing is read; set the "
            "root to the folder that holds what it leads to"
        )
