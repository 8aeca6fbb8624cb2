"""`bvi_dvc/full_features`: tables by tier, their manifests, and partitions in Dagster."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import jsonschema
import pyarrow.parquet as pq
import pytest

from corpus_assets.artifacts.bvi_full import FULL_FEATURES
from corpus_assets.artifacts.settings import BviFullSettings, SharedSettings, validated
from corpus_assets.errors import EmptyCorpusError, SetupError, UnsetRootError
from corpus_assets.files import sha256_of_bytes, sha256_of_file
from corpus_assets.libvmaf.features import FULL
from corpus_assets.orchestration.build import build_definitions
from corpus_assets_tests.archives import DEFLATED, entry, stem, write_archive
from corpus_assets_tests.making import build_bvi, manifest_of
from corpus_assets_tests.media import FRAMES
from corpus_assets_tests.schemas import path_of
from corpus_assets_tests.test_cli import corpus_assets

KEY = dg.AssetKey(["bvi_dvc", "full_features"])
VIDEOS = dg.AssetKey(["bvi_dvc", "videos"])
OP = "bvi_dvc__full_features"
SIX = {"feature_set": "canonical6"}


@pytest.fixture
def archive(media: Path, tmp_path: Path) -> Path:
    """Two clips of tier D and one of tier C."""
    videos = {"DOne": "ten", "DTwo": "bikes", "CThree": "ten"}
    return write_archive(
        tmp_path / "bvi.zip", {name: media / f"{clip}.mp4" for name, clip in videos.items()}
    )


def test_table_and_manifest_of_a_tier(archive: Path, tmp_path: Path) -> None:
    built = build_bvi(bvi_zip=str(archive), max_clips=1, crf=40, preset="veryfast", codec="h264")
    table = pq.read_table(tmp_path / "runs" / "full_features_bvi_dvc_D.parquet")
    assert table.column_names == ["key", "frame_index", "codec", *FULL.columns, "vmaf"]
    assert table.column("key").unique().to_pylist() == [stem("DOne")]
    assert table.column("codec").unique().to_pylist() == ["h264"]
    assert table.column("frame_index").to_pylist() == list(range(FRAMES))
    manifest = manifest_of(built)
    jsonschema.validate(manifest, json.loads(path_of(manifest["schema"]).read_text()))
    assert built.manifest_path.name == "full_features_bvi_dvc_D.manifest.json"
    assert manifest["schema"] == "bvi-dvc-full-features-manifest-v1"
    assert manifest["features"] == list(FULL.columns)
    assert {"adm", "vif", "ciede", "cambi"} <= set(manifest["extractors"])
    assert (manifest["crf"], manifest["codec"]) == (40, "h264")
    assert manifest["cache"]["enabled"] is True
    assert manifest["cache"]["directory"] == str(tmp_path / "cache" / "bvi_dvc")
    assert manifest["stats"] == {
        "input_mode": "zip",
        "tier": "D",
        "clips_selected": 1,
        "frames": FRAMES,
        "columns": 29,
    }
    recipe = {"encoder": "libx264", "preset": "veryfast", "crf": 40, "pix_fmt": "yuv420p10le"}
    assert recipe.items() <= manifest["recipe"].items()
    args = manifest["run_provenance"]["args"]
    assert (args["tier"], args["bvi_zip"], args["bvi_dir"]) == ("D", str(archive), None)
    assert manifest["counts"] | {"skipped": 1, "selected": 1} == manifest["counts"]


def test_an_archive_is_cited_by_its_directory_and_the_entries_used(
    archive: Path, media: Path
) -> None:
    manifest = manifest_of(build_bvi(bvi_zip=str(archive), **SIX))
    source = manifest["run_provenance"]["inputs"]["bvi_zip"]
    assert (source["path"], source["kind"]) == (str(archive), "file")
    with zipfile.ZipFile(archive) as file:
        lines = sorted(
            f"{one.CRC:08x} {one.file_size} {json.dumps(one.filename)}\n" for one in file.infolist()
        )
    assert source["sha256"] == sha256_of_bytes("".join(lines).encode())
    assert manifest["inventory"]["root"] == str(archive)
    files = {file["path"]: file["sha256"] for file in manifest["inventory"]["files"]}
    assert files == {
        entry("DOne"): sha256_of_file(media / "ten.mp4"),
        entry("DTwo"): sha256_of_file(media / "bikes.mp4"),
    }


def test_archive_and_folder_give_one_table(archive: Path, media: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, clip in {"DOne": "ten", "DTwo": "bikes"}.items():
        os.link(media / f"{clip}.mp4", folder / f"{stem(name)}.mp4")
    videos = {"DOne": media / "ten.mp4", "DTwo": media / "bikes.mp4"}
    deflated = write_archive(tmp_path / "deflated.zip", videos, DEFLATED)
    ways: tuple[dict[str, Any], ...] = (
        {"bvi_zip": str(archive)},
        {"bvi_zip": str(deflated)},
        {"bvi_dir": str(folder)},
    )
    built = [build_bvi(cache_policy="off", **SIX, **way) for way in ways]
    assert len({one.content_sha256 for one in built}) == 1
    manifest = manifest_of(built[-1])
    assert manifest["stats"]["input_mode"] == "dir"
    assert manifest["run_provenance"]["inputs"]["bvi_dir"]["kind"] == "directory"
    assert manifest["cache"]["enabled"] is False
    assert not [path for path in tmp_path.rglob("*.mp4") if path.parent != folder]


def test_damaged_entry_is_one_failed_clip(archive: Path) -> None:
    data = bytearray(archive.read_bytes())
    data[500] ^= 1
    archive.write_bytes(data)
    manifest = manifest_of(build_bvi(bvi_zip=str(archive), **SIX))
    (failure,) = manifest["failures"]
    assert failure["key"] == stem("DOne")
    assert f"{entry('DOne')} is damaged: Bad CRC-32" in failure["reason"]
    assert manifest["counts"]["extracted"] == 1


def test_which_corpus(archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def resolved(*tiers: str, **settings: Any) -> list[tuple[str, str]]:
        given = validated(BviFullSettings, settings)
        requests = FULL_FEATURES.resolve(given, SharedSettings(), os.environ, tiers)
        return [(str(request.root), str(request.partition)) for request in requests]

    with pytest.raises(UnsetRootError, match=r"VMAF_BVI_DVC_ZIP.*VMAF_BVI_DVC_DIR"):
        resolved()
    folder = tmp_path / "folder"
    folder.mkdir()
    monkeypatch.setenv("VMAF_BVI_DVC_DIR", str(folder))
    assert resolved("A") == [(str(folder), "A")]
    with pytest.raises(EmptyCorpusError, match=r"folder has no clip of BVI-DVC"):
        resolved()
    monkeypatch.setenv("VMAF_BVI_DVC_ZIP", str(archive))
    assert resolved() == [(str(archive), "C"), (str(archive), "D")]
    assert resolved("A", bvi_dir=str(folder)) == [(str(folder), "A")]
    with pytest.raises(SetupError, match="bvi_zip and bvi_dir are both set"):
        resolved(bvi_zip="x", bvi_dir="y")
    with pytest.raises(SetupError, match="tiers C, D make one each; make one tier"):
        resolved(out=str(tmp_path / "t.parquet"))


@pytest.mark.parametrize(
    ("setting", "resource", "variable", "expected"),
    [
        ("mine", "shared", "theirs", "mine"),
        (None, "shared", "theirs", "shared/bvi_dvc"),
        (None, None, "theirs", "theirs"),
        (None, None, None, "cache/bvi_dvc"),
    ],
)
def test_where_reports_are_kept(  # noqa: PLR0913, PLR0917
    archive: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    setting: str | None,
    resource: str | None,
    variable: str | None,
    expected: str,
) -> None:
    def below(name: str | None) -> str | None:
        return name and str(tmp_path / name)

    if variable:
        monkeypatch.setenv("VMAF_TINY_AI_CACHE_BVI_DVC_FULL", str(below(variable)))
    settings = BviFullSettings(bvi_zip=str(archive), cache_dir=below(setting))
    shared = SharedSettings(cache_dir=below(resource))
    (request,) = FULL_FEATURES.resolve(settings, shared, os.environ, ("D",))
    assert request.settings["cache_dir"] == below(expected)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


def tier_range(first: str, last: str) -> dict[str, str]:
    return {
        "dagster/asset_partition_range_start": first,
        "dagster/asset_partition_range_end": last,
    }


Run = Callable[..., dg.ExecuteInProcessResult]


@pytest.fixture
def run(instance: dg.DagsterInstance, archive: Path) -> Run:
    """Materialize a range of tiers in one run."""

    def materialize(first: str, last: str, **config: Any) -> dg.ExecuteInProcessResult:
        return (
            build_definitions()
            .resolve_implicit_global_asset_job_def()
            .execute_in_process(
                run_config={"ops": {OP: {"config": {"bvi_zip": str(archive), **SIX, **config}}}},
                instance=instance,
                asset_selection=[KEY],
                tags=tier_range(first, last),
                raise_on_error=False,
            )
        )

    return materialize


def reason_of(result: dg.ExecuteInProcessResult) -> str:
    (event,) = [event for event in result.all_events if event.is_step_failure]
    failure = event.step_failure_data.user_failure_data
    assert failure is not None
    return failure.description or ""


def test_one_run_makes_a_range_of_tiers(
    run: Run, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    assert run("C", "D").success
    records = instance.fetch_materializations(KEY, limit=10).records
    metadata = {
        record.partition_key: record.asset_materialization.metadata  # type: ignore[union-attr]
        for record in records
    }
    assert {tier: entries["dagster/row_count"].value for tier, entries in metadata.items()} == {
        "C": FRAMES,
        "D": 2 * FRAMES,
    }
    for tier, entries in metadata.items():
        manifest = json.loads(Path(str(entries["manifest"].value)).read_text())
        assert manifest["stats"]["tier"] == tier
        assert entries["content_sha256"].value == manifest["artifact"]["content_sha256"]
        argv = manifest["run_provenance"]["argv"]
        assert argv[5:9] == ["--select", "bvi_dvc/full_features", "--partition", tier]
        config = json.loads(argv[10])["ops"][OP]["config"]
        assert config["out"] == str(tmp_path / "runs" / f"full_features_bvi_dvc_{tier}.parquet")
        assert "tier" not in config


def test_a_tier_that_cannot_be_made_does_not_stop_the_others(
    run: Run, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    result = run("B", "D")
    assert not result.success
    reason = reason_of(result)
    assert reason.startswith("not made: B; written: C, D\nB: bvi_zip: ")
    assert "no clip of tier B (tiers with clips: C, D; " in reason
    assert (tmp_path / "runs" / "full_features_bvi_dvc_C.parquet").is_file()
    assert instance.get_materialized_partitions(KEY) == {"C", "D"}
    event = instance.fetch_materializations(KEY, limit=1).records[0].asset_materialization
    assert event is not None
    assert event.metadata["dagster/row_count"].value == 2 * FRAMES


def test_one_file_for_several_tiers_is_refused(run: Run, tmp_path: Path) -> None:
    result = run("C", "D", out=str(tmp_path / "one.parquet"))
    assert "tiers C, D make one each; make one tier, or set output_dir" in reason_of(result)
    assert not (tmp_path / "one.parquet").exists()


STALE = """{ assetNodes(assetKeys: [{path: ["bvi_dvc", "full_features"]}]) {
    c: staleStatus(partition: "C") d: staleStatus(partition: "D") } }"""


def stale_tiers(home: Path) -> tuple[str, str]:
    """Ask Dagster as its web UI does."""
    done = subprocess.run(
        [
            *(str(Path(sys.executable).parent / "dagster-graphql"), "--text", STALE),
            *("-m", "corpus_assets.definitions"),
        ],
        env={**os.environ, "DAGSTER_HOME": str(home), "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        check=True,
    )
    (answer,) = [line for line in done.stdout.splitlines() if line.startswith('{"data"')]
    (node,) = json.loads(answer)["data"]["assetNodes"]
    return node["c"], node["d"]


def test_only_the_tier_whose_clips_changed_is_stale(
    archive: Path, media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VMAF_BVI_DVC_ZIP", str(archive))
    home = tmp_path / "dagster"
    home.mkdir()
    job = build_definitions().resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.local_temp(str(home)) as instance:

        def observe() -> None:
            assert job.execute_in_process(instance=instance, asset_selection=[VIDEOS]).success

        observe()
        for tier in "CD":
            result = job.execute_in_process(
                run_config={"ops": {OP: {"config": SIX}}},
                instance=instance,
                asset_selection=[KEY],
                partition_key=tier,
            )
            assert result.success
        observe()
        assert stale_tiers(home) == ("FRESH", "FRESH")
        videos = {"DOne": "bikes", "DTwo": "bikes", "CThree": "ten"}
        write_archive(archive, {name: media / f"{clip}.mp4" for name, clip in videos.items()})
        observe()
    assert stale_tiers(home) == ("FRESH", "STALE")


def test_a_tier_of_a_range_that_failed_becomes_stale_too(
    archive: Path, media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VMAF_BVI_DVC_ZIP", str(archive))
    home = tmp_path / "dagster"
    home.mkdir()
    job = build_definitions().resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.local_temp(str(home)) as instance:
        job.execute_in_process(instance=instance, asset_selection=[VIDEOS])
        result = job.execute_in_process(
            run_config={"ops": {OP: {"config": SIX}}},
            instance=instance,
            asset_selection=[KEY],
            tags=tier_range("B", "D"),
            raise_on_error=False,
        )
        assert not result.success
        assert stale_tiers(home) == ("FRESH", "FRESH")
        videos = {"DOne": "bikes", "DTwo": "bikes", "CThree": "ten"}
        write_archive(archive, {name: media / f"{clip}.mp4" for name, clip in videos.items()})
        job.execute_in_process(instance=instance, asset_selection=[VIDEOS])
    assert stale_tiers(home) == ("FRESH", "STALE")


def test_a_wrong_output_is_found_before_the_first_tier_is_made(run: Run, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    runs.mkdir()
    (runs / "full_features_bvi_dvc_D.parquet").write_text("notes")
    assert "a file that is no parquet table is there" in reason_of(run("C", "D"))
    assert [path.name for path in runs.iterdir()] == ["full_features_bvi_dvc_D.parquet"]


def test_command_line_makes_every_tier_or_one(archive: Path, tmp_path: Path) -> None:
    def cli(*arguments: str) -> subprocess.CompletedProcess[str]:
        given = ("--bvi-zip", str(archive), "--feature-set", "canonical6", *arguments)
        return corpus_assets("run", "bvi_dvc/full_features", *given, folder=tmp_path)

    plan = cli("--dry-run", "--json")
    assert plan.returncode == 0, plan.stderr
    assert {tier: one["to_score"] for tier, one in json.loads(plan.stdout).items()} == {
        "C": 1,
        "D": 2,
    }
    one = cli("--tier", "D", "--json")
    assert one.returncode == 0, one.stderr
    assert json.loads(one.stdout)["D"]["clips_extracted"] == 2
    assert not (tmp_path / "runs" / "full_features_bvi_dvc_C.parquet").exists()
    assert cli("--tier", "E").returncode == 2


def test_a_tier_that_was_moved_does_not_fail_another(archive: Path, tmp_path: Path) -> None:
    def made(tier: str) -> subprocess.CompletedProcess[str]:
        given = ("--bvi-zip", str(archive), "--feature-set", "canonical6", "--tier", tier)
        return corpus_assets("run", "bvi_dvc/full_features", *given, folder=tmp_path)

    assert made("C").returncode == 0
    for path in (tmp_path / "runs").iterdir():
        path.rename(tmp_path / path.name)
    done = made("D")
    assert done.returncode == 0, done.stderr


def test_dry_run_goes_on_after_a_damaged_entry(archive: Path, tmp_path: Path) -> None:
    data = bytearray(archive.read_bytes())
    data[500] ^= 1
    archive.write_bytes(data)
    given = ("--bvi-zip", str(archive), "--tier", "D", "--dry-run", "--json")
    done = corpus_assets("run", "bvi_dvc/full_features", *given, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    plan = json.loads(done.stdout)["D"]
    assert (plan["unreadable"], plan["to_score"]) == (1, 1)
