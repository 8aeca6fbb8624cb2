"""Manifests as files: UTF-8, keys sorted, two spaces, strict JSON, a newline at the end."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import orjson
import pydantic

SUFFIX = ".manifest.json"
SPLITS_SUFFIX = ".splits.json"


def manifest_path(artifact: Path) -> Path:
    """Return where the manifest of an artifact is by default: beside it."""
    return artifact.with_name(artifact.stem + SUFFIX)


def splits_path(artifact: Path) -> Path:
    """Return where the splits of a training table are: beside it."""
    return artifact.with_name(artifact.stem + SPLITS_SUFFIX)


def to_bytes(manifest: pydantic.BaseModel) -> bytes:
    """Return a manifest's bytes; equal models give equal bytes."""
    tree = manifest.model_dump(mode="json", by_alias=True)
    options = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    try:
        return orjson.dumps(tree, option=options)
    except TypeError:  # an integer of more than 64 bits, which only other tools write
        text = json.dumps(finite(tree), sort_keys=True, indent=2, ensure_ascii=False)
        return f"{text}\n".encode()


def finite(value: Any) -> Any:  # noqa: ANN401 (any JSON tree)
    """Return a JSON tree with infinite and not-a-number values as None."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
