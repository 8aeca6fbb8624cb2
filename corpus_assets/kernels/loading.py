"""Loading the compiled kernels: where Numba is imported, and not before it is asked for."""

from __future__ import annotations

import importlib
import importlib.util
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus_assets.errors import EngineError
from corpus_assets.files import sha256_of_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

COMPILED = Path(__file__).parent / "compiled"
MODULES = ("ciede", "scaling", "windows")
_importing = threading.Lock()


@dataclass(frozen=True, slots=True)
class Kernels:
    """The compiled functions. They trust their arguments: a wrong shape reads beyond an array."""

    mean_difference: Callable[..., float]
    to_luma: Callable[..., None]
    halve: Callable[..., None]
    box: Callable[..., None]
    means: Callable[..., tuple[float, float, float, float]]


def kernels_version() -> str:
    """Return 16 hex digits that change with what decides the numbers: the package's source."""
    sources = sorted(COMPILED.parent.rglob("*.py"))
    return sha256_of_bytes(b"\0".join(path.read_bytes() for path in sources))[:16]


def load_kernels(cache_dir: Path) -> Kernels:
    """Return the kernels, whose machine code is kept below a folder.

    A process stays with the folder that was given first. A kernel is compiled, or read from the
    folder, when it is first called. Raises EngineError when Numba is not installed.
    """
    if importlib.util.find_spec("numba") is None:
        raise EngineError("the kernels need Numba; install corpus-assets[fast]")
    with _importing:
        ciede, scaling, windows = _imported(cache_dir / f"kernels-{kernels_version()}")
    return Kernels(
        mean_difference=ciede.mean_difference,
        to_luma=scaling.to_luma,
        halve=scaling.halve,
        box=scaling.box,
        means=windows.means,
    )


def _imported(folder: Path) -> list[Any]:
    """Import the modules while Numba's setting names the folder: decorators read it."""
    from numba import config  # noqa: PLC0415 (optional, and takes half a second)

    before = config.CACHE_DIR
    config.CACHE_DIR = str(folder)
    try:
        return [importlib.import_module(f"{__package__}.compiled.{name}") for name in MODULES]
    finally:
        config.CACHE_DIR = before
