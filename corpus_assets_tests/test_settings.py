"""Every setting of every asset: a bad value is one line that names it and what is allowed."""

from __future__ import annotations

import types
import typing
from pathlib import Path
from typing import Any, Literal

import dagster as dg
import pydantic
import pytest
import yaml

from corpus_assets.artifacts.catalog import ASSETS
from corpus_assets.artifacts.netflix_full import FULL_FEATURES
from corpus_assets.artifacts.request import Asset
from corpus_assets.artifacts.settings import SharedSettings, validated
from corpus_assets.cli.run import SHARED_FLAGS
from corpus_assets.errors import SettingError, SetupError
from corpus_assets.orchestration.build import build_definitions
from corpus_assets_tests.test_cli import corpus_assets

BAD: dict[Any, Any] = {
    str: 7,
    int: "many",
    float: "long",
    bool: "perhaps",
    list: "no list",
    dict: "no mapping",
}
OUT_OF_RANGE = {
    "crf": 99,
    "max_clips": 0,
    "max_pairs": 0,
    "max_failed_share": 1.5,
    "clip_timeout": 0,
    "width": 1,
    "height": 1,
    "codec": "",
    "encoder": "",
    "preset": "",
    "pix_fmt": "",
    "include": [""],
    "exclude": [""],
    "symlink_roots": [""],
    "feature_set": "nothing",
    "cache_policy": "maybe",
    "inputs": {"a/b/c": "x.parquet"},
    "shards": [""],
    "validation_share": 1.5,
    "test_share": -1.0,
    "workers": 0,
    "memory_gib": -1.0,
}
FREE_TEXT = {
    *("out", "output", "manifest_out", "cache_dir", "model", "vmaf_bin", "konvid_root"),
    *("data_root", "bvi_zip", "bvi_dir", "output_dir", "ffmpeg", "corpus_rows", "dask_address"),
    "accelerate",
}
"""Paths and names, which are looked at when they are resolved."""


def cases() -> list[tuple[type[Any], str, Any]]:
    models: list[type[pydantic.BaseModel]] = [*(asset.settings for asset in ASSETS), SharedSettings]
    return [
        (model, name, value)
        for model in models
        for name, field in model.model_fields.items()
        for value in bad_values(name, field.annotation)
    ]


def bad_values(name: str, annotation: Any) -> list[Any]:
    """Return a value of a wrong type, and one out of range where there is a range."""
    plain = [kind for kind in arguments(annotation) if kind is not types.NoneType]
    wrong = [BAD[kind] for kind in plain if kind in BAD][:1]
    return [*wrong, *([OUT_OF_RANGE[name]] if name in OUT_OF_RANGE else [])]


def arguments(annotation: Any) -> list[Any]:
    origin = typing.get_origin(annotation)
    if origin is Literal:
        return []
    if origin in {typing.Union, types.UnionType}:
        return [inner for part in typing.get_args(annotation) for inner in arguments(part)]
    return [origin or annotation]


@pytest.mark.parametrize(("model", "name", "value"), cases())
def test_a_bad_value_names_field_value_and_what_is_allowed(
    model: type[Any], name: str, value: Any
) -> None:
    with pytest.raises(SetupError) as caught:
        validated(model, {name: value})
    text = str(caught.value)
    assert text.startswith(name)
    assert "\n" not in text
    assert isinstance(caught.value, SettingError)
    assert any(repr(part) in text for part in (value, *(value if type(value) is list else ())))
    assert text.endswith(caught.value.allowed)
    assert caught.value.allowed


def test_features_are_a_set_or_columns() -> None:
    chosen = {"float_ssim": ["float_ssim"], "float_ssim,": ["float_ssim"], "full": "full"}
    for given, features in chosen.items():
        assert FULL_FEATURES.settings(feature_set=given).model_dump()["feature_set"] == features


def test_every_setting_is_tried() -> None:
    tried = {name for _, name, _ in cases()}
    assert tried >= {name for asset in ASSETS for name in asset.settings.model_fields}
    for model, name, _ in cases():
        assert (
            name in FREE_TEXT
            or OUT_OF_RANGE.get(name) is not None
            or (model.model_fields[name].annotation is bool)
        ), name


@pytest.mark.parametrize("asset", ASSETS, ids=lambda asset: asset.name)
def test_the_same_from_the_command_line(asset: Asset[Any], tmp_path: Path) -> None:
    """Several at once; the first that is wrong is named."""
    wrong = {"crf": "99", "memory_gib": "-1", "preset": "", "max_pairs": "0"}
    flags = {*asset.settings.model_fields, *(set(SHARED_FLAGS) & set(asset.shared_settings))}
    for name in flags & wrong.keys():
        flag = f"--{name.replace('_', '-')}"
        done = corpus_assets("run", asset.name, flag, wrong[name], folder=tmp_path)
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1, done.stderr
        assert name in done.stderr or flag in done.stderr


def test_scoring_assets_are_in_a_pool() -> None:
    jobs = build_definitions().resolve_implicit_global_asset_job_def()
    pools = {node.name: node.definition.pool for node in jobs.nodes}  # type: ignore[attr-defined]
    scoring = {asset.op for asset in ASSETS if "workers" in asset.shared_settings}
    assert {name for name, pool in pools.items() if pool == "scoring"} == scoring


def test_dagster_lets_one_scoring_run_start_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    own = yaml.safe_load((Path(__file__).parents[1] / "dagster.yaml").read_text())
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump({"concurrency": own["concurrency"]}))
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        pools = instance.get_concurrency_config().pool_config
    assert pools.default_pool_limit == 1
    assert str(pools.pool_granularity).endswith("RUN")
