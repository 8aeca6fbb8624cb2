"""An artifact and the manifest beside it: whether the one is what the other says."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pydantic

from corpus_assets.errors import MissingManifestError
from corpus_assets.files import TEMPORARY_NAME, read_regular, sha256_of_file, temporaries_of
from corpus_assets.manifests.document import SUFFIX, manifest_path, splits_path
from corpus_assets.manifests.parts import PathText

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_MANIFEST = 1 << 30
SPLITS_SCHEMA = "corpus-assets-splits-"
INTERRUPTED = "publication"
"""What a mismatch is called that a killed run has left."""
REMEDY = "materialize the asset again, which gives it its name first"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One thing that is not as a manifest says."""

    what: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.what}: expected {self.expected}, found {self.found}"


class RecordedArtifact(pydantic.BaseModel, frozen=True):
    """What a manifest must say of its artifact for the file to be known again."""

    path: PathText
    bytes: int
    sha256: str


class RecordingManifest(pydantic.BaseModel, frozen=True):
    """Any manifest, of which only the artifact and its splits are read."""

    artifact: RecordedArtifact
    splits: RecordedArtifact | None = None


def manifests_at(path: Path) -> list[Path]:
    """Return the manifests that a manifest, an artifact or a folder leads to.

    One that only stands under a temporary name, because the run that made it was killed, counts.
    Raises MissingManifestError when there is none, or the path cannot be looked at.
    """
    try:
        found = _manifests_at(path)
    except OSError as error:
        raise MissingManifestError(f"{path}: {error.strerror}") from error
    if not found:
        raise MissingManifestError(f"{path}: there is no manifest (*{SUFFIX})")
    return found


def _manifests_at(path: Path) -> list[Path]:
    if path.is_dir():
        names = {_final(entry.name) for entry in path.iterdir()}
        return [path / name for name in sorted(names) if name.endswith(SUFFIX)]
    manifest = path if path.suffix == ".json" else manifest_path(path)
    if manifest != path and not path.is_file():
        raise MissingManifestError(f"{path}: no such file")
    there = manifest.is_file() or (path.parent.is_dir() and temporaries_of(manifest))
    return [manifest] if there else []


def examine(manifest: Path) -> list[Mismatch]:
    """Hold a manifest's artifact against it; without mismatch they are a pair.

    An artifact is looked for beside its manifest, then where it was written. Raises OSError.
    """
    try:
        recorded = _recorded(manifest)
    except FileNotFoundError:
        return [Mismatch("manifest", manifest.name, "no such file"), *_interrupted(manifest)]
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        found = f"{'.'.join(map(str, first['loc'])) or 'document'}: {first['msg']}"
        if not manifest.stat().st_size:
            found = "an empty file"
        return [Mismatch("manifest", "path, bytes and sha256 of its artifact", found)]
    mismatches = [*examine_artifact(manifest, recorded.artifact), *_splits(manifest, recorded)]
    named = any(one.what == INTERRUPTED for one in mismatches)
    return [*mismatches, *(_interrupted(manifest) if mismatches and not named else ())]


def examine_artifact(manifest: Path, recorded: RecordedArtifact) -> list[Mismatch]:
    """Hold an artifact against what its manifest, read before, says of it. Raises OSError."""
    artifact = located(manifest, recorded.path)
    if not artifact.is_file():
        return [Mismatch("artifact", str(artifact), "no such file")]
    mismatches = list(_differences(artifact, recorded))
    return [*mismatches, *(_interrupted(manifest) if mismatches else ())]


def describes(manifest: Path, artifact: Path) -> bool:
    """Say whether a file is the manifest of exactly this artifact. Raises OSError."""
    try:
        recorded = _recorded(manifest)
    except pydantic.ValidationError:
        return False
    return artifact.is_file() and not any(_differences(artifact, recorded.artifact))


def artifact_of(manifest: Path) -> str | None:
    """Return the file name of the artifact that a manifest is about; None where it says none."""
    try:
        return Path(_recorded(manifest).artifact.path).name
    except (OSError, pydantic.ValidationError):
        return None


def recorded_splits(manifest: Path) -> RecordedArtifact | None:
    """Return what a manifest says of its splits; None where there are none, or it says none."""
    try:
        return _recorded(manifest).splits
    except (OSError, pydantic.ValidationError):
        return None


def _recorded(manifest: Path) -> RecordingManifest:
    data = read_regular(manifest, LARGEST_MANIFEST)
    return RecordingManifest.model_validate_json(data)


def located(manifest: Path, path: str) -> Path:
    """Return where an artifact is: beside its manifest, else where it was written."""
    name = Path(path).name
    beside = manifest.with_name(name) if name else Path(path)
    return beside if beside.is_file() else Path(path)


def _differences(artifact: Path, recorded: RecordedArtifact) -> Iterator[Mismatch]:
    size = artifact.stat().st_size
    if size != recorded.bytes:
        yield Mismatch("bytes", str(recorded.bytes), str(size))
    if (digest := sha256_of_file(artifact)) != recorded.sha256:
        yield Mismatch("sha256", recorded.sha256, digest)


def _splits(manifest: Path, recorded: RecordingManifest) -> Iterator[Mismatch]:
    """Hold the splits against what the manifest says of them, or that there are none."""
    if recorded.splits is None:
        artifact = located(manifest, recorded.artifact.path)
        if artifact.name and are_splits(beside := splits_path(artifact)):
            yield Mismatch("splits", "none, as the manifest says", str(beside))
        return
    path = located(manifest, recorded.splits.path)
    if not path.is_file():
        yield Mismatch("splits", str(path), "no such file")
        return
    for one in _differences(path, recorded.splits):
        yield Mismatch(f"splits.{one.what}", one.expected, one.found)


def are_splits(path: Path) -> bool:
    """Say whether a file is splits of ours, of any version."""
    try:
        document = orjson.loads(read_regular(path, LARGEST_MANIFEST))
    except (OSError, orjson.JSONDecodeError):
        return False
    return isinstance(document, dict) and str(document.get("schema")).startswith(SPLITS_SCHEMA)


def _interrupted(manifest: Path) -> Iterator[Mismatch]:
    """Find the manifest of the artifact that a run left under a temporary name."""
    for staged in temporaries_of(manifest):
        with contextlib.suppress(pydantic.ValidationError):
            if describes(staged, located(manifest, _recorded(staged).artifact.path)):
                found = f"interrupted: its manifest is {staged.name}; {REMEDY}"
                yield Mismatch(INTERRUPTED, "complete", found)


def _final(name: str) -> str:
    """Return the name that a file will have, or has."""
    match = TEMPORARY_NAME.fullmatch(name)
    return match["target"] if match else name
