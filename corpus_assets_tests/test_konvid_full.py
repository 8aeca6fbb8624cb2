"""`konvid_1k/full_features`, and the cache that it shares with `konvid_1k/vmaf_pairs`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
import pytest

from corpus_assets.artifacts.catalog import ASSETS
from corpus_assets.artifacts.konvid_full import FULL_FEATURES
from corpus_assets.artifacts.konvid_pairs import VMAF_PAIRS
from corpus_assets.artifacts.settings import SharedSettings
from corpus_assets.corpora.clip import Clip
from corpus_assets.corpora.konvid_1k import discover
from corpus_assets.extraction.cache import ReportCache
from corpus_assets.extraction.outcome import Extracted
from corpus_assets.extraction.scorer import ClipScorer
from corpus_assets.libvmaf.engine import Engine, Scored
from corpus_assets.libvmaf.features import CANONICAL6, FULL, FeatureSet, feature_set
from corpus_assets.libvmaf.process import Children
from corpus_assets.orchestration.build import build_definitions
from corpus_assets_tests.making import (
    build_konvid_full,
    build_pairs,
    counted_scorings,
    engine_of,
    manifest_of,
)
from corpus_assets_tests.media import FRAMES

PAIRS, FULL_KEY = (dg.AssetKey(["konvid_1k", name]) for name in ("vmaf_pairs", "full_features"))
LARGER = feature_set([*CANONICAL6.columns, "psnr_y"])
"""More than canonical6, and quick."""
KONVID = {"VMAF_KONVID_1K_DIR": "/corpus"}


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


@pytest.fixture(name="root")
def set_root(konvid_root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VMAF_KONVID_1K_DIR", str(konvid_root))
    return konvid_root


def run_both(
    instance: dg.DagsterInstance, full: dict[str, Any] | None = None
) -> tuple[dg.ExecuteInProcessResult, list[str]]:
    """Make both tables in one run, and return the steps that ended well, in order."""
    job = build_definitions().resolve_implicit_global_asset_job_def()
    result = job.execute_in_process(
        run_config={"ops": {FULL_FEATURES.op: {"config": full or {}}}},
        instance=instance,
        asset_selection=[PAIRS, FULL_KEY],
        raise_on_error=False,
    )
    steps = [event.step_key for event in result.all_events if event.is_step_success]
    return result, [str(step) for step in steps if step in {VMAF_PAIRS.op, FULL_FEATURES.op}]


def counts(result: dg.ExecuteInProcessResult, op: str) -> dict[str, Any]:
    (made,) = result.asset_materializations_for_node(op)
    return {name: made.metadata[f"clips_{name}"].value for name in ("extracted", "cached")}


def clip_of(root: Path) -> Clip:
    return discover(root, 35).clips[0]


def scorer_of(cache: Path, ffmpeg: str, features: FeatureSet) -> ClipScorer:
    return ClipScorer(engine_of(ffmpeg, features), ReportCache(str(cache)))


def test_the_table_and_what_the_manifest_says(root: Path) -> None:
    (root / "KoNViD_1k_videos" / "40.mp4").touch()
    built = build_konvid_full(root, codec="h264")
    table = pd.read_parquet(built.manifest.artifact.path)
    assert Path(built.manifest.artifact.path).name == "full_features_konvid.parquet"
    assert [*table.columns] == ["key", "frame_index", "codec", *FULL.columns, "vmaf"]
    assert len(table) == 3 * FRAMES
    assert {*table["codec"]} == {"h264"}
    assert table["key"].is_monotonic_increasing
    assert table[[*CANONICAL6.columns, "psnr_y", "vmaf"]].notna().all(axis=None)
    manifest = manifest_of(built)
    assert manifest["schema"] == "konvid-full-features-manifest-v1"
    assert manifest["features"] == [*FULL.columns]
    assert (manifest["crf"], manifest["cache_enabled"]) == (35, True)
    assert manifest["failed_clips"] == ["KoNViD_1k_videos_40"]
    assert (
        manifest["stats"].items()
        >= {
            "clips_selected": 4,
            "clips_processed": 3,
            "clips_failed": 1,
            "frames": 3 * FRAMES,
        }.items()
    )
    assert (manifest["codec"], manifest["feature_set"]) == ("h264", "full")
    assert {*manifest["run_provenance"]["inputs"]} == {
        *("konvid_root", "videos_dir", "cache_dir", "vmaf_bin"),
    }


def test_codec_is_a_label_and_the_default_is_x264(root: Path) -> None:
    build_konvid_full(root, max_clips=1, feature_set=["psnr_y"])
    again = build_konvid_full(root, max_clips=1, feature_set=["psnr_y"], codec="mine")
    assert again.manifest.counts.cached == 1
    assert {*pd.read_parquet(again.manifest.artifact.path)["codec"]} == {"mine"}
    (request,) = FULL_FEATURES.resolve(FULL_FEATURES.settings(), SharedSettings(), KONVID)
    assert request.settings["codec"] == "x264"


def test_it_takes_the_settings_of_the_pairs_and_two_more() -> None:
    few, more = (asset.settings.model_fields for asset in (VMAF_PAIRS, FULL_FEATURES))
    assert more.keys() - few.keys() == {"codec", "feature_set"}
    assert {name: repr(more[name]) for name in few} == {name: repr(few[name]) for name in few}
    (pairs,), (full,) = (
        asset.resolve(asset.settings(), SharedSettings(), KONVID)
        for asset in (VMAF_PAIRS, FULL_FEATURES)
    )
    assert pairs.settings["cache_dir"] == full.settings["cache_dir"]


def test_one_run_of_both_scores_every_clip_once(
    root: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with counted_scorings(monkeypatch) as scored:
        result, steps = run_both(instance)
    assert result.success
    assert steps == [FULL_FEATURES.op, VMAF_PAIRS.op]
    assert len(scored) == 3
    assert counts(result, FULL_FEATURES.op) == {"extracted": 3, "cached": 0}
    assert counts(result, VMAF_PAIRS.op) == {"extracted": 0, "cached": 3}
    alone = build_pairs(root, cache_policy="off", out=str(tmp_path / "alone.parquet"))
    (made,) = result.asset_materializations_for_node(VMAF_PAIRS.op)
    assert made.metadata["content_sha256"].value == alone.content_sha256
    checks = result.get_asset_check_evaluations()
    assert {check.asset_key for check in checks} == {PAIRS, FULL_KEY}
    assert all(check.passed for check in checks)


@pytest.mark.usefixtures("root")
def test_the_order_is_asked_for_and_is_no_dependency(instance: dg.DagsterInstance) -> None:
    definitions = build_definitions()
    priorities = {
        key: int(definitions.get_assets_def(key).op.tags["dagster/priority"])
        for key in (FULL_KEY, PAIRS)
    }
    assert priorities[FULL_KEY] > priorities[PAIRS]
    assert ASSETS.index(FULL_FEATURES) < ASSETS.index(VMAF_PAIRS), "as the demo makes them"
    graph = definitions.resolve_asset_graph()
    videos = {dg.AssetKey(["konvid_1k", "videos"])}
    assert graph.get(PAIRS).parent_keys == graph.get(FULL_KEY).parent_keys == videos
    result, steps = run_both(instance, {"feature_set": "nothing"})
    assert not result.success
    assert steps == [VMAF_PAIRS.op], "what fails there does not stop the pairs"


def test_reports_of_the_pairs_alone_do_not_serve(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_pairs(root)
    with counted_scorings(monkeypatch) as scored:
        full = build_konvid_full(root, feature_set=[*LARGER.columns])
        assert len(scored) == 3
        assert full.manifest.cache.stale == 3
        pairs = build_pairs(root)
        assert len(scored) == 3, "the larger report took the place of the smaller"
    assert pairs.manifest.counts.cached == 3


def test_of_two_runs_at_once_the_larger_report_stays(
    root: Path, ffmpeg: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run for fewer features ends its clip after the run for more has kept its report."""
    clip, cache = clip_of(root), tmp_path / "reports"
    more, fewer = (scorer_of(cache, ffmpeg, features) for features in (LARGER, CANONICAL6))
    real = Engine.score

    def overtaken(self: Engine, clip: Clip, children: Children) -> Scored:
        scored = real(self, clip, children)
        if self.features == CANONICAL6:
            more(clip, children)
        return scored

    with monkeypatch.context() as patch:
        patch.setattr(Engine, "score", overtaken)
        slower = fewer(clip, Children())
    assert isinstance(slower, Extracted)
    assert slower.lookup == "miss"
    for scorer in (more, fewer):
        assert scorer(clip, Children()).lookup == "hit"


@pytest.mark.parametrize("spoilt", ["damaged", "refresh"])
def test_a_larger_report_that_is_not_to_be_used_is_replaced(
    root: Path, ffmpeg: str, tmp_path: Path, spoilt: str
) -> None:
    clip, cache = clip_of(root), tmp_path / "reports"
    more, fewer = (scorer_of(cache, ffmpeg, features) for features in (LARGER, CANONICAL6))
    more(clip, Children())
    if spoilt == "damaged":
        entry = cache / f"{clip.key}.json"
        entry.write_bytes(entry.read_bytes()[:-9])
        assert fewer(clip, Children()).lookup == "damaged"
    else:
        refreshing = ClipScorer(fewer.engine, fewer.cache, policy="refresh")
        assert refreshing(clip, Children()).lookup == "unread"
    assert fewer(clip, Children()).lookup == "hit"
    assert more(clip, Children()).lookup == "stale"
