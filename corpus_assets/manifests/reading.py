"""A manifest as a model, from wherever a user points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import orjson
import pydantic

from corpus_assets.errors import DataError, MissingManifestError
from corpus_assets.files import read_regular
from corpus_assets.manifests.kinds import KINDS
from corpus_assets.manifests.pair import LARGEST_MANIFEST, manifests_at

if TYPE_CHECKING:
    from pathlib import Path

    from corpus_assets.manifests.kinds import Manifest


ModelT = TypeVar("ModelT", bound=pydantic.BaseModel)


def only_manifest_at(path: Path) -> Path:
    """Return the one manifest that a path leads to. Raises MissingManifestError."""
    found = manifests_at(path)
    if len(found) > 1:
        names = ", ".join(one.name for one in found)
        raise MissingManifestError(f"{path} holds {len(found)} manifests: {names}; name one")
    return found[0]


def read_manifest(path: Path) -> Manifest:
    """Read a manifest of ours. Raises MissingManifestError, or DataError naming what is wrong."""
    kind, document = read_document(path)
    if "artifact" not in document:
        raise DataError(
            f"{path} records neither its artifact's digest nor the inventory: an earlier script "
            "wrote it; materialize the asset to have a manifest that does"
        )
    return validated(kind, document, path)


def read_document(path: Path) -> tuple[type[Manifest], dict[str, Any]]:
    """Read a manifest of ours or of an earlier script, and say of which kind it is.

    Raises MissingManifestError, or DataError when it is no manifest of a known kind.
    """
    document = read_json(path)
    schema = document.get("schema")
    kind = KINDS.get(str(schema))
    if kind is None:
        raise DataError(f"{path}: schema: {schema!r} is none of {', '.join(KINDS)}")
    return kind, document


def read_json(path: Path) -> dict[str, Any]:
    """Read what may be a manifest. Raises MissingManifestError, or DataError for no JSON object."""
    try:
        document = orjson.loads(read_regular(path, LARGEST_MANIFEST))
    except OSError as error:
        raise MissingManifestError(f"{path}: {error.strerror}") from error
    except orjson.JSONDecodeError as error:
        raise DataError(f"{path} is no JSON document: {error}") from error
    if not isinstance(document, dict):
        raise DataError(f"{path} is no JSON object")
    return document


def validated(kind: type[ModelT], document: dict[str, Any], path: Path) -> ModelT:
    """Return a document as a model, without keys of later releases.

    Raises DataError naming the first thing that is wrong.
    """
    try:
        return kind.model_validate(document, extra="ignore")
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "manifest"
        raise DataError(f"{path}: {where}: {first['msg']}") from error
