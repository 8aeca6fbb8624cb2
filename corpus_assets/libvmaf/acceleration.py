"""Whether kernels compute beside libvmaf: chosen by a setting, and given up where both disagree.

Every process that scores holds the kernels against libvmaf on the first frames of its first clip,
and again for another depth or size, or other columns, before any number of a kernel is kept.
"""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from corpus_assets.errors import AccelerationOffError, EngineError, StorageError
from corpus_assets.kernels.loading import code_folder, installed_kernels, load_kernels

if TYPE_CHECKING:
    from collections.abc import Callable

    from corpus_assets.kernels.loading import Kernels, KernelsIdentity

Accelerate: TypeAlias = Literal["auto", "off", "require"]
"""`auto` uses kernels where they are installed, `require` fails where they cannot be used."""

WAIT_SECONDS = 0.2
INSTALL = "pip install 'corpus-assets[fast]'"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a check on the first frames of a clip; `refusal` says why kernels are not used.

    `frames` counts a made-up one too, and is 0 where nothing was compared; `largest_difference` is
    that between a kernel's value and libvmaf's printed one.
    """

    clip: str
    frames: int = 0
    largest_difference: float = 0.0
    refusal: str = ""


@dataclass
class Acceleration:
    """The kernels of a run. `folder` keeps their machine code; None makes it anew each process."""

    identity: KernelsIdentity
    folder: Path | None = None
    required: bool = False
    _verdicts: dict[object, Verdict] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _kernels: Kernels | None = None

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """What was compared or refused so far in this process."""
        found = tuple(self._verdicts.values())
        return tuple(verdict for verdict in found if verdict.frames or verdict.refusal)

    @property
    def is_off(self) -> bool:
        """Whether a check has failed, so that libvmaf computes everything from then on."""
        return any(verdict.refusal for verdict in self.verdicts)

    def has_checked(self, kind: object) -> bool:
        """Say whether nothing needs to be checked of this kind any more."""
        return self.is_off or kind in self._verdicts

    def load(self) -> Kernels:
        """Return the kernels. Raises EngineError, and what Numba raises."""
        if self._kernels is None:
            try:
                self._kernels = load_kernels(self.folder or _scratch_folder())
            except StorageError:
                self._kernels = load_kernels(_scratch_folder())
        return self._kernels

    def forget_machine_code(self) -> None:
        """Remove what earlier processes have compiled. Raises OSError where it stays."""
        if self.folder and (folder := code_folder(self.folder)).exists():
            shutil.rmtree(folder)

    def admit(self, kind: object, check: Callable[[], Verdict], wait: Callable[[], None]) -> None:
        """Check what was not checked yet of this kind, one thread at a time.

        `wait` is called now and then while another thread checks, and may raise. Raises
        AccelerationOffError where a check has failed, EngineError where kernels are required.
        """
        while not self._lock.acquire(timeout=WAIT_SECONDS):
            wait()
        try:
            if not self.has_checked(kind):
                self._verdicts[kind] = check()
        finally:
            self._lock.release()
        for verdict in self.verdicts:
            if verdict.refusal and self.required:
                raise EngineError(f"accelerate is require, but {verdict.refusal}")
            if verdict.refusal:
                raise AccelerationOffError(verdict.refusal)


def acceleration(
    accelerate: Accelerate, folder: Path | None, *, kernels_fit: bool
) -> Acceleration | None:
    """Return what a setting says; None for libvmaf alone.

    `kernels_fit` says whether the program can give its frames to kernels. Raises EngineError where
    kernels are required and cannot be had.
    """
    required = accelerate == "require"
    if accelerate == "off" or not (kernels_fit or required):
        return None
    if not kernels_fit:
        raise EngineError(
            "accelerate is require, but kernels work with libvmaf inside ffmpeg, not with a vmaf "
            "tool; unset vmaf_bin and VMAF_BIN, or set accelerate: auto"
        )
    identity = installed_kernels()
    if identity is None and required:
        raise EngineError(f"accelerate is require, but Numba is not installed: {INSTALL}")
    return Acceleration(identity, folder, required) if identity else None


@functools.cache
def _scratch_folder() -> Path:
    """Make a folder that is gone with this process."""
    folder = tempfile.mkdtemp(prefix="corpus_assets-kernels-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)
