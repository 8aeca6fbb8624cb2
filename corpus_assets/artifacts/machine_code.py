"""The folders of the kernels' machine code below the caches: one for every version of their source.

Numba makes one anew where it is missing, so that all may be removed while nothing is scored.
"""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from corpus_assets.artifacts.environment import Environment
from corpus_assets.artifacts.scoring import TRIALS_FOLDER
from corpus_assets.errors import SetupError
from corpus_assets.kernels.loading import CODE_PREFIX, code_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from corpus_assets.artifacts.settings import SharedSettings


@dataclass(frozen=True, slots=True)
class MachineCode:
    """How many folders there are, and their bytes; `stale` ones are of other versions."""

    folder: str
    folders: int
    bytes: int
    stale: int
    stale_bytes: int

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return asdict(self)


def machine_code(shared: SharedSettings, variables: Mapping[str, str]) -> MachineCode:
    """Look at the folders below the caches."""
    parent, folders, stale = _found(shared, variables)
    sizes = {folder: _size(folder) for folder in folders}
    stale_bytes = sum(sizes[folder] for folder in stale)
    return MachineCode(str(parent), len(folders), sum(sizes.values()), len(stale), stale_bytes)


def remove_stale_code(shared: SharedSettings, variables: Mapping[str, str]) -> None:
    """Remove the folders of other versions of the kernels. Raises SetupError."""
    _, _, stale = _found(shared, variables)
    for folder in stale:
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise SetupError(f"cannot remove {folder}: {error.strerror}") from error


def _found(
    shared: SharedSettings, variables: Mapping[str, str]
) -> tuple[Path, list[Path], list[Path]]:
    """Return where the folders are, all of them, and those of other versions; no symbolic link."""
    parent = Environment(variables).cache_dir(shared) / TRIALS_FOLDER
    found = () if parent.is_symlink() else parent.glob(f"{CODE_PREFIX}*")
    folders = sorted(path for path in found if path.is_dir() and not path.is_symlink())
    return parent, folders, [folder for folder in folders if folder != code_folder(parent)]


def _size(folder: Path) -> int:
    """Add up the files; one that goes away meanwhile counts nothing."""
    size = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            size += path.lstat().st_size if path.is_file() else 0
    return size
