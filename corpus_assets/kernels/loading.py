"""Loading the compiled kernels: where Numba is imported, and not before it is asked for."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus_assets.errors import EngineError, StorageError
from corpus_assets.files import sha256_of_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

KERNELS_VERSION = 1
"""Raised when a change to this package changes numbers."""

PACKAGE = Path(__file__).parent
CODE_PREFIX = "kernels-"
"""How folders with machine code are called."""
MODULES = ("ciede", "scaling", "windows")
_importing = threading.Lock()


@dataclass(frozen=True, slots=True)
class KernelsIdentity:
    """What the kernels' numbers depend on: their version, and that of the compiler, Numba."""

    version: int
    numba: str

    def __str__(self) -> str:
        return f"{self.version} (Numba {self.numba})"


def installed_kernels() -> KernelsIdentity | None:
    """Describe the kernels that can be loaded, without loading them; None without Numba."""
    try:
        return KernelsIdentity(KERNELS_VERSION, importlib.metadata.version("numba"))
    except importlib.metadata.PackageNotFoundError:
        return None


@dataclass(frozen=True, slots=True)
class Kernels:
    """The compiled functions. They trust their arguments: a wrong shape reads beyond an array."""

    mean_difference: Callable[..., float]
    to_luma: Callable[..., None]
    halve: Callable[..., None]
    box: Callable[..., None]
    means: Callable[..., tuple[float, float, float, float]]


def load_kernels(cache_dir: Path) -> Kernels:
    """Return the kernels, whose machine code is kept below a folder.

    A process stays with the folder that was given first. A kernel is compiled, or read from the
    folder, when it is first called. Raises EngineError when Numba is not installed, StorageError
    when the folder cannot be written.
    """
    if importlib.util.find_spec("numba") is None:
        raise EngineError("the kernels need Numba; install corpus-assets[fast]")
    with _importing:
        ciede, scaling, windows = _imported(_writable(code_folder(cache_dir)))
    return Kernels(
        mean_difference=ciede.mean_difference,
        to_luma=scaling.to_luma,
        halve=scaling.halve,
        box=scaling.box,
        means=windows.means,
    )


def code_folder(cache_dir: Path) -> Path:
    """Return the folder of these kernels' machine code.

    Named by the digest of the package's source, for Numba looks at the file of a kernel alone.
    """
    sources = [path.read_bytes() for path in sorted(PACKAGE.rglob("*.py"))]
    digest = sha256_of_bytes(b"\0".join(sources))
    return cache_dir / f"{CODE_PREFIX}{digest[:16]}"


def _writable(folder: Path) -> Path:
    """Make a folder. Numba would write beside the source instead of saying that it cannot."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        what, remedy = "compiled kernels", "choose another cache folder"
        raise StorageError.of(what, folder, error, remedy) from error
    return folder


def _imported(folder: Path) -> list[Any]:
    """Import the modules while Numba's setting names the folder: decorators read it."""
    from numba import config  # noqa: PLC0415 (optional, and takes half a second)

    before = config.CACHE_DIR
    config.CACHE_DIR = str(folder)
    try:
        return [importlib.import_module(f"{__package__}.compiled.{name}") for name in MODULES]
    finally:
        config.CACHE_DIR = before
