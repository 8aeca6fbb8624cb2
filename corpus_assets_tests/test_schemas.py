"""The published JSON Schemas are those of the code, and hold of what is written.

Every manifest that a test publishes in its own process is validated too (`conftest.py`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from corpus_assets.manifests.verification import verify
from corpus_assets.tables.corpus_row import CORPUS_ROWS
from corpus_assets_tests.making import build_pairs, manifest_of
from corpus_assets_tests.schemas import FOLDER, MODELS, path_of, schema_text, validate_manifest

DOCS = FOLDER.parent
FOLDER_RECORD = {"path": "/data", "exists": True, "kind": "directory"}
PROVENANCE = {
    "schema": "ai-run-provenance-v1",
    "entrypoint": {"path": "scripts/make.py", "sha256": "0" * 64, "exists": True, "kind": "file"},
    "argv": ["python", "scripts/make.py", "--crf", "35"],
    "args": {"crf": 35, "max_clips": None},
    "inputs": {
        "cache_dir": FOLDER_RECORD,
        "shards": [FOLDER_RECORD | {"kind": "missing", "exists": False}],
        "vmaf_bin": {"path": "/usr/bin/vmaf", "exists": True, "kind": "file", "sha256": "1" * 64},
    },
    "outputs": {"parquet": "/out/t.parquet", "manifest": "/out/t.manifest.json"},
}
WRITTEN_BY_HAND: dict[str, dict[str, Any]] = {
    "netflix-full-features-manifest-v1": {
        "features": ["adm2"],
        "stats": {"pairs": 70, "rows": 10500, "elapsed_s": 12.5},
    },
    "konvid-vmaf-pairs-manifest-v1": {
        "features": ["adm2"],
        "crf": 35,
        "cache_enabled": True,
        "failed_clips": ["KoNViD_1k_videos_1"],
        "stats": {
            "clips_selected": 2,
            "clips_processed": 1,
            "clips_failed": 1,
            "frames": 240,
            "elapsed_s": 9,
        },
    },
    "konvid-full-features-manifest-v1": {
        "features": ["adm2", "psnr_y"],
        "crf": 35,
        "cache_enabled": False,
        "failed_clips": [],
        "stats": {
            "clips_selected": 1,
            "clips_processed": 1,
            "clips_failed": 0,
            "frames": 240,
            "elapsed_s": 9,
        },
    },
    "bvi-dvc-full-features-manifest-v1": {
        "features": ["adm2"],
        "extractors": ["adm"],
        "crf": 35,
        "codec": "x264",
        "cache": {"enabled": True, "directory": "/cache"},
        "stats": {
            "input_mode": "zip",
            "tier": "D",
            "clips_selected": 1,
            "frames": 64,
            "columns": 5,
        },
    },
    "bvi-dvc-corpus-jsonl-manifest-v1": {
        "row_schema_version": 3,
        "encoder": "libx264",
        "preset": "fast",
        "crf": 35,
        "pix_fmt": "yuv420p10le",
        "stats": {"cache_files": 772, "rows": 771},
    },
    "full-feature-parquet-combine-manifest-v1": {
        "inputs": [
            {"label": "konvid", "path": "/k.parquet", "rows": 10, "missing_features": ["cambi"]},
        ],
        "output_columns": ["corpus", "source", "adm2", "vmaf"],
        "stats": {"input_count": 1, "output_rows": 10, "corpora": ["konvid"]},
    },
    "vmaf-tune-corpus-merge-manifest-v1": {
        "required_keys": ["src_sha256", "vmaf_score"],
        "dedup_key": ["src_sha256", "encoder", "preset", "crf"],
        "summary": {
            "rows_in": 3,
            "rows_out": 2,
            "duplicates": 1,
            "conflicts": 0,
            "unique_sources": 2,
        },
    },
}
"""As FORMATS of the trainers has them: the keys that readers use, and nothing else."""


def by_hand(name: str) -> dict[str, Any]:
    return {"schema": name, "run_provenance": PROVENANCE, **WRITTEN_BY_HAND[name]}


@pytest.mark.parametrize("name", MODELS)
def test_published_schema_is_current(name: str) -> None:
    assert path_of(name).read_text() == schema_text(name), (
        "run python -m corpus_assets_tests.schemas"
    )
    jsonschema.Draft202012Validator.check_schema(json.loads(path_of(name).read_text()))


def test_every_published_schema_has_a_model() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {path_of(name).name for name in MODELS}
    ours = {"corpus-row-v3", "corpus-assets-citation-v1", "corpus-assets-splits-v1"}
    assert set(MODELS) == ours | set(WRITTEN_BY_HAND)


@pytest.mark.parametrize("name", WRITTEN_BY_HAND)
def test_a_manifest_written_by_hand(name: str) -> None:
    """The keys of the contract suffice, each is needed, and others may stand beside them."""
    manifest = by_hand(name)
    validate_manifest(manifest)
    validate_manifest(manifest | {"note": "mine"})
    for key in manifest:
        if key != "schema":
            refused({other: value for other, value in manifest.items() if other != key}, name)
    refused(manifest | {"stats" if "stats" in manifest else "summary": {}}, name)


def test_ours_has_all_that_it_promises(konvid_root: Path) -> None:
    manifest = manifest_of(build_pairs(konvid_root))
    name = manifest["schema"]
    for key in ("engine", "inventory", "counts", "recipe", "failures", "unavailable_features"):
        refused({other: value for other, value in manifest.items() if other != key}, name)
    refused(manifest | {"artifact": manifest["artifact"] | {"rows": "36"}}, name)
    refused(manifest | {"cache": {"enabled": True, "directory": "/c", "policy": "reuse"}}, name)


def test_a_corpus_row() -> None:
    blank = {"string": "", "int64": 0, "float64": 0.0, "bool": False}
    row = {column.name: blank[column.type_name] for column in CORPUS_ROWS.columns}
    row |= {"schema_version": 3, "clip_mode": "full", "src_sha256": "0" * 64}
    row |= {"run_id": "0" * 32}
    schema = json.loads(path_of("corpus-row-v3").read_text())
    jsonschema.validate(row, schema, jsonschema.Draft202012Validator)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(row | {"crf": "35"}, schema, jsonschema.Draft202012Validator)


def properties(schema: Any) -> Iterator[str]:
    """Yield every key that a schema knows, at any depth."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
    for part in schema.values() if isinstance(schema, dict) else schema:
        if isinstance(part, dict | list):
            yield from properties(part)


@pytest.mark.parametrize("name", WRITTEN_BY_HAND)
def test_every_key_is_explained(name: str) -> None:
    text = (DOCS / "manifest.md").read_text()
    keys = set(properties(json.loads(path_of(name).read_text())))
    assert sorted(key for key in keys if f"`{key}`" not in text) == []


def test_the_example_is_a_manifest(tmp_path: Path) -> None:
    example = json.loads((DOCS / "example.manifest.json").read_text())
    validate_manifest(example)
    assert example["counts"]["failed"] == 1
    assert example["counts"]["skipped"] == 1
    example["artifact"]["path"] = str(tmp_path / "none.parquet")
    (tmp_path / "example.manifest.json").write_text(json.dumps(example))
    found = verify(tmp_path / "example.manifest.json").mismatches
    assert [one.what for one in found] == ["artifact"], "all but the table is there"


def refused(manifest: Mapping[str, Any], name: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        validate_manifest({**manifest, "schema": name})
