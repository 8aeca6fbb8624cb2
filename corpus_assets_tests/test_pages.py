"""What the pages of assets say: definitions, and materializations as the instance records them."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus_assets.artifacts import catalog
from corpus_assets.artifacts.lineage import same_names
from corpus_assets.artifacts.netflix_full import FULL_FEATURES as NETFLIX
from corpus_assets.artifacts.request import Asset
from corpus_assets.libvmaf.features import CANONICAL6
from corpus_assets.orchestration.build import build_definitions
from corpus_assets.orchestration.commands import LINE, code_block, folded
from corpus_assets.orchestration.observing import CORPUS_VERSION
from corpus_assets.tables.schema import KONVID_VMAF_PAIRS
from corpus_assets_tests.media import NETFLIX_SIZE
from corpus_assets_tests.pictures import boxes, drawing, texts
from corpus_assets_tests.test_corpus_rows import foreign_report

SCORED = {
    "dagster/row_count": dg.IntMetadataValue,
    "dagster/uri": dg.TextMetadataValue,
    "artifact": dg.PathMetadataValue,
    "manifest": dg.PathMetadataValue,
    "sha256": dg.TextMetadataValue,
    "content_sha256": dg.TextMetadataValue,
    "commands": dg.MarkdownMetadataValue,
    "command_line": dg.MarkdownMetadataValue,
    "dagster/column_schema": dg.TableSchemaMetadataValue,
    "clips_found": dg.IntMetadataValue,
    "clips_skipped": dg.IntMetadataValue,
    "clips_selected": dg.IntMetadataValue,
    "clips_extracted": dg.IntMetadataValue,
    "clips_cached": dg.IntMetadataValue,
    "clips_failed": dg.IntMetadataValue,
    "failures": dg.TableMetadataValue,
    "unavailable_features": dg.TableMetadataValue,
    "frames_per_second": dg.FloatMetadataValue,
    "elapsed_seconds": dg.FloatMetadataValue,
    "vmaf_mean": dg.FloatMetadataValue,
    "vmaf_histogram": dg.MarkdownMetadataValue,
    "chart_vmaf_of_frames": dg.MarkdownMetadataValue,
    "chart_vmaf_by_source": dg.MarkdownMetadataValue,
    "chart_vmaf_by_clip": dg.MarkdownMetadataValue,
    "lowest_clips": dg.TableMetadataValue,
    "settings": dg.JsonMetadataValue,
    CORPUS_VERSION: dg.TextMetadataValue,
}
ROWS = {
    **{name: SCORED[name] for name in [*SCORED][:9]},
    "reports_found": dg.IntMetadataValue,
    "reports_ours": dg.IntMetadataValue,
    "reports_foreign": dg.IntMetadataValue,
    "reports_failed": dg.IntMetadataValue,
    "rows_incomplete": dg.IntMetadataValue,
    "failures": dg.TableMetadataValue,
    "elapsed_seconds": dg.FloatMetadataValue,
    "vmaf_mean": dg.FloatMetadataValue,
    "vmaf_histogram": dg.MarkdownMetadataValue,
    "chart_vmaf_of_clips": dg.MarkdownMetadataValue,
    "chart_vmaf_by_size": dg.MarkdownMetadataValue,
    "chart_vmaf_by_clip": dg.MarkdownMetadataValue,
    "settings": dg.JsonMetadataValue,
    "dagster/column_lineage": dg.TableColumnLineageMetadataValue,
}
SIZES = {"DOne": "480x272", "DTwo": "480x272", "AOne": "3840x2176"}
SHELL = "/bin/bash"
SAID = """
said() { printf '%s\\0' "$@"; echo; }
corpus-assets() { said corpus-assets "$@"; }
dagster() { said dagster "$@"; }
"""
"""Has the tools print their command lines."""


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


def made(instance: dg.DagsterInstance, name: str, config: dict[str, Any]) -> dict[str, Any]:
    """Materialize an asset, and read its metadata back."""
    key = dg.AssetKey.from_user_string(name)
    job = build_definitions().resolve_implicit_global_asset_job_def()
    ops = {key.to_python_identifier(): {"config": config}}
    assert job.execute_in_process({"ops": ops}, instance=instance, asset_selection=[key]).success
    event = instance.get_latest_materialization_event(key)
    assert event is not None
    assert event.asset_materialization is not None
    return dict(event.asset_materialization.metadata)


def specs(**options: Any) -> dict[str, dg.AssetSpec]:
    """Return the specs of the assets that are made here, as they are served."""
    found = build_definitions(**options).resolve_all_asset_specs()
    return {one.key.to_user_string(): one for one in found if one.code_version}


def test_page_of_pairs(instance: dg.DagsterInstance, netflix_root: Path) -> None:
    width, height = NETFLIX_SIZE
    config = {"width": width, "height": height, "feature_set": "canonical6"}
    metadata = made(instance, NETFLIX.name, {**config, "data_root": str(netflix_root)})
    assert {name: type(value) for name, value in metadata.items()} == SCORED
    by_source = drawing(metadata["chart_vmaf_by_source"].value)
    assert len(boxes(by_source)) == 2
    assert {"Bikes", "Bunny", "VMAF by source"} <= {*texts(by_source)}
    by_clip = drawing(metadata["chart_vmaf_by_clip"].value)
    lowest = [record.data["key"] for record in metadata["lowest_clips"].records]
    shown = [text for text in texts(by_clip) if text in lowest]
    assert shown == lowest == ["Bikes_30_144_200", "Bunny_40_144_300", "Bikes_80_216_900"]
    mean = f"mean {metadata['vmaf_mean'].value:.1f} (line)"
    assert mean in texts(drawing(metadata["chart_vmaf_of_frames"].value))
    manifest = json.loads(Path(metadata["manifest"].value).read_text())
    assert commands_in(metadata["commands"].value) == [
        ["corpus-assets", command, metadata["manifest"].value]
        for command in ("verify", "replay", "cite")
    ]
    assert commands_in(metadata["command_line"].value) == [manifest["run_provenance"]["argv"]]


def test_page_of_rows(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    for name, size in SIZES.items():
        report = folder / f"{name}_{size}_25fps_10bit_420.json"
        report.write_text(json.dumps(foreign_report()))
    metadata = made(instance, "bvi_dvc/corpus_rows", {"cache_dir": str(folder)})
    assert {name: type(value) for name, value in metadata.items()} == ROWS
    by_size = drawing(metadata["chart_vmaf_by_size"].value)
    assert {"tier A, 3840x2176", "tier D, 480x272"} <= {*texts(by_size)}
    assert len(boxes(drawing(metadata["chart_vmaf_by_clip"].value))) == len(SIZES)
    lineage = metadata["dagster/column_lineage"].value.deps_by_column
    upstream = dg.AssetKey(["bvi_dvc", "full_features"])
    assert lineage["vmaf_score"] == [dg.TableColumnDep(upstream, "vmaf")]
    for feature in CANONICAL6.columns:
        for statistic in ("mean", "std"):
            assert lineage[f"{feature}_{statistic}"] == [dg.TableColumnDep(upstream, feature)]
    assert lineage["src"] == [dg.TableColumnDep(upstream, "key")]
    assert "crf" not in lineage


def test_lineage_names_columns_that_are_there() -> None:
    tables = {asset.key: {column.name for column in asset.spec.columns} for asset in catalog.ASSETS}
    for asset in catalog.ASSETS:
        assert {*asset.lineage} <= tables[asset.key]
        for key, column in (origin for origins in asset.lineage.values() for origin in origins):
            assert key in asset.upstream
            assert column in tables[key]


def test_lineage_by_name_is_that_of_the_tables_that_have_the_column() -> None:
    pairs, raw = ("konvid_1k", "vmaf_pairs"), NETFLIX.key
    lineage = same_names(NETFLIX.spec, {pairs: KONVID_VMAF_PAIRS, raw: NETFLIX.spec})
    assert lineage["vmaf"] == ((pairs, "vmaf"), (raw, "vmaf"))
    assert lineage["source"] == ((raw, "source"),)
    assert "dis_basename" not in same_names(NETFLIX.spec, {pairs: KONVID_VMAF_PAIRS})


@pytest.mark.parametrize("asset", catalog.ASSETS, ids=lambda asset: asset.name)
def test_page_before_the_first_run(asset: Asset[Any]) -> None:
    spec = specs()[asset.name]
    assert spec.group_name == spec.tags["corpus"] == asset.key[0]
    assert spec.tags["modality"] == "video"
    assert spec.tags["row"] == ("frame" if "frame_index" in asset.spec.schema.names else "clip")
    assert not spec.owners
    (reference,) = spec.metadata["dagster/code_references"].code_references
    assert isinstance(reference, dg.LocalFileCodeReference)
    assert Path(reference.file_path).read_text().startswith(f'"""`{asset.name}`:')
    assert spec.description is not None
    assert {"**Recipe.**", "**Table.**"} <= {*re.findall(r"\*\*\w+\.\*\*", spec.description)}
    named = {name for name in asset.spec.schema.names if f"`{name}`" in spec.description}
    assert len(named) >= 4
    schema = spec.metadata["dagster/column_schema"]
    for column in schema.columns:
        assert column.description
        assert "<" not in column.description, "the web UI takes it for HTML"
    if asset.lineage:
        assert spec.metadata["dagster/column_lineage"].deps_by_column.keys() == asset.lineage.keys()


def test_numbers_have_a_unit_or_a_range() -> None:
    said = re.compile(r"no unit|dB|pixels|seconds|bytes|frames|levels|its unit|\b0\b|always")
    for asset in catalog.ASSETS:
        for column in asset.spec.columns:
            if column.type_name in {"int64", "float64"}:
                assert said.search(column.description), f"{asset.name}: {column.name}"


def test_owners_are_those_given() -> None:
    owners = ["team:vision", "ada@example.org"]
    assert {tuple(spec.owners) for spec in specs(owners=owners).values()} == {tuple(owners)}
    assert not any(spec.owners for spec in specs().values())
    with pytest.raises(dg.DagsterInvalidDefinitionError, match="owner"):
        build_definitions(owners=["nobody"])


def commands_in(markdown: str) -> list[list[str]]:
    """Return what a shell makes of a block of commands."""
    code = markdown.removeprefix("```sh\n").removesuffix("\n```")
    done = subprocess.run([SHELL, "-c", SAID + code], capture_output=True, text=True, check=True)
    return [line.removesuffix("\0").split("\0") for line in done.stdout.splitlines()]


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))))
def test_folded_commands_are_the_same_commands(arguments: list[str]) -> None:
    line = folded(["printf", "%s\\0", *arguments])
    done = subprocess.run([SHELL, "-c", line], capture_output=True, check=True)
    assert done.stdout == "".join(f"{one}\0" for one in arguments or [""]).encode()


def test_long_commands_are_short_lines_and_stay_in_their_block() -> None:
    config = json.dumps({f"name{number}": "value" for number in range(50)})
    lines = folded(["dagster", "--config-json", config]).splitlines()
    assert max(map(len, lines)) <= LINE + 2
    assert all(line.endswith("\\") for line in lines[:-1])
    block = code_block(["echo '\n````\n'"])
    assert block.startswith("`````sh\n")
    assert block.endswith("\n`````")
