"""`bvi_dvc/corpus_rows`: rows of our reports and others', bad reports, and Dagster."""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import jsonschema
import numpy as np
import orjson
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus_assets.errors import EmptyCorpusError, NothingScoredError, RootError, SetupError
from corpus_assets.files import sha256_of_bytes, sha256_of_file
from corpus_assets.libvmaf.features import CANONICAL6
from corpus_assets.libvmaf.summary import summarize
from corpus_assets.orchestration.build import build_definitions
from corpus_assets.tables.corpus_row import CorpusRow
from corpus_assets_tests.archives import stem, write_archive
from corpus_assets_tests.making import build_bvi, build_rows, manifest_of
from corpus_assets_tests.media import FRAMES
from corpus_assets_tests.schemas import path_of
from corpus_assets_tests.test_cli import corpus_assets

KEY = stem("DForeign")
ROWS = dg.AssetKey(["bvi_dvc", "corpus_rows"])
UNKNOWN = ("encoder_version", "extra_params", "encode_path", "hdr_transfer", "hdr_primaries")
NOT_MEASURED = ("encode_time_ms", "score_time_ms", "shot_count", "exit_status")


def foreign_report(frames: int = 4, **changes: Any) -> dict[str, Any]:
    """Return a report as another tool keeps it, with plain names and a pooled deviation."""
    values = {
        name: [number / 8 + index / 64 for index in range(frames)]
        for number, name in enumerate((*CANONICAL6.columns, "vmaf"))
    }
    report = {
        "version": "2.3.1",
        "frames": [
            {"frameNum": index, "metrics": {name: row[index] for name, row in values.items()}}
            for index in range(frames)
        ],
        "pooled_metrics": {
            name: {"mean": float(np.mean(row)), "stddev": 0.5} for name, row in values.items()
        },
    }
    return report | changes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of reports with one of another tool."""
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / f"{KEY}.json").write_text(json.dumps(foreign_report()))
    return folder


def rows_of(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Read the rows as the trainers do, by key."""
    lines = Path(manifest["artifact"]["path"]).read_text().splitlines()
    return {row["src"].removeprefix("bvi-dvc:"): row for row in map(json.loads, lines)}


def test_rows_of_our_reports(media: Path, tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "bvi.zip", {"DOne": media / "ten.mp4"})
    full = manifest_of(build_bvi(bvi_zip=str(archive), feature_set="canonical6"))
    manifest = manifest_of(build_rows())
    jsonschema.validate(manifest, json.loads(path_of(manifest["schema"]).read_text()))
    row = rows_of(manifest)[stem("DOne")]
    assert list(row) == list(CorpusRow.model_fields)
    assert len(row) == 54
    jsonschema.validate(row, json.loads(path_of("corpus-row-v3").read_text()))
    table = pq.read_table(full["artifact"]["path"]).to_pandas()
    assert row["vmaf_score"] == pytest.approx(table["vmaf"].mean(), abs=1e-6)
    for name in CANONICAL6.columns:
        assert row[f"{name}_mean"] == pytest.approx(table[name].mean(), abs=1e-6)
        assert row[f"{name}_std"] == pytest.approx(table[name].std(ddof=0), abs=1e-9)
    assert row["src_sha256"] == sha256_of_file(media / "ten.mp4")
    assert (row["width"], row["height"], row["framerate"]) == (640, 272, 25.0)
    assert row["duration_s"] == FRAMES / 25
    assert (row["encoder"], row["preset"], row["crf"]) == ("libx264", "fast", 35)
    assert (row["pix_fmt"], row["vmaf_model"]) == ("yuv420p10le", "vmaf_v0.6.1")
    assert row["bitrate_kbps"] == pytest.approx(row["encode_size_bytes"] * 8 / FRAMES * 25 / 1000)
    assert row["encode_size_bytes"] > 0
    assert row["ffmpeg_version"]
    assert row["vmaf_binary_version"]
    assert (row["schema_version"], row["clip_mode"], row["hdr_forced"]) == (3, "full", False)
    assert {row[name] for name in UNKNOWN} == {""}
    assert {row[name] for name in NOT_MEASURED} == {0}
    assert {value for name, value in row.items() if name.startswith("enc_internal_")} == {0.0}
    assert re.fullmatch("[0-9a-f]{32}", row["run_id"])
    assert row["timestamp"].endswith("+00:00")
    assert manifest["stats"] == {"cache_files": 1, "rows": 1}
    assert manifest["counts"]["ours"] == 1


def test_row_of_another_tools_report(folder: Path) -> None:
    manifest = manifest_of(build_rows(cache_dir=str(folder), crf=30))
    row = rows_of(manifest)[KEY]
    assert row["src_sha256"] == sha256_of_bytes(KEY.encode())
    assert (row["vmaf_model"], row["vmaf_binary_version"]) == ("vmaf_v0.6.1", "2.3.1")
    assert (row["crf"], row["encode_size_bytes"], row["ffmpeg_version"]) == (30, 0, "")
    assert row["adm2_mean"] == pytest.approx(1.5 / 64)
    assert {row[f"{name}_std"] for name in CANONICAL6.columns} == {0.5}
    assert manifest["counts"] == {
        "found": 1,
        "ours": 0,
        "foreign": 1,
        "failed": 0,
        "incomplete": 0,
    }


def test_what_is_not_known_is_not_a_number(folder: Path) -> None:
    report = foreign_report(pooled_metrics={})
    for frame in report["frames"]:
        del frame["metrics"]["motion2"]
    (folder / "odd.json").write_text(json.dumps(report))
    manifest = manifest_of(build_rows(cache_dir=str(folder)))
    row = rows_of(manifest)["odd"]
    assert math.isnan(row["motion2_mean"])
    assert math.isnan(row["motion2_std"])
    assert row["adm2_std"] == pytest.approx(np.std(np.arange(4) / 64))
    assert (row["width"], row["height"], row["framerate"], row["duration_s"]) == (0, 0, 0.0, 0.0)
    assert manifest["counts"]["incomplete"] == 1


def nan_inside() -> bytes:
    return json.dumps(foreign_report()).replace("0.5", "NaN", 1).encode()


def no_vmaf() -> bytes:
    report = foreign_report(pooled_metrics={})
    del report["frames"][1]["metrics"]["vmaf"]
    return json.dumps(report).encode()


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "truncated": (lambda: json.dumps(foreign_report()).encode()[:-9], "not valid JSON"),
    "empty": (lambda: b"", "not valid JSON"),
    "no_frames": (lambda: json.dumps(foreign_report(frames=1) | {"frames": []}).encode(), "frames"),
    "no_vmaf": (no_vmaf, "no vmaf, pooled or in every frame"),
    "array": (lambda: b"[]", "not a JSON object"),
    "nan": (nan_inside, "NaN and Infinity are not JSON"),
    "infinite": (
        lambda: json.dumps(foreign_report()).replace("0.5", "1e999", 1).encode(),
        "not valid JSON",
    ),
    "nested": (lambda: b"[" * (200 << 20), "larger than 32 MiB"),
    "deep": (lambda: b"[" * (1 << 20), "not valid JSON"),
    "text": (
        lambda: json.dumps(foreign_report()).replace(": 0.5", ': "high"', 1).encode(),
        "vif_scale3 of a frame is no number",
    ),
    "pooled_text": (
        lambda: json.dumps(foreign_report()).replace('"stddev": 0.5', '"stddev": []', 1).encode(),
        "the pooled stddev of adm2 is []",
    ),
    "score": (
        lambda: json.dumps(foreign_report(pooled_metrics={"vmaf": {"mean": 1e308}})).encode(),
        "its vmaf is 1e+308, and scores are 0 to 100",
    ),
    "negative": (
        lambda: json.dumps(foreign_report()).replace('"stddev": 0.5', '"stddev": -1', 1).encode(),
        "the stddev of adm2 is negative",
    ),
    "overflow": (
        lambda: json.dumps(foreign_report(pooled_metrics={})).replace("0.25", "1e308").encode(),
        "is infinite",
    ),
}


def test_bad_reports_are_named_and_cost_no_other(folder: Path) -> None:
    for name, (content, _) in BAD.items():
        (folder / f"{name}.json").write_bytes(content())
    os.mkfifo(folder / "fifo.json")
    (folder / "folder.json").mkdir()
    manifest = manifest_of(build_rows(cache_dir=str(folder)))
    reasons = {failure["key"]: failure["reason"] for failure in manifest["failures"]}
    assert set(reasons) == {*BAD, "fifo", "folder"}
    for name, (_, reason) in BAD.items():
        assert reason in reasons[name]
    assert "not a regular file" in reasons["fifo"]
    assert set(rows_of(manifest)) == {KEY}
    assert manifest["stats"] == {"cache_files": len(BAD) + 3, "rows": 1}


def test_only_bad_reports_write_nothing(folder: Path, tmp_path: Path) -> None:
    (folder / f"{KEY}.json").write_text("{}")
    with pytest.raises(NothingScoredError, match="none of the 1 reports") as caught:
        build_rows(cache_dir=str(folder))
    assert KEY in str(caught.value)
    assert not list(tmp_path.glob("runs/*"))


def test_missing_and_empty_folders_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(RootError, match=r"not a folder; materialize bvi_dvc/full_features first"):
        build_rows(cache_dir=str(tmp_path / "nowhere"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(EmptyCorpusError, match=r"no report .* materialize bvi_dvc/full_features"):
        build_rows(cache_dir=str(tmp_path / "empty"))
    run = ("run", "bvi_dvc/corpus_rows", "--cache-dir")
    assert corpus_assets(*run, tmp_path / "nowhere", folder=tmp_path).returncode == 2
    assert corpus_assets(*run, tmp_path / "empty", folder=tmp_path).returncode == 1


@pytest.mark.parametrize(
    "labels", [{"crf": 36}, {"preset": "slow"}, {"encoder": "libx265"}, {"pix_fmt": "yuv420p"}]
)
def test_our_report_of_another_encode_is_refused(
    media: Path, tmp_path: Path, labels: dict[str, Any], folder: Path
) -> None:
    archive = write_archive(tmp_path / "bvi.zip", {"DOne": media / "ten.mp4"})
    build_bvi(bvi_zip=str(archive), feature_set="canonical6", cache_dir=str(folder))
    manifest = manifest_of(build_rows(cache_dir=str(folder), **labels))
    (failure,) = manifest["failures"]
    assert failure["key"] == stem("DOne")
    assert failure["reason"].startswith("it was made with libx264 fast crf 35 yuv420p10le")


def test_our_report_that_was_changed_is_refused(media: Path, tmp_path: Path, folder: Path) -> None:
    archive = write_archive(tmp_path / "bvi.zip", {"DOne": media / "ten.mp4"})
    build_bvi(bvi_zip=str(archive), feature_set="canonical6", cache_dir=str(folder))
    own = folder / f"{stem('DOne')}.json"
    (folder / "rewritten.json").write_text(json.dumps(json.loads(own.read_text()), indent=1))
    own.write_bytes(own.read_bytes().replace(b'"frameNum": 0', b'"frameNum": 7', 1))
    failures = manifest_of(build_rows(cache_dir=str(folder)))["failures"]
    reasons = {failure["key"]: failure["reason"] for failure in failures}
    assert "our entry is damaged" in reasons[stem("DOne")]
    assert "another program has rewritten our entry" in reasons["rewritten"]


def test_our_report_under_another_name_is_refused(media: Path, tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "bvi.zip", {"DOne": media / "ten.mp4"})
    build_bvi(bvi_zip=str(archive), feature_set="canonical6", cache_dir=str(tmp_path / "c"))
    (tmp_path / "c" / f"{stem('DTwo')}.json").symlink_to(f"{stem('DOne')}.json")
    manifest = manifest_of(build_rows(cache_dir=str(tmp_path / "c")))
    (failure,) = manifest["failures"]
    assert failure["key"] == stem("DTwo")
    assert f"it is our entry of {stem('DOne')}, under another name" in failure["reason"]


def test_no_process_is_started(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORPUS_ASSETS_FFMPEG", "/nowhere")

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    assert build_rows(cache_dir=str(folder)).manifest.artifact.rows == 1


def test_same_reports_give_the_same_digest(folder: Path, tmp_path: Path) -> None:
    first, second = (
        build_rows(cache_dir=str(folder), output=str(tmp_path / f"{name}.jsonl")) for name in "ab"
    )
    assert first.content_sha256 == second.content_sha256
    assert first.manifest.artifact.sha256 != second.manifest.artifact.sha256
    (folder / "another.json").write_text(json.dumps(foreign_report()))
    assert build_rows(cache_dir=str(folder)).content_sha256 != first.content_sha256


def test_digest_is_of_every_lasting_value_in_key_order(folder: Path) -> None:
    for name in ("b", "a", "c"):
        (folder / f"{name}.json").write_text(json.dumps(foreign_report()))
    manifest = manifest_of(build_rows(cache_dir=str(folder)))
    lines = Path(manifest["artifact"]["path"]).read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    assert [row["src"] for row in rows] == [f"bvi-dvc:{key}" for key in (KEY, "a", "b", "c")]
    text = ""
    for row in rows:
        del row["run_id"], row["timestamp"]
        text += json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":")) + "\n"
    assert manifest["artifact"]["content_sha256"] == sha256_of_bytes(text.encode())


def test_spellings_that_are_mixed(folder: Path) -> None:
    report = foreign_report()
    report["pooled_metrics"]["integer_adm2"] = {"min": 0.0}
    report["version"] = "2\u20283"
    (folder / f"{KEY}.json").write_text(json.dumps(report))
    row = rows_of(manifest_of(build_rows(cache_dir=str(folder))))[KEY]
    assert (row["adm2_mean"], row["adm2_std"]) == (1.5 / 64, 0.5)
    assert row["vmaf_binary_version"] == "2\u20283"


def test_only_rows_are_replaced(folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "mine.jsonl"
    for text in ("", '{"schema_version": 3, "mine": true}\n'):
        output.write_text(text)
        with pytest.raises(SetupError, match="a file that is no table of corpus rows is there"):
            build_rows(cache_dir=str(folder), output=str(output))
        assert output.read_text() == text


def test_rows_are_not_written_among_the_reports(folder: Path) -> None:
    with pytest.raises(SetupError, match="output"):
        build_rows(cache_dir=str(folder), output=str(folder / "rows.jsonl"))
    assert [path.name for path in folder.iterdir()] == [f"{KEY}.json"]


def test_dagster_makes_it_alone_and_shows_failures(folder: Path) -> None:
    (folder / "bad.json").write_text("{")
    job = build_definitions().resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:
        config = {"ops": {"bvi_dvc__corpus_rows": {"config": {"cache_dir": str(folder)}}}}
        result = job.execute_in_process(
            run_config=config, instance=instance, asset_selection=[ROWS]
        )
    (event,) = result.get_asset_materialization_events()
    metadata = event.materialization.metadata
    assert metadata["dagster/row_count"].value == 1
    assert metadata["reports_failed"].value == 1
    assert "bad" in str(metadata["failures"].value)


def test_lineage() -> None:
    graph = build_definitions().resolve_asset_graph()
    full, videos = (dg.AssetKey(["bvi_dvc", name]) for name in ("full_features", "videos"))
    assert graph.get(ROWS).parent_keys == {full}
    assert graph.get(full).parent_keys == {videos}


NUMBERS = st.floats(0, 100)


@given(st.lists(NUMBERS, min_size=1, max_size=50))
def test_statistics_are_numpys(values: list[float]) -> None:
    names = ("vmaf", *(feature.origins[0].report_key for feature in CANONICAL6.features))
    frames = [{"metrics": dict.fromkeys(names, value)} for value in values]
    summary = summarize(orjson.dumps({"frames": frames}))
    assert summary.frames == len(values)
    assert summary.vmaf == np.mean(values)
    assert set(summary.means.values()) == {np.mean(values)}
    assert set(summary.deviations.values()) == {np.std(values)}


@given(st.floats(0, 100), st.floats(allow_nan=True, allow_infinity=False), st.text())
def test_rows_survive_json(score: float, mean: float, encoder: str) -> None:
    lasting = {f"{name}_{kind}": mean for name in CANONICAL6.columns for kind in ("mean", "std")}
    row = CorpusRow(
        run_id="0" * 32,
        timestamp="2026-01-01T00:00:00+00:00",
        src="bvi-dvc:x",
        src_sha256="0" * 64,
        width=1,
        height=1,
        pix_fmt="yuv420p",
        framerate=1.0,
        duration_s=1.0,
        encoder=encoder,
        preset="fast",
        crf=35,
        encode_size_bytes=0,
        bitrate_kbps=0.0,
        vmaf_score=score,
        vmaf_model="m",
        ffmpeg_version="",
        vmaf_binary_version="",
        exit_status=0,
        **lasting,
    )
    again = CorpusRow.model_validate(json.loads(json.dumps(row.model_dump())))
    np.testing.assert_equal(again.model_dump(), row.model_dump())
