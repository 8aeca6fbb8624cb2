"""`run_provenance`: who made an artifact, with which settings, from which inputs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Literal

import pydantic

from corpus_assets.files import sha256_of_file

PROJECT_FOLDER = Path(__file__).resolve().parents[2]


class EntryPoint(pydantic.BaseModel, frozen=True):
    """The code file that a user would name."""

    path: str
    sha256: str | None
    exists: bool
    kind: Literal["file", "missing"]


class InputRecord(pydantic.BaseModel, frozen=True):
    """One input of the run; `sha256` only for a file."""

    path: str
    exists: bool
    kind: Literal["file", "directory", "missing"]
    sha256: str | None = None


class RunProvenance(pydantic.BaseModel, frozen=True):
    """The block that all manifests share (schema `ai-run-provenance-v1`)."""

    schema_: Literal["ai-run-provenance-v1"] = pydantic.Field(
        default="ai-run-provenance-v1", alias="schema"
    )
    entrypoint: EntryPoint
    argv: tuple[str, ...]
    args: dict[str, Any]
    inputs: dict[str, InputRecord | list[InputRecord]]
    outputs: dict[str, str]


def entry_point(module: str) -> EntryPoint:
    """Describe the file of an imported module, relative to the project's folder."""
    file = Path(sys.modules[module].__file__ or module).resolve()
    exists = file.is_file()
    return EntryPoint(
        path=file.relative_to(PROJECT_FOLDER).as_posix(),
        sha256=sha256_of_file(file) if exists else None,
        exists=exists,
        kind="file" if exists else "missing",
    )


def input_record(path: Path, sha256: str | None = None) -> InputRecord:
    """Describe a path; a file is hashed unless its digest is given. Raises OSError."""
    if path.is_file():
        digest = sha256 or sha256_of_file(path)
        return InputRecord(path=str(path), exists=True, kind="file", sha256=digest)
    kind: Literal["directory", "missing"] = "directory" if path.is_dir() else "missing"
    return InputRecord(path=str(path), exists=path.exists(), kind=kind)
