"""Whether another process is like the run's own: it must compute the same from the same files."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from corpus_assets import __version__
from corpus_assets.errors import CorpusAssetsError
from corpus_assets.files import sha256_of_bytes, sha256_of_file
from corpus_assets.libvmaf.engine import LARGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corpus_assets.corpora.clip import Source, Stamp
    from corpus_assets.extraction.scorer_spec import ScorerSpec
    from corpus_assets.libvmaf.engine import Engine

OTHER = {"kernels": "other kernels, which Numba compiles"}
SHOWN = 20
"""Characters of a digest in a message."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides the numbers: this package, its code, the engine, the model and the kernels."""

    package: str
    code: str
    engine: str
    model: str
    kernels: str

    @classmethod
    def of(cls, engine: Engine) -> Facts:
        """Look at this process. Raises EngineError, or OSError where the model is not there."""
        model, (package, code) = engine.model, package_and_code()
        used = engine.computation(*LARGE).kernels
        return cls(
            package=package,
            code=code,
            engine=engine.identity.fingerprint(encodes=True),
            model=sha256_of_file(model.path) if model.path else model.name,
            kernels=str(engine.kernels) if used else "none",
        )

    def differences(self, there: Facts) -> list[str]:
        """Name what is not the same in another process."""
        both = ((name, getattr(self, name), getattr(there, name)) for name in self.__slots__)
        return [
            f"{OTHER.get(name, f'another {name}')} ({other[:SHOWN]}, here {own[:SHOWN]})"
            for name, own, other in both
            if own != other
        ]


@dataclass(frozen=True, slots=True)
class Landmarks:
    """What every process must find: a file in the cache folder, and a source as it is here."""

    marker: Path | None
    source: tuple[Source, Stamp] | None

    def missing(self) -> list[str]:
        """Name the folders that are not the run's own, by their settings."""
        missing = []
        if self.marker and not self.marker.exists():
            missing.append(f"another cache_dir ({self.marker.parent} is not the same folder)")
        if self.source and not _is_same(*self.source):
            missing.append(f"another corpus ({self.source[0].name} is not there as it is here)")
        return missing


def _is_same(source: Source, stamp: Stamp) -> bool:
    """Compare a source; inodes differ between mounts of some network file systems."""
    with contextlib.suppress(OSError, CorpusAssetsError):
        found = source.stamp()
        return (found.size, found.mtime_ns) == (stamp.size, stamp.mtime_ns)
    return False


def package_and_code() -> tuple[str, str]:
    """Return name and version of this package, and the digest of its modules."""
    return f"corpus_assets {__version__}", code_sha256()


@lru_cache(maxsize=1)
def code_sha256() -> str:
    """Return the digest of this package's modules: an edited copy has the same version."""
    root = Path(__file__).parent.parent
    names = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.py"))
    lines = [f"{name} {sha256_of_file(root / name)}" for name in names]
    return sha256_of_bytes("\n".join(lines).encode())


async def differences(facts: Facts, spec: ScorerSpec, landmarks: Landmarks) -> list[str]:
    """Say what a worker has that the run has not, in a thread beside the worker's event loop."""
    return await asyncio.to_thread(
        lambda: [*facts.differences(Facts.of(spec.engine())), *landmarks.missing()]
    )


def said(answer: Sequence[str] | BaseException) -> str:
    """Say what is wrong with another process: what differs, or why it could not be looked at."""
    if not isinstance(answer, BaseException):
        return "; ".join(answer)
    if isinstance(answer, CorpusAssetsError):
        return str(answer)
    kind = type(answer).__name__
    text = str(answer) if kind == "Exception" else f"{kind}: {answer}"
    if text.startswith(("ModuleNotFoundError", "AttributeError")):
        return f"corpus_assets, or this version of it, is not installed there: {text}"
    return text
