"""Reports that other tools left in the cache folder: never replaced, taken only on trust."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from corpus_assets.artifacts.bvi_full import FULL_FEATURES
from corpus_assets.artifacts.settings import BviFullSettings, SharedSettings
from corpus_assets.corpora.clip import Clip
from corpus_assets.extraction.entry import OPENING
from corpus_assets.files import sha256_of_file
from corpus_assets.libvmaf.engine import Engine, Scored
from corpus_assets.libvmaf.process import Children
from corpus_assets_tests.archives import stem, write_archive
from corpus_assets_tests.making import build_bvi, counted_scorings, manifest_of
from corpus_assets_tests.media import FRAMES

TRUSTED, SCORED = "DOne", "DTwo"
POLICIES = ("reuse", "refresh", "off", "trust")


@pytest.fixture
def archive(media: Path, tmp_path: Path) -> Path:
    """Two clips of tier D."""
    videos = {TRUSTED: media / "ten.mp4", SCORED: media / "bikes.mp4"}
    return write_archive(tmp_path / "bvi.zip", videos)


@pytest.fixture
def folder(archive: Path, tmp_path: Path) -> Path:
    """A cache folder with one report as another tool keeps it, and none for the other clip."""
    folder = tmp_path / "reports"
    build_bvi(bvi_zip=str(archive), cache_dir=str(folder), feature_set="canonical6")
    own = json.loads(report_path(folder).read_text())
    del own["corpus_assets"]
    report_path(folder).write_text(json.dumps(own))
    (folder / f"{stem(SCORED)}.json").unlink()
    return folder


def report_path(folder: Path) -> Path:
    return folder / f"{stem(TRUSTED)}.json"


def change(folder: Path, frame: int, **metrics: Any) -> None:
    """Set metrics of one frame of the other tool's report; None takes one away."""
    report = json.loads(report_path(folder).read_text())
    there = report["frames"][frame]["metrics"]
    for name, value in metrics.items():
        there.pop(name) if value is None else there.update({name: value})
    report_path(folder).write_text(json.dumps(report))


def made(archive: Path, folder: Path, policy: str, features: str = "canonical6") -> dict[str, Any]:
    built = build_bvi(
        bvi_zip=str(archive), cache_dir=str(folder), cache_policy=policy, feature_set=features
    )
    return manifest_of(built)


@pytest.mark.parametrize("policy", POLICIES)
def test_no_policy_replaces_it(archive: Path, folder: Path, policy: str) -> None:
    before = report_path(folder).read_bytes(), report_path(folder).stat().st_mtime_ns
    made(archive, folder, policy)
    assert (report_path(folder).read_bytes(), report_path(folder).stat().st_mtime_ns) == before


@pytest.mark.parametrize("policy", POLICIES)
def test_a_blank_first_line_is_no_damage(archive: Path, folder: Path, policy: str) -> None:
    report_path(folder).write_bytes(b"\n" + report_path(folder).read_bytes())
    before = report_path(folder).read_bytes()
    made(archive, folder, policy)
    assert report_path(folder).read_bytes() == before


def test_a_link_to_nothing_is_left_alone(archive: Path, folder: Path) -> None:
    report_path(folder).unlink()
    report_path(folder).symlink_to(folder / "annex" / "gone.json")
    (failure,) = made(archive, folder, "reuse")["failures"]
    assert "is a symbolic link to nothing" in failure["reason"]
    assert report_path(folder).is_symlink()


@pytest.mark.parametrize("policy", ["reuse", "refresh", "trust"])
def test_what_is_no_file_is_one_failed_clip(archive: Path, folder: Path, policy: str) -> None:
    for make in (os.mkfifo, os.mkdir):
        shutil.rmtree(folder)
        folder.mkdir()
        make(report_path(folder))
        (failure,) = made(archive, folder, policy)["failures"]
        assert f"{report_path(folder)} is not a regular file" in failure["reason"]


def test_a_report_that_comes_while_the_clip_is_scored_stays(
    archive: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = report_path(folder).read_bytes()
    report_path(folder).unlink()
    real = Engine.score

    def meddling(self: Engine, clip: Clip, children: Children) -> Scored:
        scored = real(self, clip, children)
        if clip.key == stem(TRUSTED):
            report_path(folder).write_bytes(report)
        return scored

    monkeypatch.setattr(Engine, "score", meddling)
    assert made(archive, folder, "reuse")["counts"]["extracted"] == 2
    assert report_path(folder).read_bytes() == report


@pytest.mark.parametrize("policy", ["reuse", "refresh"])
def test_clip_fails_and_names_the_ways_out(archive: Path, folder: Path, policy: str) -> None:
    manifest = made(archive, folder, policy)
    (failure,) = manifest["failures"]
    assert failure["key"] == stem(TRUSTED)
    assert f"{report_path(folder)} is another tool's report" in failure["reason"]
    assert "set cache_policy: trust" in failure["reason"]
    assert "cache_dir to another folder" in failure["reason"]
    assert manifest["counts"]["extracted"] == 1
    own = folder / f"{stem(SCORED)}.json"
    assert own.read_bytes().startswith(OPENING)


def test_without_a_cache_it_is_not_looked_at(archive: Path, folder: Path) -> None:
    manifest = made(archive, folder, "off")
    assert manifest["failures"] == []
    assert manifest["counts"]["extracted"] == 2
    assert manifest["trusted_reports"] == []


def test_trusted_numbers_are_taken_and_said_to_be(
    archive: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(folder, 0, vmaf=12.5, integer_adm2=0.25)
    with counted_scorings(monkeypatch) as started:
        manifest = made(archive, folder, "trust")
    assert len(started) == 1
    (report,) = manifest["trusted_reports"]
    assert report == {"key": stem(TRUSTED), "sha256": sha256_of_file(report_path(folder))}
    assert manifest["cache"]["trusted"] == 1
    assert manifest["counts"]["failed"] == 0
    table = pq.read_table(manifest["artifact"]["path"]).to_pylist()
    first = next(row for row in table if row["key"] == stem(TRUSTED))
    assert (first["vmaf"], first["adm2"]) == (12.5, 0.25)


def test_features_that_it_lacks_are_null(archive: Path, folder: Path) -> None:
    manifest = made(archive, folder, "trust", "full")
    rows = pq.read_table(manifest["artifact"]["path"]).to_pylist()
    assert {row["cambi"] for row in rows if row["key"] == stem(TRUSTED)} == {None}
    assert None not in {row["cambi"] for row in rows if row["key"] == stem(SCORED)}


def cut(folder: Path) -> None:
    report = json.loads(report_path(folder).read_text())
    del report["frames"][-1]
    report_path(folder).write_text(json.dumps(report))


def without_adm2(folder: Path) -> None:
    for frame in range(FRAMES):
        change(folder, frame, integer_adm2=None)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (cut, "the other tool's report has"),
        (lambda folder: report_path(folder).write_text("{"), "not valid JSON"),
        (lambda folder: change(folder, 1, vmaf=None), "vmaf"),
        (lambda folder: change(folder, 1, integer_adm2="high"), "integer_adm2"),
        (without_adm2, "the other tool's report lacks adm2"),
    ],
)
def test_trust_has_limits(archive: Path, folder: Path, fault: Any, reason: str) -> None:
    fault(folder)
    (failure,) = made(archive, folder, "trust")["failures"]
    assert failure["key"] == stem(TRUSTED)
    assert reason in failure["reason"]


def test_dry_run_says_what_would_be_trusted(archive: Path, folder: Path) -> None:
    def plan(policy: str) -> dict[str, Any]:
        settings = BviFullSettings(
            bvi_zip=str(archive),
            cache_dir=str(folder),
            cache_policy=policy,
            feature_set="canonical6",
        )
        (request,) = FULL_FEATURES.resolve(settings, SharedSettings(), os.environ, ("D",))
        return request.plan().as_dict()

    assert (plan("trust")["to_score"], plan("trust")["cached"]) == (1, 1)
    assert plan("reuse")["to_score"] == 1
