"""The parts of a manifest that say what computed: programs, model, encode."""

from __future__ import annotations

from typing import Literal, Self

from corpus_assets.corpora.clip import Encode
from corpus_assets.kernels.loading import KernelsIdentity
from corpus_assets.libvmaf.binary import Binary
from corpus_assets.libvmaf.command import RECIPE_VERSION
from corpus_assets.libvmaf.engine import LARGE, Engine
from corpus_assets.libvmaf.program import EncoderIdentity
from corpus_assets.manifests.parts import Part, PathText

KERNELS = "engine.kernels"
"""The name under which kernels are compared."""


class ModelPart(Part):
    """The model of the teacher score; path and digest only where it is a file."""

    name: str
    path: PathText | None
    sha256: str | None


class LibraryPart(Part):
    """A shared library that computes: libvmaf, x264 and ffmpeg's own, where they are linked."""

    name: str
    path: PathText
    sha256: str

    @classmethod
    def all_of(cls, binary: Binary) -> tuple[Self, ...]:
        """Describe those of a program."""
        return tuple(cls(name=b.name, path=b.path, sha256=b.sha256) for b in binary.libraries)


class EncoderPart(Part):
    """The ffmpeg that made frames for an engine that cannot."""

    binary: PathText
    binary_sha256: str
    libraries: tuple[LibraryPart, ...]
    version: str

    @classmethod
    def of(cls, encoder: EncoderIdentity) -> Self:
        """Describe an encoder."""
        return cls(
            binary=encoder.binary.path,
            binary_sha256=encoder.binary.sha256,
            libraries=LibraryPart.all_of(encoder.binary),
            version=encoder.version,
        )


class KernelsPart(Part):
    """The kernels that computed some columns of large frames: their version, and Numba's."""

    version: int
    numba: str
    columns: tuple[str, ...]

    @classmethod
    def of(cls, engine: Engine) -> Self | None:
        """Describe those of an engine, whatever checks have said; None where it has none."""
        kernels = engine.kernels
        if kernels is None or not (columns := engine.planned(*LARGE, accelerated=True).kernels):
            return None
        return cls(version=kernels.version, numba=kernels.numba, columns=tuple(sorted(columns)))

    @property
    def identity(self) -> KernelsIdentity:
        """The version and Numba's."""
        return KernelsIdentity(self.version, self.numba)

    def __str__(self) -> str:
        return f"{self.identity}: {', '.join(self.columns)}"


class EnginePart(Part):
    """What computed the numbers; `extractors` are those that large frames get.

    `kernels` compute the columns that they name in place of libvmaf; null where none do.
    """

    kind: str
    binary: PathText
    binary_sha256: str
    libraries: tuple[LibraryPart, ...]
    encoder: EncoderPart | None
    version: str
    libvmaf_version: str
    model: ModelPart
    extractors: tuple[str, ...]
    kernels: KernelsPart | None = None

    @classmethod
    def of(cls, engine: Engine) -> Self:
        """Describe an engine."""
        identity, model = engine.identity, engine.model
        return cls(
            kind=identity.kind,
            binary=identity.binary.path,
            binary_sha256=identity.binary.sha256,
            libraries=LibraryPart.all_of(identity.binary),
            encoder=EncoderPart.of(identity.encoder) if identity.encoder else None,
            version=identity.version,
            libvmaf_version=identity.libvmaf_version,
            model=ModelPart(name=model.name, path=model.path, sha256=model.sha256),
            extractors=engine.computation(*LARGE).extractors,
            kernels=KernelsPart.of(engine),
        )


def computing_facts(engine: EnginePart) -> dict[str, str]:
    """Return what an engine's numbers depend on, by name: digests and versions, no path."""
    encoder, model = engine.encoder, engine.model
    return {
        "engine.kind": engine.kind,
        "engine.version": engine.version,
        "engine.binary_sha256": engine.binary_sha256,
        **{f"engine.libraries {library.name}": library.sha256 for library in engine.libraries},
        "engine.libvmaf_version": engine.libvmaf_version,
        "engine.extractors": ", ".join(engine.extractors),
        "engine.model": model.sha256 or model.name,
        **({KERNELS: str(engine.kernels)} if engine.kernels else {}),
        **(_encoder_facts(encoder) if encoder else {}),
    }


def _encoder_facts(encoder: EncoderPart) -> dict[str, str]:
    return {
        "engine.encoder.version": encoder.version,
        "engine.encoder.binary_sha256": encoder.binary_sha256,
        **{f"engine.encoder.libraries {one.name}": one.sha256 for one in encoder.libraries},
    }


class RecipePart(Part):
    """How the distorted side was made, and how frames were paired."""

    version: int = RECIPE_VERSION
    encoder: str
    preset: str
    crf: int
    pix_fmt: str
    threads: int
    frame_pairing: Literal["by number, at the container's constant rate"] = (
        "by number, at the container's constant rate"
    )

    @classmethod
    def of(cls, encode: Encode) -> Self:
        """Describe an encode."""
        return cls(
            encoder=encode.encoder,
            preset=encode.preset,
            crf=encode.crf,
            pix_fmt=encode.pixel_format,
            threads=encode.threads,
        )
