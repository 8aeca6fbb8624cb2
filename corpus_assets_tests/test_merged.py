"""`training/fr_corpus`: rows of several tools as one, conflicts, and rows that will not do."""

from __future__ import annotations

import json
import math
import os
import re
import resource
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd
import pyarrow as pa
import pytest

from corpus_assets import load
from corpus_assets.errors import DataError, EmptyCorpusError, SettingError
from corpus_assets.files import sha256_of_bytes, sha256_of_file, sha256_of_open
from corpus_assets.manifests.checks import CHECKS, judge
from corpus_assets.manifests.diffing import difference
from corpus_assets.manifests.evidence import Evidence
from corpus_assets.manifests.training import MergedManifest
from corpus_assets.manifests.verdict import Verdict
from corpus_assets.manifests.verification import verify
from corpus_assets.tables.corpus_row import CorpusRow
from corpus_assets.tables.merged_row import read_sound_row
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
        (row("a.mp4", ONE, vmaf_score=100.5), "vmaf_score: 100.5 is not from 0 up to 100"),
        (row("a.mp4", ONE, vmaf_score=-1), "vmaf_score: -1 is not from 0 up to 100"),
        (row("a.mp4", ONE, motion2_mean=257.0), "motion2_mean: 257 is not from 0 up to 256"),
        (row("a.mp4", ONE, adm2_std=-0.5), "adm2_std: -0.5 is not from 0"),
        (row("a.mp4", ONE, exit_status=1), "exit_status: 1 is not 0, so that encode or score"),
        (
            row("a.mp4", ONE, vmaf_score=101, exit_status=-9, adm2_std=-1, motion2_mean=-1),
            (
                "vmaf_score: 101 is not from 0 up to 100; motion2_mean: -1 is not from 0 up to "
                "256; adm2_std: -1 is not from 0; and 1 more keys"
            ),
        ),
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


def test_a_content_that_only_some_rows_know(tmp_path: Path) -> None:
    """Another tool's stand-in for the content of a clip of ours is on the clip's side."""
    key = stem("DOne")
    shard = write_rows(
        tmp_path / "shard.jsonl",
        row(f"bvi-dvc:{key}", ONE),
        row(f"bvi-dvc:{key}", sha256_of_bytes(key.encode()), crf=20),
    )
    built = build_merged(shards=[str(shard)], splits=True)
    manifest = manifest_of(built)
    sources = manifest["sources"]
    assert (sources["contents"], sources["joined"], sources["unknown"]) == (1, 1, 0)
    assert manifest["summary"]["unique_sources"] == 2
    splits = json.loads((tmp_path / "runs" / "fr_train_corpus.splits.json").read_text())
    assert [(one["content"], one["known"]) for one in splits["sources"]] == [(ONE, True)]
    assert verify(built.manifest_path).mismatches == ()
    judged = verdicts(built.manifest_path)
    assert all(one.passed for one in judged.values()), judged
    assert "of 1 more sources is taken for the one" in judged["sources_in_one_place"].text


def test_a_source_with_two_contents(tmp_path: Path) -> None:
    rows = [row("a:x", ONE), row("a:x", TWO, crf=20)]
    built = build_merged(shards=[str(write_rows(tmp_path / "shard.jsonl", *rows))])
    judged = verdicts(built.manifest_path)
    assert {name for name, one in judged.items() if not one.passed} == {"sources_in_one_place"}
    text = f"a/a:x has, or may have, 2 contents: {ONE[:12]}…, {TWO[:12]}…"
    assert text in judged["sources_in_one_place"].text


@pytest.mark.parametrize("kind", [pd.DataFrame, pa.Table])
def test_rows_with_keys_of_their_own_load(tmp_path: Path, kind: Any) -> None:
    """Under the 54 columns, with numbers of any length where a number may have a fraction."""
    shard = write_rows(
        tmp_path / "shard.jsonl",
        row("a.mp4", ONE, note={"by": "me"}, bitrate_kbps=10**30),
        row("b.mp4", TWO, vmaf_score=90, adm2_mean=math.nan),
    )
    built = build_merged(shards=[str(shard)])
    table = load("training/fr_corpus", kind)
    table = table if kind is pa.Table else pa.Table.from_pandas(table)
    assert table.column_names == list(CorpusRow.model_fields)
    assert table["bitrate_kbps"].to_pylist() == [1e30, 0.0]
    assert table["vmaf_score"].to_pylist() == [90.0, 90.0]
    other = build_merged(shards=[str(shard)], output=str(tmp_path / "other.jsonl"))
    edited(other.manifest_path, lambda d: d["artifact"].update(content_sha256="0" * 64))
    assert difference(built.manifest_path, other.manifest_path).scores.state == "compared"


@pytest.mark.parametrize(
    ("line", "reason"),
    [("[]", "line 2: no JSON object"), ("{", "line 2: no JSON object: ")],
)
def test_a_line_that_is_no_object_is_named(tmp_path: Path, line: str, reason: str) -> None:
    shard = write_rows(tmp_path / "shard.jsonl", row("a.mp4", ONE), row("b.mp4", TWO))
    built = build_merged(shards=[str(shard)])
    table = write_rows(Path(built.manifest.artifact.path), row("a.mp4", ONE), line)
    facts = {"bytes": table.stat().st_size, "sha256": sha256_of_file(table)}
    edited(built.manifest_path, lambda document: document["artifact"].update(facts))
    with pytest.raises(DataError, match=re.escape(f"{table}, {reason}")):
        load("training/fr_corpus")


def edited(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def test_rows_beside_a_manifest_of_an_earlier_tool(tmp_path: Path) -> None:
    """It says how many rows there are, and not which keys."""
    shard = write_rows(tmp_path / "shard.jsonl", row("a.mp4", ONE, note=1), "", row("b.mp4", TWO))
    elsewhere = write_rows(tmp_path / "merged.jsonl", row("a.mp4", ONE))
    provenance = {"outputs": {"jsonl": f"/nowhere/{elsewhere.name}"}}
    said = {
        "schema": "vmaf-tune-corpus-merge-manifest-v1",
        "required_keys": [],
        "dedup_key": [],
        "summary": {"rows_out": 2},
        "run_provenance": provenance,
    }
    manifest = tmp_path / "shard.manifest.json"
    manifest.write_text(json.dumps(said))
    built = build_merged(shards=[str(shard)])
    (one,) = built.manifest.inputs
    assert one.manifest is not None
    assert not one.manifest.verified
    manifest.write_text(json.dumps(said | {"summary": {"rows_out": 1}}))
    with pytest.raises(DataError, match="rows: expected 1, found 2"):
        build_merged(shards=[str(shard)])
    write_rows(shard, "1")
    with pytest.raises(DataError, match=f"{shard}, line 1: no JSON object"):
        build_merged(shards=[str(shard)])


def test_our_rows_must_have_a_manifest(ours: Path) -> None:
    """Unless they are named, as those of any tool."""
    ours.with_name("bvi_dvc_corpus.manifest.json").unlink()
    with pytest.raises(DataError) as caught:
        build_merged()
    assert str(caught.value).startswith(f"bvi_dvc/corpus_rows: {ours} has no manifest of ours, so")
    assert "materialize bvi_dvc/corpus_rows again, or " in str(caught.value)
    assert str(caught.value).endswith("naming it in the setting corpus_rows")
    (one,) = build_merged(corpus_rows=str(ours)).manifest.inputs
    assert one.manifest is None


def test_more_shards_than_files_that_may_be_open(tmp_path: Path) -> None:
    count = 60
    shards = [
        str(write_rows(tmp_path / f"{number}.jsonl", row(f"{number}.mp4", ONE, crf=number)))
        for number in range(count)
    ]
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    opened = len(list(Path("/proc/self/fd").iterdir()))
    resource.setrlimit(resource.RLIMIT_NOFILE, (opened + count // 2, before[1]))
    try:
        built = build_merged(shards=shards)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert built.manifest.artifact.rows == count


@pytest.mark.parametrize("when", ["after it was hashed", "while it is read"])
@pytest.mark.parametrize("how", ["in place", "replaced"])
def test_an_input_that_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str, how: str
) -> None:
    shard = write_rows(tmp_path / "shard.jsonl", row("a.mp4", ONE), row("b.mp4", TWO))
    os.utime(shard, (0, 0))
    other = write_rows(tmp_path / "other.jsonl", row("a.mp4", ONE), row("c.mp4", TWO))

    def change() -> None:
        if how == "replaced":
            shutil.copy(other, tmp_path / "new")
            (tmp_path / "new").replace(shard)
        else:
            shard.write_bytes(other.read_bytes())

    def hashed(file: BinaryIO) -> str:
        digest = sha256_of_open(file)
        change()
        return digest

    def read(line: bytes) -> dict[str, Any]:
        change()
        return read_sound_row(line)

    if when == "after it was hashed":
        monkeypatch.setattr("corpus_assets.artifacts.proved_inputs.sha256_of_open", hashed)
    else:
        monkeypatch.setattr("corpus_assets.artifacts.build_merged.read_sound_row", read)
    if (when, how) == ("while it is read", "replaced"):
        assert build_merged(shards=[str(shard)]).manifest.artifact.rows == 2
        assert b"b.mp4" in (tmp_path / "runs" / "fr_train_corpus.jsonl").read_bytes()
        return
    said = f"{shard} was replaced or written to after it had been hashed; run again"
    with pytest.raises(DataError, match=re.escape(said)):
        build_merged(shards=[str(shard)])
    assert list((tmp_path / "runs").iterdir()) == []


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (lambda d: d["conflicts"].clear(), "conflicts"),
        (lambda d: d["conflicts"].append(d["conflicts"][0]), "conflicts"),
        (lambda d: d["sources"]["listed"].clear(), "sources.listed"),
        (lambda d: d["sources"]["listed"][0]["names"].pop(), "names of"),
        (lambda d: d["sources"]["listed_divided"].clear(), "sources.listed_divided"),
        (lambda d: d["required_keys"].pop(), "required_keys"),
        (lambda d: d["required_keys"].reverse(), "required_keys"),
        (lambda d: d["dedup_key"].append("src"), "dedup_key"),
        (lambda d: d["summary"].update(rows_in=9), "summary.rows_in"),
        (
            lambda d: (d["summary"].update(unique_sources=1), d["sources"].update(contents=1)),
            "summary.unique_sources in the table",
        ),
        (lambda d: d.pop("required_keys"), "required_keys"),
        (lambda d: d.pop("conflicts"), "conflicts"),
    ],
)
def test_counts_that_do_not_add_up(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], wrong: str
) -> None:
    rows = [row("a:x", ONE), row("a:x", ONE, vmaf_score=1.0), row("b:y", ONE), row("a:x", TWO)]
    built = build_merged(shards=[str(write_rows(tmp_path / "shard.jsonl", *rows))])
    assert verdicts(built.manifest_path)["counts_add_up"].passed
    edited(built.manifest_path, change)
    assert wrong in verdicts(built.manifest_path)["counts_add_up"].text


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
    write_rows(table, row("a.mp4", ONE, vmaf_score=101.0, exit_status=1), row("b.mp4", ONE))
    judged = verdicts(built.manifest_path)
    failed = {name for name, one in judged.items() if not one.passed}
    assert failed == {
        *("artifact_matches_manifest", "counts_add_up", "keys_unique", "values_in_range"),
    }
    said = judged["values_in_range"].text
    assert "exit_status is not 0, so that encode or score failed: 1 in a.mp4, line 1" in said
    assert "same src_sha256, encoder, preset, crf: b.mp4 in line 1" in judged["keys_unique"].text
    write_rows(table, "{}")
    assert not verdicts(built.manifest_path)["columns_as_declared"].passed
    what = {one.what: one.found for one in verify(built.manifest_path).mismatches}
    assert "line 1: no schema_version" in what["artifact"]
