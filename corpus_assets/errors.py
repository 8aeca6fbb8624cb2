"""Every error of the project, in one tree.

CorpusAssetsError
├── SetupError              what the user sets or has installed is wrong (exit code 2)
│   ├── SettingError        one setting has a value that is not allowed
│   ├── RootError           a corpus folder is missing
│   │   └── UnsetRootError  no setting and no variable says where a corpus is
│   ├── MissingManifestError  no manifest is where one is looked for
│   ├── MissingTableError   an asset has not been materialized, or not where it is looked for
│   ├── StorageError        an output or cache folder cannot be written
│   ├── BusyError           another run is writing the same output
│   ├── EngineError         the libvmaf engine is missing or cannot do what is asked
│   └── ClusterError        a Dask cluster cannot be used, or has gone away
├── DataError               the data is not right (exit code 1)
│   ├── EmptyCorpusError    nothing to score was found
│   ├── NothingScoredError  every selected clip failed
│   ├── TooManyFailedError  more of the selected clips failed than the user allows
│   └── ReplayRefusedError  an artifact cannot be made again from what is there
├── ClipError               one clip cannot be scored; the others go on
│   └── ReportRefusedError  a report does not meet the acceptance rule
├── DamagedEntryError       a cache entry is not what was written
│   ├── BlankEntryError     it holds nothing, and so does not say who wrote it
│   ├── OtherFormatError    another version of this package wrote it
│   └── GoneEntryError      it was removed after its header had been read
├── ForeignEntryError       a report in the cache folder is another tool's
├── AccelerationOffError    kernels are not used any more; libvmaf computes the clip
└── CancelledError          the run is being cancelled (exit code 130)
"""

from __future__ import annotations

import errno
import os
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class CorpusAssetsError(Exception):
    """Base of all errors that the project raises on purpose; its text is for the user."""

    exit_code = 1

    def __reduce__(self) -> tuple[object, ...]:
        """Travel between processes as it is, whatever the constructor takes."""
        return _rebuilt, (type(self), self.args), self.__dict__


class SetupError(CorpusAssetsError):
    """Something that the user sets or installs is wrong; nothing was computed."""

    exit_code = 2


class SettingError(SetupError):
    """A setting has a value that is not allowed."""

    def __init__(self, setting: str, value: object, allowed: str) -> None:
        """Name the setting, what it was given, and what it takes."""
        super().__init__(f"{setting}: {value!r} is not allowed; {allowed}")
        self.setting, self.value, self.allowed = setting, value, allowed


class RootError(SetupError):
    """The folder of a corpus is not there, or is not what it should be."""


class UnsetRootError(RootError):
    """Nothing says where a corpus is."""


class MissingManifestError(SetupError):
    """A path leads to no manifest."""


class MissingTableError(SetupError):
    """The table of an asset is not there."""


class StorageError(SetupError):
    """A folder that must be written cannot be."""

    def __init__(self, what: str, folder: Path, reason: str, remedy: str) -> None:
        """Name the folder, why it cannot be written and what to set."""
        super().__init__(f"cannot write the {what} in {folder}: {reason}; {remedy}")
        self.folder = folder

    @classmethod
    def of(
        cls, what: str, folder: Path, error: OSError, remedy: str, needed: int | None = None
    ) -> Self:
        """Explain an error of the system; a full disk with what is free, and needed in bytes."""
        reason = os.strerror(error.errno) if error.errno else str(error)
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            need = "" if needed is None else f", {needed / 1e6:.3f} MB needed"
            reason += f" ({shutil.disk_usage(folder).free / 1e6:.3f} MB free{need})"
        return cls(what, folder, reason, remedy)


class BusyError(SetupError):
    """Another run is writing the same file."""

    def __init__(self, target: Path, holder: str) -> None:
        """Name the file and who has it."""
        by = f" ({holder})" if holder else ""
        super().__init__(
            f"another run is writing {target}{by}; wait for it to end, or give this one other "
            "outputs"
        )


class EngineError(SetupError):
    """The engine is missing, is the wrong file, or lacks a model, filter or encoder."""


class ClusterError(SetupError):
    """A Dask cluster cannot be reached, is not like this process, or has gone away."""


class DataError(CorpusAssetsError):
    """The set-up is right, but the data does not give an artifact."""


class EmptyCorpusError(DataError):
    """No clip was found, or none is left after the selection."""


class NothingScoredError(DataError):
    """Every selected clip failed; the first failures are named in the text."""


class TooManyFailedError(DataError):
    """A larger share of clips failed than is allowed; the text says both, and the first clips."""


class ReplayRefusedError(DataError):
    """Inputs or programs are not those of a manifest; the text names each."""


@dataclass
class ClipError(CorpusAssetsError):
    """One clip cannot be scored.

    `stage` is where it ended: read, probe, run or accept. `exit_code_of_process`, `signal`,
    `stderr_tail` and `frames` (the frame ledger, counts by name) are there as far as a
    process ran.
    """

    stage: str
    reason: str
    exit_code_of_process: int | None = None
    signal: str | None = None
    stderr_tail: tuple[str, ...] = ()
    frames: Mapping[str, int | None] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.stage}: {self.reason}"


class ReportRefusedError(ClipError):
    """A report exists but does not meet the acceptance rule."""


class DamagedEntryError(CorpusAssetsError):
    """A cache entry is cut short, altered, or not an entry at all."""


class BlankEntryError(DamagedEntryError):
    """A file in the cache folder holds nothing: neither an entry nor another tool's report."""


class OtherFormatError(DamagedEntryError):
    """A cache entry is of an older or newer format."""

    def __init__(self, number: int) -> None:
        """Name the format."""
        super().__init__(f"it is of format {number}")
        self.number = number


class GoneEntryError(DamagedEntryError):
    """A cache entry was removed between its header and its report."""


class ForeignEntryError(CorpusAssetsError):
    """A report that another tool wrote stands where a cache entry would; it is never replaced."""


class AccelerationOffError(CorpusAssetsError):
    """The kernels are not used from now on: a check of theirs failed. The clip goes to libvmaf."""


class CancelledError(CorpusAssetsError):
    """Work was refused or ended because the run is being cancelled."""

    exit_code = 130


def _rebuilt(kind: type[CorpusAssetsError], args: tuple[object, ...]) -> CorpusAssetsError:
    error = kind.__new__(kind)
    error.args = args
    return error
