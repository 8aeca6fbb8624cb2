"""Looking into a corpus' folders: what may be read, and why something may not."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from corpus_assets.errors import RootError, SettingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from corpus_assets.corpora.clip import Skipped

EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Links:
    """Which symbolic links out of a folder are followed: those to files below one of `roots`.

    The roots are absolute and hold no symbolic link themselves.
    """

    follow: bool = False
    roots: tuple[Path, ...] = ()

    @classmethod
    def of(cls, follow: bool, roots: Iterable[str]) -> Self:
        """Resolve the roots. Raises SettingError when one is to be followed into and no folder."""
        resolved = tuple(_resolved(Path(root).expanduser()) for root in roots)
        for root in resolved if follow else ():
            if not root.is_dir():
                raise SettingError("symlink_roots", str(root), "it is not a folder")
        return cls(follow, resolved)

    def reason_against(self, target: Path) -> str:
        """Say why a link to a resolved path out of the folder is not followed; empty when it is."""
        if not self.follow:
            return "symbolic link that leads out of the corpus"
        if not any(target.is_relative_to(root) for root in self.roots):
            return "symbolic link whose target is in none of the symlink_roots"
        return ""


NO_LINKS = Links()
"""None is followed out of a folder."""


def reasons_to_skip(folder: Path, links: Links = NO_LINKS) -> dict[str, str]:
    """Return every name in a folder, with the reason why it is no file of the corpus, or "".

    Only regular files count, and symbolic links to such that stay inside the folder or that are
    to be followed. Raises RootError when the folder cannot be read.
    """
    try:
        return {entry.name: _reason(entry, folder, links) for entry in os.scandir(folder)}
    except OSError as error:
        raise RootError(f"{folder} cannot be read: {error.strerror}") from error


def shown(name: str) -> str:
    """Return a name on one line that can be printed and written as UTF-8, whatever its bytes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)


def check_inside(folder: Path, root: Path, links: Links) -> None:
    """Refuse a folder of the corpus that is a link out of it, unless such are followed.

    Raises RootError.
    """
    target = _resolved(folder)
    if not target.is_relative_to(_resolved(root)) and (reason := links.reason_against(target)):
        raise RootError(
            f"{folder}: {reason}; set the root to the folder that holds what it leads to, or "
            "follow_symlinks and symlink_roots"
        )


def examples(skipped: Sequence[Skipped]) -> list[str]:
    """Return the first of what was left out, with reasons, for messages."""
    return [f"{skip.name}: {skip.reason}" for skip in skipped[:EXAMPLES]]


def _reason(entry: os.DirEntry[str], folder: Path, links: Links) -> str:
    try:
        if not entry.is_symlink():
            return "" if entry.is_file() else "not a regular file"
        target = _resolved(entry.path)
        inside = target.is_relative_to(_resolved(folder))
        if not inside and (reason := links.reason_against(target)):
            return reason
        return "" if stat.S_ISREG(target.stat().st_mode) else "not a regular file"
    except OSError as error:
        what = "symbolic link that cannot be followed" if entry.is_symlink() else "cannot be read"
        return f"{what}: {error.strerror}"


def _resolved(path: str | Path) -> Path:
    """Follow every symbolic link; unlike `Path.resolve`, end at one that leads to itself."""
    return Path(os.path.realpath(path))
