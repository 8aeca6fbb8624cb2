"""`training/fr_corpus`: rows of several tools as one, conflicts, and rows that will not do."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from corpus_assets.errors import DataError, EmptyCorpusError, SettingError
from corpus_assets.files import sha256_of_bytes, sha256_of_file
from corpus_assets.manifests.checks import CHECKS, judge
from corpus_assets.manifests.diffing import difference
from corpus_assets.manifests.evidence import Evidence
from corpus_assets.manifests.training import MergedManifest
from corpus_assets.manifests.verdict import Verdict
from corpus_assets.manifests.verification import verify
from corpus_assets.tables.corpus_row import CorpusRow
from corpus_assets_tests.archives import stem
from corpus_assets_tests.making import build_merged, build_rows, manifest_of
from corpus_assets_tests.rows import ONE, THREE, TWO, row, write_rows
from corpus_assets_tests.test_cli import corpus_assets
from corpus_assets_tests.test_corpus_rows import foreign_report

NAMES = {check.name for check in CHECKS}
KEYS = [stem("DOne"), stem("DTwo")]


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """Rows of `bvi_dvc/corpus_rows` in the output folder."""
    for key in KEYS:
        report = tmp_path / "reports" / f"{key}.json"
        report.parent.mkdir(exist_ok=True)
        report.write_text(json.dumps(foreign_report()))
    manifest = build_rows(cache_dir=str(tmp_path / "reports")).manifest
    return Path(manifest.artifact.path)


def lines_of(manifest: dict[str, Any]) -> list[bytes]:
    return Path(manifest["artifact"]["path"]).read_bytes().splitlines(keepends=True)


def verdicts(path: Path) -> dict[str, Verdict]:
    return judge(Evidence(path), NAMES)


def test_our_rows_and_those_of_others(ours: Path, tmp_path: Path) -> None:
    shuffled = dict(reversed(row("a.mp4", ONE, adm2_std=math.nan, note="mine").items()))
    first = write_rows(tmp_path / "first.jsonl", shuffled, "", row("b.mp4", TWO, crf=20))
    spaced = json.dumps(row("b.mp4", TWO, crf=28), indent=None, separators=(" , ", " : "))
    second = tmp_path / "second.jsonl"
    second.write_bytes(b"\r\n" + spaced.encode() + b"\r\n" + json.dumps(shuffled).encode())
    built = build_merged(shards=[str(first), str(second)])
    manifest = manifest_of(built)
    theirs = first.read_bytes().splitlines(keepends=True)
    assert lines_of(manifest) == [
        *ours.read_bytes().splitlines(keepends=True),
        *(theirs[0], theirs[2], spaced.encode() + b"\r\n"),
    ]
    assert manifest["summary"] == {
        "rows_in": 6,
        "rows_out": 5,
        "duplicates": 1,
        "conflicts": 0,
        "unique_sources": 4,
    }
    assert manifest["required_keys"] == list(CorpusRow.model_fields)
    assert manifest["dedup_key"] == ["src_sha256", "encoder", "preset", "crf"]
    assert [(one["label"], one["rows"]) for one in manifest["inputs"]] == [
        ("bvi_dvc/corpus_rows", 2),
        ("shard 1", 2),
        ("shard 2", 2),
    ]
    assert [one["manifest"] is None for one in manifest["inputs"]] == [False, True, True]
    records = manifest["run_provenance"]["inputs"]["corpus_jsonl"]
    assert [one["sha256"] for one in records] == list(map(sha256_of_file, (ours, first, second)))
    rows = list(map(json.loads, lines_of(manifest)))
    assert math.isnan(rows[2]["adm2_std"]), "Python's json reads it as a trainer would"
    assert verify(built.manifest_path, inputs=True).mismatches == ()
    judged = verdicts(built.manifest_path)
    assert all(one.passed for one in judged.values()), judged
    assert lines_of(manifest_of(build_merged(shards=[str(first), str(second)]))) == lines_of(
        manifest
    )


def test_conflicts_are_listed_and_the_first_wins(tmp_path: Path) -> None:
    shard = write_rows(
        tmp_path / "shard.jsonl",
        row("a.mp4", ONE),
        row("a.mp4", ONE, vmaf_score=90.0 + 5e-7),
        row("a.mp4", ONE, vmaf_score=90.1),
        row("a.mp4", ONE, vmaf_model="vmaf_4k_v0.6.1"),
        row("a.mp4", ONE, clip_mode="sample_10s"),
        row("a.mp4", ONE, preset="slow", vmaf_score=50),
    )
    built = build_merged(shards=[str(shard)])
    assert isinstance(built.manifest, MergedManifest)
    summary = built.manifest.summary
    assert (summary.rows_out, summary.duplicates, summary.conflicts) == (2, 4, 3)
    kept = {(one.kept.input, one.kept.line) for one in built.manifest.conflicts}
    assert kept == {("shard 1", 1)}
    assert [one.dropped.line for one in built.manifest.conflicts] == [3, 4, 5]
    judged = verdicts(built.manifest_path)
    assert {name for name, one in judged.items() if not one.passed} == {"duplicates_agree"}
    text = judged["duplicates_agree"].text
    assert "90.000000 by vmaf_v0.6.1 (full) in shard 1, line 1" in text
    assert "90.100000 by vmaf_v0.6.1 (full) in shard 1, line 3" in text
    done = corpus_assets("run", "training/fr_corpus", "--shards", shard, folder=tmp_path)
    assert done.returncode == 0
    assert "warning: duplicates_agree: " in done.stderr


def test_many_conflicts_are_bounded(tmp_path: Path) -> None:
    rows = [row("a.mp4", ONE, vmaf_score=float(score % 100)) for score in range(150)]
    built = build_merged(shards=[str(write_rows(tmp_path / "shard.jsonl", *rows))])
    assert isinstance(built.manifest, MergedManifest)
    assert built.manifest.summary.conflicts == 148
    assert len(built.manifest.conflicts) == 100
    assert "and 96 more" in verdicts(built.manifest_path)["duplicates_agree"].text
    assert verify(built.manifest_path).mismatches == ()


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in row("a.mp4", ONE).items() if name != key}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (without("vmaf_score"), "no vmaf_score"),
        (without("enc_internal_qp_mean"), "no enc_internal_qp_mean"),
        (row("a.mp4", ONE, crf="35"), "crf: Input should be a valid integer"),
        (row("a.mp4", ONE, crf=35.5), "crf: Input should be a valid integer"),
        (row("a.mp4", ONE, crf=-1), "crf: Input should be greater than or equal to 0"),
        (row("a.mp4", ""), "src_sha256: String should match pattern"),
        (row("a.mp4", ONE, vmaf_score=math.nan), "vmaf_score: Input should be a finite number"),
        (row("a.mp4", ONE, adm2_mean=math.inf), "adm2_mean: infinite"),
        (row("a.mp4", ONE, adm2_mean=None), "adm2_mean: Input should be a valid number"),
        (row("a.mp4", ONE, hdr_forced=0), "hdr_forced: Input should be a valid boolean"),
        (row("a.mp4", ONE, schema_version=2), "schema_version: Input should be 3"),
        ('{"schema_version": 3', "no JSON object"),
        ("[]", "no JSON object"),
        (row("a.mp4", ONE, extra=[[]] * 300), "more than 200 brackets"),
        (row("a.mp4", ONE, extra_params="x" * (1 << 20)), "longer than 1048576 bytes"),
        (row("\ud800.mp4", ONE), "row: Invalid JSON"),
        (row("a.mp4", ONE, crf=1 << 70), "crf: too large"),
        ('"x"', "no JSON object"),
    ],
)
def test_a_bad_row_fails_the_merge(tmp_path: Path, line: Any, reason: str) -> None:
    good = row("b.mp4", TWO)
    shard = write_rows(tmp_path / "shard.jsonl", good, line, good)
    with pytest.raises(DataError) as caught:
        build_merged(shards=[str(shard)])
    text = str(caught.value)
    assert text.startswith(f"{shard}: 1 lines are no corpus rows of schema version 3")
    assert f"\n  line 2: {reason}" in text
    assert list((tmp_path / "runs").iterdir()) == []


def test_what_is_no_text_and_many_bad_rows(tmp_path: Path) -> None:
    shard = tmp_path / "shard.jsonl"
    shard.write_bytes(b"\xff\n" * 30)
    with pytest.raises(DataError, match="30 lines are no corpus rows") as caught:
        build_merged(shards=[str(shard)])
    assert len(str(caught.value).splitlines()) == 22
    assert str(caught.value).endswith("and 10 more")


def test_several_keys_of_a_row_are_named(tmp_path: Path) -> None:
    bad = row("a.mp4", ONE, crf="x", preset=1, width=-1, height=-1) | {"src": 2}
    with pytest.raises(DataError, match=r"line 1: src: .*; width: .*; height: .*; and 2 more keys"):
        build_merged(shards=[str(write_rows(tmp_path / "shard.jsonl", bad))])


def test_one_content_under_two_names(tmp_path: Path) -> None:
    """Also where the second is a duplicate, for the other table may have both."""
    key = stem("DOne")
    stand_in = sha256_of_bytes(key.encode())
    shard = write_rows(
        tmp_path / "shard.jsonl",
        row("bvi-dvc:x", ONE),
        row("netflix:y", ONE),
        row("z", TWO),
        row("w", TWO, crf=20),
        row("alone", THREE),
        row(f"bvi-dvc:{key}", stand_in),
    )
    built = build_merged(shards=[str(shard)], splits=True)
    sources = manifest_of(built)["sources"]
    assert (sources["contents"], sources["unknown"], sources["repeated"]) == (4, 1, 2)
    assert [one["names"] for one in sources["listed"]] == [
        ["bvi-dvc/bvi-dvc:x", "netflix/netflix:y"],
        ["w", "z"],
    ]
    judged = verdicts(built.manifest_path)
    assert {name for name, one in judged.items() if not one.passed} == {"sources_in_one_place"}
    splits = json.loads((tmp_path / "runs" / "fr_train_corpus.splits.json").read_text())
    sides = {one["source"]: one["split"] for one in splits["sources"]}
    assert sides["w"] == sides["z"]
    assert {one["source"] for one in splits["sources"] if not one["known"]} == {f"bvi-dvc:{key}"}


def test_which_rows_are_ours(ours: Path, tmp_path: Path) -> None:
    shard = str(write_rows(tmp_path / "shard.jsonl", row("a.mp4", ONE)))
    alone = manifest_of(build_merged())
    assert alone["summary"]["rows_out"] == 2
    assert alone["run_provenance"]["args"]["corpus_rows"] == str(ours)
    without_ours = manifest_of(build_merged(corpus_rows="none", shards=[shard]))
    assert [one["label"] for one in without_ours["inputs"]] == ["shard 1"]
    with pytest.raises(EmptyCorpusError, match="nothing to merge"):
        build_merged(corpus_rows="none")
    with pytest.raises(SettingError, match="corpus_rows: '/nowhere' is not allowed; no such file"):
        build_merged(corpus_rows="/nowhere")
    with pytest.raises(SettingError, match="shards: '/nowhere' is not allowed; no such file"):
        build_merged(shards=["/nowhere"])
    with pytest.raises(EmptyCorpusError, match=r"no row to merge in .*empty\.jsonl"):
        build_merged(corpus_rows="none", shards=[str(write_rows(tmp_path / "empty.jsonl", ""))])
    ours.write_bytes(ours.read_bytes().replace(b"libx264", b"libx265"))
    with pytest.raises(DataError, match=r"bvi_dvc/corpus_rows: .* is not what its manifest"):
        build_merged()


@pytest.mark.usefixtures("ours")
def test_made_again_and_compared(tmp_path: Path) -> None:
    two = [row("b.mp4", TWO), row("a.mp4", ONE)]
    shard = write_rows(tmp_path / "shard.jsonl", *two)
    built = build_merged(shards=[str(shard)])
    done = corpus_assets("replay", built.manifest_path, folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("identical: 4 rows")
    more = [row("c.mp4", THREE), two[0] | {"vmaf_score": 80.0}, two[1]]
    other = write_rows(tmp_path / "other.jsonl", *more)
    new = build_merged(shards=[str(other)], output=str(tmp_path / "new.jsonl"))
    found = difference(built.manifest_path, new.manifest_path)
    drift = found.scores.drift
    assert drift is not None
    assert (drift.clips, drift.drifted) == (5, 2)
    assert drift.largest["vmaf_score"] == (10.0, f"b.mp4 libx264 fast 35 {TWO}")
    assert {one.name for one in found.changes["counts"]} == {
        *("rows_in", "rows_out", "unique_sources"),
    }
    turned = write_rows(tmp_path / "turned.jsonl", *reversed(two))
    third = build_merged(shards=[str(turned)], output=str(tmp_path / "third.jsonl"))
    scores = difference(built.manifest_path, third.manifest_path).scores
    assert (scores.state, scores.reason) == (
        "not compared",
        "the rows that both tables have are in another order",
    )
    shard.write_text(shard.read_text().replace("90.0", "91.0"))
    refused = corpus_assets("replay", built.manifest_path, folder=tmp_path)
    assert refused.returncode == 1
    assert "input shard.jsonl: expected" in refused.stderr


def test_rows_that_are_altered(tmp_path: Path) -> None:
    shard = write_rows(tmp_path / "shard.jsonl", row("a.mp4", ONE), row("b.mp4", TWO))
    built = build_merged(shards=[str(shard)])
    table = Path(built.manifest.artifact.path)
    write_rows(table, row("a.mp4", ONE, vmaf_score=101.0), row("b.mp4", ONE))
    judged = verdicts(built.manifest_path)
    failed = {name for name, one in judged.items() if not one.passed}
    assert failed == {"artifact_matches_manifest", "keys_unique", "values_in_range"}
    assert "same src_sha256, encoder, preset, crf: b.mp4 in line 1" in judged["keys_unique"].text
    write_rows(table, "{}")
    assert not verdicts(built.manifest_path)["columns_as_declared"].passed
    what = {one.what: one.found for one in verify(built.manifest_path).mismatches}
    assert "line 1: no schema_version" in what["artifact"]
