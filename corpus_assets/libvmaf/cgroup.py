"""What Linux lets this process use: the memory limits of its control groups.

A container sees its own group as the root of the tree; a SLURM job or a systemd unit is somewhere
below it, and every group on the way up may have a limit. The formats: cgroups(7), and
"Control Group v2" and "Memory Resource Controller" in the kernel's documentation.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path("/")


def memory_limit(root: Path = ROOT) -> int | None:
    """Return the least limit in bytes of the groups that this process is in; None without any.

    `root` is the folder in which `proc` and `sys` are.
    """
    return min(filter(None, map(_limit, _limit_files(root))), default=None)


def _limit_files(root: Path) -> Iterator[Path]:
    """Yield where limits may stand, in version 2 and 1, from the process's own group upwards."""
    mounted = root / "sys/fs/cgroup"
    yield mounted / "memory.max"
    yield mounted / "memory/memory.limit_in_bytes"
    for line in _text(root / "proc/self/cgroup").splitlines():
        number, _, rest = line.partition(":")
        controllers, _, group = rest.partition(":")
        if ".." in PurePosixPath(group).parts:  # the group is outside of what is mounted here
            continue
        own = PurePosixPath(group.lstrip("/"))
        for place in (own, *own.parents):
            if number == "0" and not controllers:
                yield mounted / place / "memory.max"
            elif "memory" in controllers.split(","):
                yield mounted / "memory" / place / "memory.limit_in_bytes"


def _limit(path: Path) -> int | None:
    text = _text(path).strip()
    return int(text) if text.isdigit() else None


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
