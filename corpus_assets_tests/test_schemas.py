"""The published JSON Schemas are those of the code, and hold of what is written."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from corpus_assets_tests.making import build_netflix, build_pairs, manifest_of
from corpus_assets_tests.schemas import FOLDER, MODELS, path_of, schema_text


@pytest.mark.parametrize("name", MODELS)
def test_published_schema_is_current(name: str) -> None:
    assert path_of(name).read_text() == schema_text(name), (
        "run python -m corpus_assets_tests.schemas"
    )
    jsonschema.Draft202012Validator.check_schema(json.loads(path_of(name).read_text()))


def test_every_published_schema_has_a_model() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {path_of(name).name for name in MODELS}


def test_manifests_of_scored_tables_are_valid(konvid_root: Path, netflix_root: Path) -> None:
    for built in (
        build_pairs(konvid_root),
        build_netflix(netflix_root, feature_set="canonical6", width=384, height=216),
    ):
        manifest = manifest_of(built)
        schema = json.loads(path_of(manifest["schema"]).read_text())
        jsonschema.validate(manifest, schema, jsonschema.Draft202012Validator)
