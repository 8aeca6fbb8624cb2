"""The checks in Dagster: on real runs, alone, what they block, what `corpus-assets run` says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from corpus_assets.artifacts.catalog import ASSETS
from corpus_assets.manifests.checks import CHECKS, REPLACED, judge
from corpus_assets.manifests.evidence import Evidence
from corpus_assets.manifests.verdict import Verdict
from corpus_assets.orchestration.build import build_definitions
from corpus_assets.orchestration.run import materialize
from corpus_assets_tests.archives import write_archive
from corpus_assets_tests.dagster_runs import KEY, OP, materialize_pairs
from corpus_assets_tests.media import NETFLIX_SIZE
from corpus_assets_tests.test_cli import ASSET, corpus_assets
from corpus_assets_tests.tiny_model import write_tiny_model

OF_ASSET = {
    asset.name: [check.name for check in CHECKS if check.concerns(asset.manifest)]
    for asset in ASSETS
}
NAMES = OF_ASSET["konvid_1k/vmaf_pairs"]
COMBINED, MERGED = (dg.AssetKey(["training", name]) for name in ("full_features", "fr_corpus"))
MORE = dg.AssetKey(["konvid_1k", "full_features"])
FULL, ROWS = (dg.AssetKey(["bvi_dvc", name]) for name in ("full_features", "corpus_rows"))
SIX = {"feature_set": "canonical6"}


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


def outcomes(result: dg.ExecuteInProcessResult) -> dict[str, dict[str, bool]]:
    found: dict[str, dict[str, bool]] = {}
    for one in result.get_asset_check_evaluations():
        found.setdefault(one.asset_key.to_user_string(), {})[one.check_name] = one.passed
    return found


def look(instance: dg.DagsterInstance, selection: dg.AssetSelection) -> dg.ExecuteInProcessResult:
    job = dg.define_asset_job("look", selection)
    definitions = dg.Definitions.merge(build_definitions(), dg.Definitions(jobs=[job]))
    return definitions.resolve_job_def("look").execute_in_process(
        instance=instance, raise_on_error=False
    )


def run(
    instance: dg.DagsterInstance, key: dg.AssetKey, *others: dg.AssetKey, **config: Any
) -> dg.ExecuteInProcessResult:
    tiers = {f"dagster/asset_partition_range_{end}": tier for end, tier in config.pop("tiers", ())}
    job = build_definitions().resolve_implicit_global_asset_job_def()
    return job.execute_in_process(
        run_config={"ops": {"__".join(key.path): {"config": config}}},
        instance=instance,
        asset_selection=[key, *others],
        tags=tiers,
        raise_on_error=False,
    )


def expected(asset: str) -> dict[str, bool]:
    """Two clips of two tiers are one, which the guard of training tables says."""
    return {name: name != "sources_in_one_place" for name in OF_ASSET[asset]}


def test_all_pass_on_real_runs_and_alone(
    instance: dg.DagsterInstance,
    konvid_root: Path,
    netflix_root: Path,
    media: Path,
    tmp_path: Path,
) -> None:
    clips = {"COne": media / "ten.mp4", "DOne": media / "ten.mp4", "DTwo": media / "bikes.mp4"}
    archive = write_archive(tmp_path / "bvi.zip", clips)
    width, height = NETFLIX_SIZE
    netflix = dg.AssetKey(["netflix_public", "full_features"])
    size = {"width": width, "height": height, "feature_set": ["psnr_y", "speed_temporal"]}
    tiers = (("start", "C"), ("end", "D"))
    results = (
        run(instance, KEY, konvid_root=str(konvid_root)),
        run(instance, MORE, konvid_root=str(konvid_root), feature_set=["psnr_y"]),
        run(instance, netflix, data_root=str(netflix_root), **size),
        run(instance, FULL, bvi_zip=str(archive), tiers=tiers, **SIX),
        run(instance, ROWS),
        run(instance, COMBINED),
        run(instance, MERGED),
    )
    keys = (KEY, MORE, netflix, FULL, ROWS, COMBINED, MERGED)
    for result, key in zip(results, keys, strict=True):
        assert result.success
        assert outcomes(result) == {key.to_user_string(): expected(key.to_user_string())}
    evaluations = results[3].get_asset_check_evaluations()
    (counts,) = (one for one in evaluations if one.check_name == "counts_add_up")
    assert (counts.metadata["manifests"].value, counts.metadata["clips"].value) == (2, 3)
    alone = look(instance, dg.AssetSelection.all_asset_checks())
    assert alone.success
    assert outcomes(alone) == {name: expected(name) for name in OF_ASSET}
    one_check = dg.AssetSelection.checks(dg.AssetCheckKey(KEY, "values_in_range"))
    assert outcomes(look(instance, one_check)) == {ASSET: {"values_in_range": True}}


def test_only_what_blocks_stops_what_is_downstream(
    instance: dg.DagsterInstance, media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure of another check, in the same step, does not."""
    archive = write_archive(tmp_path / "bvi.zip", {"DOne": media / "ten.mp4"})
    tier = (("start", "D"), ("end", "D"))

    def both() -> dg.ExecuteInProcessResult:
        return run(instance, FULL, ROWS, bvi_zip=str(archive), tiers=tier, **SIX)

    monkeypatch.setattr("corpus_assets.manifests.judges.examine", lambda _: ["altered"])
    stopped = both()
    assert not stopped.success
    assert outcomes(stopped)["bvi_dvc/full_features"] == {
        name: name != "artifact_matches_manifest" for name in NAMES
    }
    assert instance.get_latest_materialization_event(ROWS) is None
    monkeypatch.undo()
    monkeypatch.setenv("CORPUS_ASSETS_OUTPUT_DIR", str(tmp_path / "runs"))
    monkeypatch.setenv("CORPUS_ASSETS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr("corpus_assets.manifests.judges.check_counts", lambda _: ["altered"])
    went_on = both()
    assert went_on.success
    assert not outcomes(went_on)["bvi_dvc/full_features"]["counts_add_up"]
    assert instance.get_latest_materialization_event(ROWS) is not None


def test_inputs_are_held_against_the_start_of_the_run(
    instance: dg.DagsterInstance, konvid_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the run that materialized, also where the checks run alone."""
    began: list[float | None] = []

    def noted(evidence: Evidence, wanted: set[str]) -> dict[str, Verdict]:
        began.append(evidence.since)
        return judge(evidence, wanted)

    monkeypatch.setattr("corpus_assets.orchestration.checks.judge", noted)
    result = materialize_pairs(instance, {"konvid_root": str(konvid_root)})
    assert look(instance, dg.AssetSelection.checks_for_assets(KEY)).success
    record = instance.get_run_record_by_id(result.run_id)
    assert record is not None
    assert record.start_time
    assert began == [record.start_time] * 2


def test_a_run_is_not_judged_by_what_another_made(
    instance: dg.DagsterInstance, konvid_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another one ends, and has its checks, between a run's materialization and its checks."""
    config = {"konvid_root": str(konvid_root)}
    checked: list[dict[str, Verdict]] = []

    def later(evidence: Evidence, wanted: set[str]) -> dict[str, Verdict]:
        if not checked:
            checked.append({})
            assert materialize_pairs(instance, config | {"max_clips": 1}).success
        checked.append(judge(evidence, wanted))
        return checked[-1]

    monkeypatch.setattr("corpus_assets.orchestration.checks.judge", later)
    assert not materialize_pairs(instance, config, raise_on_error=False).success
    _, other, own = checked
    assert all(one.passed for one in other.values())
    assert all(REPLACED in one.text for one in own.values())
    assert look(instance, dg.AssetSelection.checks_for_assets(KEY)).success


def test_one_line_is_logged(
    instance: dg.DagsterInstance, konvid_root: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (konvid_root / "KoNViD_1k_videos" / "40.mp4").touch()
    assert materialize_pairs(instance, {"konvid_root": str(konvid_root)}).success
    logged = capfd.readouterr().err
    said = "few_clips_failed (warning): 1 of 4 failed, 25.00%: KoNViD_1k_videos_40"
    assert f" - checks: 6 of 7 passed; {said}\n" in logged


def test_a_warning_fails_no_run(
    konvid_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (konvid_root / "KoNViD_1k_videos" / "40.mp4").touch()
    config = {"ops": {OP: {"config": {"konvid_root": str(konvid_root)}}}}
    result = materialize(ASSET, config)
    assert result.succeeded
    said = "1 of 4 failed, 25.00%: KoNViD_1k_videos_40"
    assert result.warnings == (f"few_clips_failed: {said}",)
    assert result.checks == f"6 of 7 passed; few_clips_failed (warning): {said}"


def test_a_run_prints_warnings_and_fails_for_errors(konvid_root: Path, tmp_path: Path) -> None:
    """A model that does not clip its scores gives ones that are none."""
    (konvid_root / "KoNViD_1k_videos" / "40.mp4").touch()
    model = write_tiny_model(tmp_path / "tall.json")
    document = json.loads(model.read_text())
    del document["model_dict"]["score_clip"]
    document["model_dict"]["intercepts"][0] = -3.0
    model.write_text(json.dumps(document))
    arguments = ("run", ASSET, "--konvid-root", konvid_root, "--model", model)
    done = corpus_assets(*arguments, folder=tmp_path)
    assert done.returncode == 1
    assert "warning: few_clips_failed: 1 of 4 failed, 25.00%: KoNViD_1k_videos_40\n" in done.stderr
    assert "error: values_in_range: vmaf is not from 0 up to 100: " in done.stderr
