"""Folders that a run writes: checked before work starts, so that hours are not lost at the end."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson
import pydantic

from corpus_assets.errors import SettingError, StorageError
from corpus_assets.manifests.pair import are_splits, artifact_of
from corpus_assets.tables.corpus_row import ROW_SCHEMA_VERSION, CorpusRow
from corpus_assets.tables.merged_row import LONGEST_LINE, read_row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PARQUET_MAGIC = b"PAR1"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file that runs write, and how one is recognized."""

    name: str
    is_one: Callable[[Path], bool]


def output_remedy(setting: str) -> str:
    """Say what to do about an output that cannot be written; `setting` is that of its path."""
    return f"set {setting} or CORPUS_ASSETS_OUTPUT_DIR to a folder that you can write"


def check_outputs(name: str, out: Path, kind: Kind, manifest: Path, inputs: Sequence[Path]) -> None:
    """Look at an artifact's paths without touching them. Raises SettingError.

    `name` is the setting of the artifact's path; `inputs` are folders of input files, in which
    nothing may be written. What stands at a path and is of another kind is somebody else's, and is
    not replaced.
    """
    if out == manifest:
        raise SettingError("manifest_out", str(manifest), f"it must differ from {name}")
    for setting, path, expected in ((name, out, kind), ("manifest_out", manifest, MANIFEST)):
        check_outside(setting, path, inputs)
        check_replaceable(setting, path, expected)
    if (other := artifact_of(manifest)) and other != out.name:
        raise SettingError("manifest_out", str(manifest), f"the manifest of {other} is there")


def check_replaceable(setting: str, path: Path, expected: Kind) -> None:
    """Refuse a path at which there is anything but a file of a kind. Raises SettingError."""
    if path.is_dir():
        raise SettingError(setting, str(path), "it is a folder; give a file name")
    if path.exists() and not _is_file_of(expected, path):
        raise SettingError(setting, str(path), f"a file that is no {expected.name} is there")


def check_outside(name: str, path: Path, media: Sequence[Path]) -> None:
    """Refuse a path inside a folder of input files. Raises SettingError."""
    for folder in media:
        if path.resolve().is_relative_to(folder.resolve()):
            raise SettingError(name, str(path), f"it lies among the input files in {folder}")


def _is_file_of(kind: Kind, path: Path) -> bool:
    """Say whether a regular file that can be read is of a kind."""
    try:
        return path.is_file() and kind.is_one(path)
    except OSError:
        return False


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(PARQUET_MAGIC)) == PARQUET_MAGIC


def _is_manifest(path: Path) -> bool:
    try:
        document = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError:
        return False
    return isinstance(document, dict) and {"schema", "run_provenance"} <= document.keys()


def _is_rows(path: Path) -> bool:
    line = _first_line(path)
    try:
        return CorpusRow.model_validate_json(line).schema_version == ROW_SCHEMA_VERSION
    except pydantic.ValidationError:
        return False


def _is_merged(path: Path) -> bool:
    try:
        read_row(_first_line(path))
    except ValueError:
        return False
    return True


def _first_line(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.readline(LONGEST_LINE)


PARQUET = Kind("parquet table", _is_parquet)
ROWS = Kind("table of corpus rows", _is_rows)
MERGED = Kind("table of corpus rows of any tool", _is_merged)
MANIFEST = Kind("manifest", _is_manifest)
SPLITS = Kind("splits of a training table", are_splits)


def check_writable(what: str, folder: Path, remedy: str) -> None:
    """Make a folder and try to write a file in it. Raises StorageError."""
    if above := next((p for p in (folder, *folder.parents) if p.exists() and not p.is_dir()), None):
        raise StorageError(what, folder, f"{above} is a file", remedy)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise StorageError.of(what, folder, error, remedy) from error
