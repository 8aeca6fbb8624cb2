"""The JSON Schemas in docs/schema; `python -m corpus_assets_tests.schemas` writes them anew."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pydantic

from corpus_assets.manifests.citation import Citation
from corpus_assets.manifests.kinds import KINDS
from corpus_assets.manifests.splits import SplitsDocument
from corpus_assets.tables.corpus_row import CorpusRow

FOLDER = Path(__file__).parents[1] / "docs" / "schema"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
MODELS: dict[str, type[pydantic.BaseModel]] = {
    "corpus-row-v3": CorpusRow,
    "corpus-assets-citation-v1": Citation,
    "corpus-assets-splits-v1": SplitsDocument,
    **KINDS,
}


def schema_text(name: str) -> str:
    schema = MODELS[name].model_json_schema(mode="serialization", by_alias=True)
    document = {"$schema": DIALECT, "$id": f"{name}.schema.json", **schema}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def path_of(name: str) -> Path:
    return FOLDER / f"{name}.schema.json"


@functools.cache
def _validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(path_of(name).read_text()))


def validate_manifest(manifest: Mapping[str, Any]) -> None:
    """Hold a manifest against its published schema. Raises jsonschema.ValidationError."""
    _validator(manifest["schema"]).validate(manifest)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for model in MODELS:
        path_of(model).write_text(schema_text(model))
