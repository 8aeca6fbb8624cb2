"""Ticks of schedules and sensors: what they ask for, and why they ask for nothing."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from corpus_assets.artifacts.bvi_full import FULL_FEATURES as BVI_FULL
from corpus_assets.artifacts.corpus_rows import CORPUS_ROWS_ASSET
from corpus_assets.artifacts.konvid_full import FULL_FEATURES as KONVID_FULL
from corpus_assets.artifacts.konvid_pairs import VMAF_PAIRS
from corpus_assets.artifacts.request import Asset
from corpus_assets.artifacts.settings import SharedSettings
from corpus_assets.artifacts.sources import SOURCES, observe
from corpus_assets.errors import SettingError
from corpus_assets.orchestration.build import build_definitions
from corpus_assets.orchestration.launch import config_document
from corpus_assets.orchestration.made import Made, last_made
from corpus_assets.orchestration.sensors import ASKED
from corpus_assets_tests.archives import write_archive
from corpus_assets_tests.dagster_runs import OP
from corpus_assets_tests.media import run_ffmpeg

PAIRS = dg.AssetKey(["konvid_1k", "vmaf_pairs"])
FULL = dg.AssetKey(["konvid_1k", "full_features"])
COMBINED, MERGED = (dg.AssetKey(["training", name]) for name in ("full_features", "fr_corpus"))
TIER_TABLE = dg.AssetKey(["bvi_dvc", "full_features"])
ROWS = dg.AssetKey(["bvi_dvc", "corpus_rows"])
QUIET = 300.0


class Ticks:
    """The definitions on an instance of their own, as the daemon evaluates them."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.instance = instance
        self.definitions = build_definitions(quiet_seconds=QUIET)
        self.repository = self.definitions.get_repository_def()
        self.cursor: str | None = None

    def schedule(self, corpus: str) -> tuple[list[dg.RunRequest], str]:
        """Return the runs that a tick asks for, and the reason when it asks for none."""
        schedule = self.repository.get_schedule_def(f"refresh_{corpus}_schedule")
        with dg.build_schedule_context(
            instance=self.instance, repository_def=self.repository
        ) as context:
            answer = schedule.evaluate_tick(context)
        return list(answer.run_requests or []), answer.skip_message or ""

    def sensor(self, corpus: str) -> tuple[list[dg.RunRequest], str]:
        sensor = self.repository.get_sensor_def(f"refresh_{corpus}_sensor")
        with dg.build_sensor_context(
            instance=self.instance, repository_def=self.repository, cursor=self.cursor
        ) as context:
            answer = sensor.evaluate_tick(context)
        self.cursor = answer.cursor or self.cursor
        return list(answer.run_requests or []), answer.skip_message or ""

    def run(self, job: str, request: dg.RunRequest, config: Any = None) -> bool:
        """Do what a tick asks for."""
        result = self.definitions.resolve_job_def(job).execute_in_process(
            run_config=config,
            instance=self.instance,
            asset_selection=list(request.asset_selection or []),
            partition_key=request.partition_key,
            tags={name: text for name, text in request.tags.items() if "partition" not in name},
            raise_on_error=False,
        )
        return result.success

    def report(self, asset: Asset[Any], tier: str | None = None, **given: Any) -> None:
        """Record a materialization as a run with some settings would, without one."""
        tiers = (tier,) if tier else ()
        (request,) = asset.resolve(asset.settings(**given), SharedSettings(), os.environ, tiers)
        settings = asset.args(request)
        metadata = {
            "artifact": dg.MetadataValue.path(str(settings.get("out", settings.get("output")))),
            "settings": dg.MetadataValue.json(settings),
        }
        for source in SOURCES:
            if source.key not in asset.upstream:
                continue
            observed = observe(source, {}, SharedSettings(), os.environ)
            metadata["corpus_version"] = dg.MetadataValue.text(observed.versions[tier].digest)
        self.instance.report_runless_asset_event(
            dg.AssetMaterialization(
                dg.AssetKey(list(asset.key)),
                partition=tier,
                metadata=metadata,
                tags={"dagster/code_version": asset.code_version},
            )
        )


@pytest.fixture
def ticks(tmp_path: Path) -> Iterator[Ticks]:
    home = tmp_path / "dagster"
    home.mkdir()
    with dg.DagsterInstance.local_temp(str(home)) as instance:
        yield Ticks(instance)


@pytest.fixture
def videos(media: Path, tmp_path: Path, ffmpeg: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The clips 10.mp4 and 20.mp4 of two frames."""
    folder = tmp_path / "konvid-1k" / "KoNViD_1k_videos"
    folder.mkdir(parents=True)
    cut_two_frames(ffmpeg, media, folder, {"10": "bikes", "20": "carphone"})
    monkeypatch.setenv("VMAF_KONVID_1K_DIR", str(folder.parent))
    return folder


@pytest.fixture
def clips(media: Path, tmp_path: Path, ffmpeg: str) -> Path:
    """The clips one.mp4 and two.mp4 of two frames."""
    cut_two_frames(ffmpeg, media, tmp_path, {"one": "ten", "two": "bikes"})
    return tmp_path


def cut_two_frames(ffmpeg: str, media: Path, folder: Path, names: dict[str, str]) -> None:
    for name, clip in names.items():
        cut = ("-frames:v", 2, "-c", "copy")
        run_ffmpeg(ffmpeg, "-i", media / f"{clip}.mp4", *cut, folder / f"{name}.mp4")


@pytest.fixture
def archive(clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clip of tier C and one of tier D."""
    archive = tmp_path / "bvi.zip"
    monkeypatch.setenv("VMAF_BVI_DVC_ZIP", str(archive))
    return write_archive(archive, {"COne": clips / "one.mp4", "DOne": clips / "one.mp4"})


def test_a_schedule_asks_when_the_corpus_has_changed(ticks: Ticks, videos: Path) -> None:
    job = "refresh_konvid_1k"
    as_it_was = f"konvid_1k: {videos.parent} is as it was at the last materialization"
    (first,), _ = ticks.schedule("konvid_1k")
    assert (first.asset_selection, first.partition_key) == ([PAIRS], None)
    (resolved,) = VMAF_PAIRS.resolve(VMAF_PAIRS.settings(), SharedSettings(), os.environ)
    assert ticks.run(job, first, config_document(VMAF_PAIRS, resolved)), "as corpus-assets run does"
    (videos / "10.mp4").touch()
    assert ticks.schedule("konvid_1k") == ([], as_it_was)

    shutil.copy(videos / "10.mp4", videos / "20.mp4")
    (second,), _ = ticks.schedule("konvid_1k")
    failing = {"ops": {OP: {"config": {"out": str(videos / "table.parquet")}}}}
    assert not ticks.run(job, second, failing)
    (again,), _ = ticks.schedule("konvid_1k")
    assert ticks.run(job, again)
    assert ticks.schedule("konvid_1k") == ([], as_it_was)


def test_what_was_made_in_another_way_is_not_made(ticks: Ticks, videos: Path) -> None:
    def is_behind() -> bool:
        return bool(ticks.schedule("konvid_1k")[0])

    ticks.report(VMAF_PAIRS, max_clips=1)
    assert is_behind()
    ticks.report(VMAF_PAIRS)
    assert not is_behind()
    ticks.report(VMAF_PAIRS, crf=40, out=str(videos.parents[1] / "trial.parquet"))
    assert not is_behind(), "the table is where it was"
    ticks.report(VMAF_PAIRS, crf=40)
    assert is_behind()
    ticks.report(VMAF_PAIRS)
    assert last_made(ticks.instance, VMAF_PAIRS, None).version
    newer = replace(VMAF_PAIRS, code_version="newer")
    assert last_made(ticks.instance, newer, None) == Made()


@pytest.mark.parametrize(
    ("job", "status"),
    [
        ("refresh_konvid_1k", dg.DagsterRunStatus.NOT_STARTED),
        ("refresh_all", dg.DagsterRunStatus.STARTED),
    ],
)
def test_nothing_is_asked_for_while_a_run_is_going_on(
    ticks: Ticks, videos: Path, status: dg.DagsterRunStatus, job: str
) -> None:
    assert videos.is_dir()
    definition = ticks.definitions.resolve_job_def(job)
    run = ticks.instance.create_run_for_job(definition, status=status, tags=definition.tags)
    reason = f"konvid_1k: run {run.run_id} is {status.value.lower()}"
    assert ticks.schedule("konvid_1k") == ([], reason)
    assert ticks.schedule("all")[0] == []
    other = ticks.definitions.resolve_job_def("refresh_bvi_dvc")
    ticks.instance.delete_run(run.run_id)
    ticks.instance.create_run_for_job(other, status=status, tags=other.tags)
    assert len(ticks.schedule("konvid_1k")[0]) == 1


def test_only_tiers_that_changed_are_asked_for_and_then_the_rows(
    ticks: Ticks, archive: Path, clips: Path
) -> None:
    requests, _ = ticks.schedule("bvi_dvc")
    assert [one.partition_key for one in requests] == ["C", "D"]
    assert all(one.asset_selection == [TIER_TABLE, ROWS] for one in requests)
    assert len({one.run_key for one in requests}) == 2
    assert ticks.run("refresh_bvi_dvc", requests[0])
    assert [one.partition_key for one in ticks.schedule("bvi_dvc")[0]] == ["D"]
    ticks.report(BVI_FULL, "D")
    ticks.report(CORPUS_ROWS_ASSET)
    assert "is as it was" in ticks.schedule("bvi_dvc")[1]
    write_archive(archive, {"COne": clips / "one.mp4", "DOne": clips / "two.mp4"})
    (only,), _ = ticks.schedule("bvi_dvc")
    assert only.partition_key == "D"
    ticks.report(BVI_FULL, "D")
    (late,), _ = ticks.schedule("bvi_dvc")
    assert (late.partition_key, late.asset_selection) == (None, [ROWS])
    assert ticks.run("refresh_bvi_dvc", late)
    assert "is as it was" in ticks.schedule("bvi_dvc")[1]
    write_archive(archive, {"COne": clips / "one.mp4"})
    assert "is as it was" in ticks.schedule("bvi_dvc")[1], "there is no tier D to be made"


def test_all_corpora_in_one_schedule(
    ticks: Ticks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    requests, reason = ticks.schedule("all")
    assert requests == []
    for variable in ("VMAF_NETFLIX_CORPUS_DIR", "VMAF_KONVID_1K_DIR", "VMAF_BVI_DVC_ZIP"):
        assert variable in reason
    monkeypatch.setenv("VMAF_NETFLIX_CORPUS_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(dg.DagsterError) as raised:
        ticks.schedule("all")
    assert "nowhere is not a folder" in str(raised.value.__cause__)
    request.getfixturevalue("videos")
    request.getfixturevalue("archive")
    requests, _ = ticks.schedule("all")
    assert [(one.asset_selection, one.partition_key) for one in requests] == [
        ([PAIRS], None),
        ([TIER_TABLE, ROWS], "C"),
        ([TIER_TABLE, ROWS], "D"),
    ]
    assert ticks.run("refresh_all", requests[0])
    assert [one.partition_key for one in ticks.schedule("all")[0]] == ["C", "D"]
    assert "is as it was" in ticks.schedule("konvid_1k")[1]


def test_what_each_job_makes() -> None:
    """A job of KoNViD-1k costs what it did before there was a table with all features."""
    corpora = [TIER_TABLE, ROWS, PAIRS, dg.AssetKey(["netflix_public", "full_features"])]
    made = {
        "refresh_all": {*corpora, COMBINED, MERGED},
        "refresh_bvi_dvc": {TIER_TABLE, ROWS},
        "refresh_konvid_1k": {PAIRS},
        "refresh_konvid_1k_full_features": {FULL},
        "refresh_netflix_public": {corpora[-1]},
        "refresh_training": {COMBINED, MERGED},
    }
    definitions = build_definitions()
    names = {job.name for job in definitions.jobs or ()}
    assert names == made.keys()
    for name, keys in made.items():
        assert definitions.resolve_job_def(name).asset_layer.selected_asset_keys == keys, name


def test_all_features_of_konvid_have_a_refresh_of_their_own(ticks: Ticks, videos: Path) -> None:
    name = "konvid_1k_full_features"
    (asked,), _ = ticks.schedule(name)
    assert asked.asset_selection == [FULL]
    definition = ticks.definitions.resolve_job_def("refresh_konvid_1k")
    started = dg.DagsterRunStatus.STARTED
    run = ticks.instance.create_run_for_job(definition, status=started, tags=definition.tags)
    assert ticks.schedule(name) == ([], f"{name}: run {run.run_id} is started"), "the same clips"
    ticks.instance.delete_run(run.run_id)
    ticks.report(KONVID_FULL)
    assert ticks.schedule(name) == (
        [],
        f"{name}: {videos.parent} is as it was at the last materialization",
    )
    assert len(ticks.schedule("konvid_1k")[0]) == 1


def test_training_tables_are_made_when_their_inputs_are_newer(
    ticks: Ticks, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert archive.is_file()
    nothing = "training: no table is newer than the training tables"
    assert ticks.schedule("training") == ([], nothing), "there is no table"
    config = {"ops": {"bvi_dvc__full_features": {"config": {"feature_set": "canonical6"}}}}
    requests, _ = ticks.schedule("bvi_dvc")
    assert ticks.run("refresh_bvi_dvc", requests[1], config)
    monkeypatch.delenv("VMAF_BVI_DVC_ZIP")
    (first,), _ = ticks.schedule("training")
    assert (first.asset_selection, first.partition_key) == ([COMBINED, MERGED], None)
    assert [one.asset_selection for one in ticks.schedule("all")[0]] == [[COMBINED, MERGED]]
    assert ticks.sensor("training")[0][0].asset_selection == [COMBINED, MERGED]
    assert ticks.sensor("training") == ([], ASKED)
    assert ticks.run("refresh_training", first)
    assert ticks.schedule("training") == ([], nothing)
    assert ticks.sensor("training")[1] in nothing
    definition = ticks.definitions.resolve_job_def("refresh_bvi_dvc")
    run = ticks.instance.create_run_for_job(
        definition, status=dg.DagsterRunStatus.STARTED, tags=definition.tags
    )
    monkeypatch.setenv("VMAF_BVI_DVC_ZIP", str(archive))
    ticks.report(CORPUS_ROWS_ASSET)
    assert ticks.sensor("training") == ([], f"run {run.run_id} is started")
    ticks.instance.delete_run(run.run_id)
    (again,), _ = ticks.sensor("training")
    assert again.asset_selection == [MERGED]


def test_an_unset_root_is_a_reason(ticks: Ticks) -> None:
    for corpus, variable in {
        "netflix_public": "VMAF_NETFLIX_CORPUS_DIR",
        "konvid_1k": "VMAF_KONVID_1K_DIR",
        "bvi_dvc": "VMAF_BVI_DVC_ZIP",
    }.items():
        for requests, reason in (ticks.schedule(corpus), ticks.sensor(corpus)):
            assert requests == []
            assert variable in reason


def test_a_sensor_waits_until_files_are_left_alone(
    ticks: Ticks, videos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr(time, "time", lambda: clock[0])

    def after(seconds: float) -> tuple[list[dg.RunRequest], str]:
        clock[0] += seconds
        return ticks.sensor("konvid_1k")

    assert after(0) == ([], f"{videos.parent} is quiet for 0 s of 300 s")
    (videos / "40.mp4").write_bytes(b"half of")
    assert after(290) == ([], f"{videos.parent} is quiet for 0 s of 300 s")
    shutil.copy(videos / "10.mp4", videos / "40.mp4")
    assert after(20)[0] == []
    assert after(299) == ([], f"{videos.parent} is quiet for 299 s of 300 s")
    (request,), _ = after(1)
    assert request.asset_selection == [PAIRS]
    assert request.run_key is None, "what comes back is asked for again"
    assert after(60) == ([], ASKED)
    assert ticks.run("refresh_konvid_1k", request)
    assert "is as it was" in after(60)[1]
    (videos / "40.mp4").unlink()
    assert after(60)[0] == []
    assert len(after(300)[0]) == 1
    ticks.cursor = "no cursor"
    assert after(0)[1].endswith("is quiet for 0 s of 300 s")


def test_what_the_definitions_are_given() -> None:
    hourly = dg.FreshnessPolicy.time_window(fail_window=dt.timedelta(hours=1))
    definitions = build_definitions(
        cron="0 1 * * *", crons={"all": "0 2 * * *"}, quiet_seconds=1000, freshness=hourly
    )
    repository = definitions.get_repository_def()
    schedules = {one.name: one for one in repository.schedule_defs}
    assert {name: one.cron_schedule for name, one in schedules.items()} == {
        "refresh_all_schedule": "0 2 * * *",
        "refresh_bvi_dvc_schedule": "0 1 * * *",
        "refresh_konvid_1k_full_features_schedule": "0 1 * * *",
        "refresh_konvid_1k_schedule": "0 1 * * *",
        "refresh_netflix_public_schedule": "0 1 * * *",
        "refresh_training_schedule": "0 1 * * *",
    }
    assert {one.default_status.value for one in schedules.values()} == {"STOPPED"}
    assert {one.default_status.value for one in repository.sensor_defs} == {"STOPPED"}
    assert {one.name: one.minimum_interval_seconds for one in repository.sensor_defs} == {
        "refresh_bvi_dvc_sensor": 200,
        "refresh_konvid_1k_full_features_sensor": 200,
        "refresh_konvid_1k_sensor": 200,
        "refresh_netflix_public_sensor": 200,
        "refresh_training_sensor": 30,
    }
    assert policies(definitions) == {hourly}
    assert policies(build_definitions(freshness=None)) == {None}
    assert None not in policies(build_definitions())
    with pytest.raises(SettingError, match="crons: 'konvid' is not allowed; there are netflix_pub"):
        build_definitions(crons={"konvid": "0 1 * * *"})


def policies(definitions: dg.Definitions) -> set[Any]:
    specs = definitions.resolve_all_asset_specs()
    return {spec.freshness_policy for spec in specs if spec.key.path[-1] != "videos"}
