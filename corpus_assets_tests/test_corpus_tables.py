"""Tables as inputs: in a code location of one's own, and by asset key."""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import dagster as dg
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pytest

import corpus_assets
from corpus_assets.artifacts.catalog import ASSETS
from corpus_assets.artifacts.settings import SharedSettings
from corpus_assets.errors import (
    DataError,
    MissingManifestError,
    MissingTableError,
    SettingError,
)
from corpus_assets.files import sha256_of_open
from corpus_assets.orchestration.build import build_definitions
from corpus_assets.orchestration.corpus_tables import CorpusTables, table_specs
from corpus_assets_tests.archives import write_archive
from corpus_assets_tests.dagster_runs import materialize_pairs
from corpus_assets_tests.making import build_bvi, build_pairs, build_rows
from corpus_assets_tests.tiny_model import write_tiny_model

EXAMPLE = Path(__file__).parents[1] / "docs" / "examples" / "training_location.py"
PAIRS, TIERS, ROWS = "konvid_1k/vmaf_pairs", "bvi_dvc/full_features", "bvi_dvc/corpus_rows"
KINDS = "it takes pandas.DataFrame, pyarrow.Table or pyarrow.dataset.Dataset"
(TIER_SPEC,) = (one for one in table_specs() if one.key.to_user_string() == TIERS)


@pytest.fixture(scope="module")
def made(media: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of artifacts: pairs, tiers C and D, and corpus rows."""
    folder = tmp_path_factory.mktemp("made")
    videos = folder / "konvid-1k" / "KoNViD_1k_videos"
    videos.mkdir(parents=True)
    for name, clip in {"10": "bikes", "20": "carphone"}.items():
        shutil.copy(media / f"{clip}.mp4", videos / f"{name}.mp4")
    clips = dict.fromkeys(("COne", "DOne"), media / "ten.mp4")
    archive = str(write_archive(folder / "bvi.zip", clips))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CORPUS_ASSETS_CACHE_DIR", str(folder / "cache"))
        patch.setenv("CORPUS_ASSETS_OUTPUT_DIR", str(folder / "runs"))
        build_pairs(videos.parent)
        for tier in "CD":
            build_bvi(tier=tier, bvi_zip=archive, feature_set="canonical6")
        build_rows()
    return folder


@pytest.fixture
def runs(made: Path, tmp_path: Path) -> Path:
    """A copy of it, where the environment says."""
    return Path(shutil.copytree(made / "runs", tmp_path / "runs"))


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


def table_in(runs: Path, name: str = "konvid_vmaf_pairs.parquet") -> pd.DataFrame:
    return pd.read_parquet(runs / name)


class Taken:
    """An asset that takes a table, and what it got."""

    def __init__(self, key: str, kind: Any, **options: Any) -> None:
        self.got: list[Any] = []
        self.key = key.split("/")
        partitions = options.pop("partitions_def", None)
        taken = dg.AssetIn(self.key, input_manager_key="corpus_tables", **options)

        def mine(table: Any) -> dg.MaterializeResult:  # type: ignore[type-arg]
            self.got.append(table)
            return dg.MaterializeResult()

        mine.__annotations__ = {"return": dg.MaterializeResult}
        if kind is not None:
            mine.__annotations__ = {"table": kind, **mine.__annotations__}
        self.asset = dg.asset(ins={"table": taken}, partitions_def=partitions)(mine)

    def by(
        self,
        instance: dg.DagsterInstance,
        *others: dg.AssetSpec,
        tables: CorpusTables | None = None,
        partition: str | None = None,
    ) -> Any:
        """Materialize it, and return what it got."""
        dg.materialize(
            [self.asset, *(others or [dg.AssetSpec(self.key)])],
            instance=instance,
            selection=[self.asset.key],
            resources={"corpus_tables": tables or CorpusTables()},
            partition_key=partition,
        )
        return self.got[-1]


def refused(instance: dg.DagsterInstance, key: str, kind: Any, **options: Any) -> str:
    with pytest.raises(dg.Failure) as failure:
        Taken(key, kind).by(instance, **options)
    return str(failure.value.description)


def reported(instance: dg.DagsterInstance, folder: Path, content: str | None = None) -> None:
    """Have an instance know of a materialization of the pairs in a folder."""
    manifest = folder / "konvid_vmaf_pairs.manifest.json"
    recorded = json.loads(manifest.read_text())["artifact"]["content_sha256"]
    metadata = {
        "artifact": dg.MetadataValue.path(str(folder / "konvid_vmaf_pairs.parquet")),
        "manifest": dg.MetadataValue.path(str(manifest)),
        "content_sha256": dg.MetadataValue.text(content or recorded),
    }
    event = dg.AssetMaterialization(dg.AssetKey(PAIRS.split("/")), metadata=metadata)
    instance.report_runless_asset_event(event)


def test_the_example_in_the_docs(runs: Path, tmp_path: Path) -> None:
    """As its own words say, by Dagster's command."""
    assert runs.is_dir()
    command = ("asset", "materialize", "-f", str(EXAMPLE), "--select", "linear_vmaf")
    environment = {**os.environ, "PYTHONWARNINGS": "ignore", "DAGSTER_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "dagster", *command],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey("linear_vmaf"))
    assert event is not None
    assert event.asset_materialization is not None
    metadata = event.asset_materialization.metadata
    table = table_in(runs)
    assert metadata["frames"].value == len(table)
    weights: Any = metadata["weights"].value
    assert {*weights} == {"adm2", *(f"vif_scale{n}" for n in range(4)), "motion2", "bias"}
    assert np.isfinite([*weights.values(), metadata["held_out_rmse"].value]).all()


@pytest.mark.parametrize("kind", [pd.DataFrame, pa.Table, ds.Dataset])
def test_what_an_annotation_gives(runs: Path, instance: dg.DagsterInstance, kind: Any) -> None:
    for got in (Taken(PAIRS, kind).by(instance), corpus_assets.load(PAIRS, kind)):
        assert isinstance(got, kind)
        frame = got if kind is pd.DataFrame else got.to_table() if kind is ds.Dataset else got
        frame = frame if kind is pd.DataFrame else frame.to_pandas()
        pd.testing.assert_frame_equal(frame, table_in(runs))


@pytest.mark.parametrize("kind", [pd.DataFrame, pa.Table])
def test_json_lines(runs: Path, instance: dg.DagsterInstance, kind: Any) -> None:
    lines = (runs / "bvi_dvc_corpus.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    for got in (Taken(ROWS, kind).by(instance), corpus_assets.load(ROWS, kind)):
        assert isinstance(got, kind)
        table = got if kind is pa.Table else pa.Table.from_pandas(got)
        assert table.num_rows == len(rows) == 2
        assert table.to_pylist()[1] == rows[1]
        assert table.column_names == [*rows[1]]


def test_not_a_number_stays_one_in_json_lines(runs: Path) -> None:
    path = runs / "bvi_dvc_corpus.jsonl"
    text = path.read_text()
    number = json.loads(text.splitlines()[0])["adm2_mean"]
    path.write_text(text.replace(f'"adm2_mean": {number}', '"adm2_mean": NaN', 1))
    remade(path)
    table = corpus_assets.load(ROWS, pa.Table)
    assert np.isnan(table["adm2_mean"][0].as_py())
    assert corpus_assets.load(ROWS)["adm2_mean"].isna().sum() == 1


def remade(path: Path) -> None:
    """Have the manifest say what the file is now."""
    manifest = path.with_name(f"{path.stem}.manifest.json")
    document = json.loads(manifest.read_text())
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    document["artifact"] |= {"bytes": len(data), "sha256": digest}
    manifest.write_text(json.dumps(document))


def test_every_asset_has_a_name_of_its_file_for_every_part() -> None:
    names = [
        asset.file_name(part)
        for asset in ASSETS
        for part in (asset.partitions.keys if asset.partitions else (None,))
    ]
    assert len({*names}) == len(names)
    assert all(("{" not in name) and Path(name).name == name for name in names)
    variables = {
        "VMAF_NETFLIX_CORPUS_DIR": "/nowhere",
        "VMAF_KONVID_1K_DIR": "/nowhere",
        "CORPUS_ASSETS_OUTPUT_DIR": "/runs",
    }
    for asset in ASSETS:
        if not asset.partitions:
            (request,) = asset.resolve(asset.settings(), SharedSettings(), variables)
            path = request.settings.get("out", request.settings.get("output"))
            assert path == f"/runs/{asset.file_name()}"


def test_partitions_that_are_mapped_come_as_one(runs: Path, instance: dg.DagsterInstance) -> None:
    tables = {tier: table_in(runs, f"full_features_bvi_dvc_{tier}.parquet") for tier in "CD"}
    both = pd.concat(tables.values(), ignore_index=True)
    small = dg.SpecificPartitionsPartitionMapping(["C", "D"])
    for kind in (pd.DataFrame, ds.Dataset):
        got = Taken(TIERS, kind, partition_mapping=small).by(instance, TIER_SPEC)
        frame = got if kind is pd.DataFrame else got.to_table().to_pandas()
        pd.testing.assert_frame_equal(frame, both)
    own = Taken(TIERS, pd.DataFrame, partitions_def=TIER_SPEC.partitions_def)
    pd.testing.assert_frame_equal(own.by(instance, TIER_SPEC, partition="D"), tables["D"])
    pd.testing.assert_frame_equal(Taken(TIERS, pd.DataFrame).by(instance), both)
    pd.testing.assert_frame_equal(corpus_assets.load(TIERS), both)
    pd.testing.assert_frame_equal(corpus_assets.load(TIERS, partitions="C"), tables["C"])
    in_order = corpus_assets.load(TIERS, pa.Table, partitions=["D", "C"])
    assert in_order.num_rows == len(both)
    assert in_order["key"][0].as_py().startswith("D")


def test_partitions_come_in_their_order_whatever_dagster_gives(
    runs: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert runs.is_dir()
    small = dg.SpecificPartitionsPartitionMapping(["C", "D"])
    for given in (["C", "D"], ["D", "C"]):
        monkeypatch.setattr(dg.InputContext, "asset_partition_keys", given)
        got = Taken(TIERS, pd.DataFrame, partition_mapping=small).by(instance, TIER_SPEC)
        assert got["key"].is_monotonic_increasing


def test_a_partition_that_was_not_made_is_named(runs: Path, instance: dg.DagsterInstance) -> None:
    with pytest.raises(dg.Failure, match=f"{TIERS} A has not been materialized: there is no full_"):
        Taken(TIERS, pd.DataFrame).by(instance, TIER_SPEC)
    with pytest.raises(MissingTableError, match=f"{TIERS} B has not been materialized"):
        corpus_assets.load(TIERS, partitions=["C", "B"])
    for table in runs.glob("*.parquet"):
        table.unlink()
    with pytest.raises(MissingTableError, match=f"{TIERS} A, B, C, D has not been materialized"):
        corpus_assets.load(TIERS)


def test_tables_that_differ_are_not_put_together(made: Path, runs: Path, tmp_path: Path) -> None:
    archive, model = str(made / "bvi.zip"), str(write_tiny_model(tmp_path / "tiny.json"))
    build_bvi(tier="D", bvi_zip=archive, feature_set="canonical6", model=model)
    with pytest.raises(DataError, match=r"_C.parquet and \S+_D.parquet have different teacher mod"):
        corpus_assets.load(TIERS)
    build_bvi(tier="D", bvi_zip=archive, feature_set=["psnr_y"])
    with pytest.raises(DataError, match="have different columns: load them one by one"):
        corpus_assets.load(TIERS, ds.Dataset)
    assert "psnr_y" in corpus_assets.load(TIERS, partitions="D")
    assert (runs / "full_features_bvi_dvc_D.parquet").is_file()


def test_a_file_that_does_not_match_its_manifest(runs: Path, instance: dg.DagsterInstance) -> None:
    table, manifest = (runs / f"konvid_vmaf_pairs.{end}" for end in ("parquet", "manifest.json"))
    data = table.read_bytes()
    table.write_bytes(data[:-20] + bytes(20))
    for kind in (pd.DataFrame, ds.Dataset):
        text = refused(instance, PAIRS, kind)
        assert f"{table} does not match {manifest.name}: sha256: expected " in text
        assert text.endswith(f"materialize {PAIRS} again, or put back the file that was made")
    table.write_bytes(data[:-1])
    with pytest.raises(DataError, match=rf"bytes: expected {len(data)}, found {len(data) - 1}; "):
        corpus_assets.load(PAIRS)
    table.write_bytes(data)
    shutil.copy(runs / "bvi_dvc_corpus.manifest.json", manifest)
    with pytest.raises(DataError, match="manifest of another asset than konvid_1k/vmaf_pairs"):
        corpus_assets.load(PAIRS)
    manifest.unlink()
    with pytest.raises(MissingManifestError, match=r"parquet has no manifest.*materialize konvid"):
        corpus_assets.load(PAIRS)
    table.unlink()
    text = refused(instance, PAIRS, pd.DataFrame)
    assert f"{PAIRS} has not been materialized: there is no {table.name} in {runs}; " in text
    assert f"corpus-assets run {PAIRS}" in text
    assert "CORPUS_ASSETS_OUTPUT_DIR" in text


def test_what_is_read_is_what_was_hashed(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run may replace the file between the two."""
    table, expected = runs / "konvid_vmaf_pairs.parquet", table_in(runs)
    real = sha256_of_open

    def replaced(file: BinaryIO) -> str:
        digest = real(file)
        other = runs / "other"
        other.write_bytes(b"of another run")
        other.replace(table)
        return digest

    monkeypatch.setattr("corpus_assets.artifacts.loading.sha256_of_open", replaced)
    pd.testing.assert_frame_equal(corpus_assets.load(PAIRS), expected)


def test_what_is_written_to_after_it_was_hashed(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = runs / "konvid_vmaf_pairs.parquet"
    real = sha256_of_open

    def spoilt(file: BinaryIO) -> str:
        digest = real(file)
        with table.open("r+b") as written:
            written.write(b"PAR1")
        return digest

    os.utime(table, (0, 0))
    monkeypatch.setattr("corpus_assets.artifacts.loading.sha256_of_open", spoilt)
    with pytest.raises(DataError, match=f"{table} was replaced or written to after it had been"):
        corpus_assets.load(PAIRS)


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        (None, "typing.Any"),
        (dict, "<class 'dict'>"),
        (pd.Series, "<class 'pandas"),
        (pa.RecordBatch, "<class 'pyarrow"),
    ],
)
def test_annotations_that_are_refused(
    runs: Path, instance: dg.DagsterInstance, kind: Any, shown: str
) -> None:
    assert runs.is_dir()
    text = refused(instance, PAIRS, kind)
    assert text.startswith(f"annotation of table: {shown}")
    assert text.endswith(f"is not allowed; {KINDS}")


def test_what_else_is_refused(runs: Path, instance: dg.DagsterInstance) -> None:
    assert runs.is_dir()
    text = refused(instance, ROWS, ds.Dataset)
    assert text.endswith(f"{ROWS} is JSON lines: it takes pandas.DataFrame or pyarrow.Table")
    names = ", ".join(asset.name for asset in ASSETS)
    assert refused(instance, "konvid_1k/pairs", pd.DataFrame) == (
        f"asset: 'konvid_1k/pairs' is not allowed; there are {names}"
    )
    with pytest.raises(SettingError, match="kind: <class 'list'> is not allowed; it takes pandas"):
        corpus_assets.load(PAIRS, list)
    with pytest.raises(SettingError, match="partitions: 'D' is not allowed; konvid_1k/vmaf_p"):
        corpus_assets.load(PAIRS, partitions="D")
    with pytest.raises(SettingError, match="partitions: 'E' is not allowed; there are A, B, C, D"):
        corpus_assets.load(TIERS, partitions="E")

    @dg.asset(io_manager_key="corpus_tables")
    def kept() -> int:
        return 1

    with pytest.raises(dg.Failure, match="only loads, and cannot keep a int of kept: name "):
        dg.materialize([kept], instance=instance, resources={"corpus_tables": CorpusTables()})


def test_the_latest_materialization_says_which_file(
    runs: Path, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    """Its table has fewer rows here than that in the folder that the environment names."""
    trial = tmp_path / "trial"
    build_pairs(made_root(runs), max_clips=1, out=str(trial / "konvid_vmaf_pairs.parquet"))
    usual, fewer = table_in(runs), table_in(trial)
    assert len(fewer) < len(usual)
    reported(instance, trial)
    taken = Taken(PAIRS, pd.DataFrame)
    pd.testing.assert_frame_equal(taken.by(instance), fewer)
    pd.testing.assert_frame_equal(
        taken.by(instance, tables=CorpusTables(output_dir=str(runs))), usual
    )
    pd.testing.assert_frame_equal(corpus_assets.load(PAIRS), usual)
    pd.testing.assert_frame_equal(corpus_assets.load(PAIRS, output_dir=trial), fewer)
    (trial / "konvid_vmaf_pairs.parquet").unlink()
    assert f"knows wrote {trial}" in refused(instance, PAIRS, pd.DataFrame)
    reported(instance, runs, content="0" * 64)
    text = refused(instance, PAIRS, pd.DataFrame)
    assert "has other content than the latest materialization of konvid_1k/vmaf_pairs" in text
    assert "set output_dir of CorpusTables" in text
    reported(instance, runs)
    pd.testing.assert_frame_equal(taken.by(instance), usual)


def made_root(runs: Path) -> Path:
    manifest = json.loads((runs / "konvid_vmaf_pairs.manifest.json").read_text())
    return Path(manifest["inventory"]["root"])


def test_beside_the_assets_in_one_run(runs: Path, instance: dg.DagsterInstance) -> None:
    """The table comes from the run that it is part of."""
    taken = Taken(PAIRS, pd.DataFrame)
    own = dg.Definitions(assets=[taken.asset], resources={"corpus_tables": CorpusTables()})
    merged = dg.Definitions.merge(build_definitions(), own)
    dg.Definitions.validate_loadable(merged)
    key = dg.AssetKey(PAIRS.split("/"))
    config = {"konvid_root": str(made_root(runs)), "max_clips": 1}
    result = merged.resolve_implicit_global_asset_job_def().execute_in_process(
        run_config={"ops": {key.to_python_identifier(): {"config": config}}},
        instance=instance,
        asset_selection=[key, taken.asset.key],
    )
    assert result.success
    assert {*taken.got[0]["key"]} == {"KoNViD_1k_videos_10"}


def test_dagster_records_what_an_asset_was_made_of(
    runs: Path, instance: dg.DagsterInstance
) -> None:
    """In a location that does not make the table, on the instance of the one that does."""
    config = {"konvid_root": str(made_root(runs)), "max_clips": 1}
    materialize_pairs(instance, config)
    taken = Taken(PAIRS, pd.DataFrame)
    taken.by(instance)
    made_by, by = (
        instance.get_latest_materialization_event(key)
        for key in (dg.AssetKey(taken.key), taken.asset.key)
    )
    assert made_by is not None
    assert by is not None
    versions = [
        (event.asset_materialization.tags or {}).get(tag)
        for event, tag in (
            (made_by, "dagster/data_version"),
            (by, f"dagster/input_data_version/{PAIRS}"),
        )
        if event.asset_materialization
    ]
    assert versions[0] == versions[1] is not None


def test_every_table_is_told_of() -> None:
    own = {one.key: one for one in build_definitions().resolve_all_asset_specs()}
    specs = table_specs()
    assert {spec.key.to_user_string() for spec in specs} == {asset.name for asset in ASSETS}
    for spec in specs:
        assert spec.partitions_def == own[spec.key].partitions_def
        assert spec.group_name == own[spec.key].group_name


def test_the_package_is_light_and_its_function_is_public() -> None:
    code = (
        "import sys, corpus_assets; heavy = {'pandas', 'pyarrow', 'dagster', 'numpy', 'pydantic'}; "
        "print(sorted(heavy & sys.modules.keys()), sorted(corpus_assets.__all__))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[] ['__version__', 'load']\n"
    parameters = inspect.signature(corpus_assets.load).parameters
    assert [*parameters] == ["asset", "kind", "partitions", "output_dir"]
    assert [*inspect.signature(CorpusTables).parameters] == ["output_dir"]
