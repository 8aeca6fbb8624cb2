"""`training/full_features`: tables of corpora as one, external ones too, and what is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpus_assets.artifacts.build import ScoredBuilt
from corpus_assets.errors import DataError, EmptyCorpusError, SettingError
from corpus_assets.files import sha256_of_file
from corpus_assets.libvmaf.features import CANONICAL6, FULL
from corpus_assets.manifests.checks import CHECKS, judge
from corpus_assets.manifests.diffing import difference
from corpus_assets.manifests.evidence import Evidence
from corpus_assets.manifests.pair import examine
from corpus_assets.manifests.verification import verify
from corpus_assets.tables.content import content_sha256
from corpus_assets_tests.archives import stem, write_archive
from corpus_assets_tests.making import (
    build_bvi,
    build_combined,
    build_netflix,
    build_pairs,
    manifest_of,
)
from corpus_assets_tests.media import NETFLIX_SIZE
from corpus_assets_tests.test_cli import corpus_assets

NAMES = {check.name for check in CHECKS}
SCHEMA = pa.schema([("key", pa.string()), ("frame_index", pa.int64()), ("vmaf", pa.float64())])
CLIPS = {"10": "bikes", "20": "carphone"}


@pytest.fixture(scope="module")
def scored(media: Path, pairs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables of all corpora, with few features so that they are fast."""
    folder = tmp_path_factory.mktemp("scored")
    videos = folder / "konvid-1k" / "KoNViD_1k_videos"
    videos.mkdir(parents=True)
    for name, clip in CLIPS.items():
        shutil.copy(media / f"{clip}.mp4", videos / f"{name}.mp4")
    archive = write_archive(
        folder / "bvi.zip", {"COne": media / "carphone.mp4", "DOne": media / "ten.mp4"}
    )
    width, height = NETFLIX_SIZE
    size: dict[str, Any] = {"width": width, "height": height}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CORPUS_ASSETS_CACHE_DIR", str(folder / "cache"))
        patch.setenv("CORPUS_ASSETS_OUTPUT_DIR", str(folder / "runs"))
        build_netflix(pairs, feature_set="canonical6", **size)
        build_pairs(videos.parent)
        for tier in "CD":
            assert isinstance(
                build_bvi(bvi_zip=str(archive), tier=tier, feature_set="psnr_y,adm2"), ScoredBuilt
            )
    return folder / "runs"


@pytest.fixture
def runs(scored: Path, tmp_path: Path) -> Path:
    """A copy of these tables in the output folder."""
    return Path(shutil.copytree(scored, tmp_path / "runs"))


def table_of(manifest: dict[str, Any]) -> pa.Table:
    return pq.read_table(manifest["artifact"]["path"])


def external(path: Path, **columns: Any) -> Path:
    """Write a table of another tool, without a manifest."""
    known = {"key": ["a", "a", "b"], "frame_index": [0, 1, 0], "vmaf": [90.0, 91.0, 92.0]}
    pq.write_table(pa.table({**known, **columns}), path)
    return path


def test_all_that_is_there(runs: Path) -> None:
    manifest = manifest_of(build_combined())
    table = table_of(manifest)
    order = ("corpus", "source", "frame_index", "codec", *FULL.columns, "vmaf")
    assert tuple(table.column_names) == tuple(manifest["output_columns"]) == order
    labels = [one["label"] for one in manifest["inputs"]]
    assert labels == ["bvi_dvc/C", "bvi_dvc/D", "netflix_public"], "konvid's pairs are not full"
    corpora = ["bvi_dvc", "netflix_public"]
    rows = table.num_rows
    stats = {"input_count": 3, "output_rows": rows, "corpora": corpora}
    assert manifest["stats"] == stats
    assert manifest["model"] == {"name": "vmaf_v0.6.1", "sha256": None}
    assert manifest["features"] == list(FULL.columns)
    start = 0
    for one in manifest["inputs"]:
        path = Path(one["path"])
        upstream = pq.read_table(path)
        piece = table.slice(start, one["rows"])
        start += one["rows"]
        assert one["rows"] == upstream.num_rows
        assert one["sha256"] == sha256_of_file(path)
        assert one["content_sha256"] == content_sha256(upstream.schema, [upstream])
        assert one["manifest"]["verified"]
        there = [name for name in FULL.columns if name in upstream.column_names]
        assert one["missing_features"] == [n for n in FULL.columns if n not in there]
        for name in (*there, "vmaf", "frame_index", "codec"):
            assert piece.column(name).equals(upstream.column(name)), name
        for name in one["missing_features"]:
            assert piece.column(name).null_count == piece.num_rows
        name = "source" if "source" in upstream.column_names else "key"
        assert piece.column("source").equals(upstream.column(name))
        assert set(piece.column("corpus").to_pylist()) == {one["corpus"]}
    assert start == rows
    assert manifest["inputs"][2]["ignored_columns"] == ["dis_basename"]
    assert [one["sha256"] for one in manifest["run_provenance"]["inputs"]["shards"]] == [
        one["sha256"] for one in manifest["inputs"]
    ]
    assert manifest["inventory"]["root"] == str(runs)
    assert manifest["splits"] is None
    assert verify(runs / "full_features_combined.manifest.json", inputs=True).mismatches == ()


def test_what_a_trainer_sees(runs: Path) -> None:
    """A float32 matrix without NaN in the columns that all have, and folds by source."""
    inputs = {
        "netflix_public": str(runs / "full_features_netflix.parquet"),
        "konvid_1k": str(runs / "konvid_vmaf_pairs.parquet"),
    }
    manifest = manifest_of(build_combined(inputs=inputs))
    table = pd.read_parquet(manifest["artifact"]["path"])
    matrix = table[list(CANONICAL6.columns)].to_numpy(dtype=np.float32)
    assert matrix.shape == (manifest["stats"]["output_rows"], 6)
    assert np.isfinite(matrix).all()
    assert np.isfinite(table["vmaf"]).all()
    others = [name for name in FULL.columns if name not in CANONICAL6.columns]
    assert table[others].isna().to_numpy().all()
    assert table[["corpus", "source", "codec"]].notna().to_numpy().all()
    folds = {source: table[table["source"] != source] for source in table["source"].unique()}
    assert len(folds) == 4
    assert all(0 < len(rest) < len(table) for rest in folds.values())
    assert manifest["inputs"][0]["assumed"] == {"codec": "unknown"}, "konvid's pairs have none"


def test_a_table_of_another_tool(runs: Path) -> None:
    path = external(
        runs / "mine.parquet",
        key=pa.array(["a", "a", "b"], pa.large_string()).dictionary_encode(),
        frame_index=pa.array([0, 1, 0], pa.int32()),
        vmaf=pa.array([90.0, 91.0, 92.0], pa.float32()),
        adm2=[0.5, float("nan"), None],
        mos=[1, 2, 3],
    )
    shutil.copy(runs / "konvid_vmaf_pairs.manifest.json", runs / "of_another_kind.json")
    (runs / "mine.manifest.json").write_text('{"schema": "mine"}')
    built = build_combined(inputs={"mine": str(path)})
    manifest = manifest_of(built)
    (one,) = manifest["inputs"]
    assert one["manifest"] is None
    assert one["content_sha256"] is None, "of types without a layout"
    assert one["nulls"] == {"adm2": 2}
    assert one["ignored_columns"] == ["mos"]
    assert len(one["missing_features"]) == 24
    assert manifest["model"] is None
    nothing: dict[str, Any] = {"joined": 0, "repeated": 0, "listed": []}
    nothing |= {"divided": 0, "listed_divided": []}
    assert manifest["sources"] == {"contents": 2, "unknown": 2, **nothing}
    table = table_of(manifest)
    assert table.column("adm2").to_pylist() == [0.5, None, None]
    assert table.column("codec").to_pylist() == ["unknown"] * 3
    verdicts = judge(Evidence(built.manifest_path), NAMES)
    assert all(verdict.passed for verdict in verdicts.values()), verdicts
    assert verdicts["sources_in_one_place"].notes


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"vmaf": ["a", "b", "c"]}, "column vmaf is string, not float64"),
        ({"key": [1, 2, 3]}, "column key is int64, not string"),
        ({"key": ["a", None, "b"]}, "row 1, counted from 0, has no source"),
        ({"frame_index": [0, None, 1]}, "row 1, counted from 0, has no frame_index"),
        ({"frame_index": [0.0, 1.0, 2.0]}, "column frame_index is double, not int64"),
        ({"adm2": ["x", "y", "z"]}, "column adm2 is string, not float64"),
    ],
)
def test_columns_that_will_not_do(tmp_path: Path, columns: dict[str, Any], reason: str) -> None:
    path = external(tmp_path / "mine.parquet", **columns)
    with pytest.raises(DataError, match=f"mine: {path}: {reason}"):
        build_combined(inputs={"mine": str(path)})
    assert list((tmp_path / "runs").iterdir()) == []


def test_what_lacks_a_column_or_is_no_table(tmp_path: Path) -> None:
    path = tmp_path / "mine.parquet"
    for left_out, reason in {
        "key": "it has no column source and no column key",
        "frame_index": "it has no column frame_index",
        "vmaf": "it has no column vmaf",
    }.items():
        external(path)
        pq.write_table(pq.read_table(path).drop_columns([left_out]), path)
        with pytest.raises(DataError, match=reason):
            build_combined(inputs={"mine": str(path)})
    data = external(path).read_bytes()
    for spoilt in (b"no table", data[:4] + b"\xff" * 30 + data[34:]):
        path.write_bytes(spoilt)
        with pytest.raises(DataError, match=f"{path} is no parquet table"):
            build_combined(inputs={"mine": str(path)})


def edited(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def test_different_teachers(runs: Path) -> None:
    def another(document: dict[str, Any]) -> None:
        document["engine"]["model"] = {"name": "vmaf_v0.6.1", "path": "/m.json", "sha256": "a" * 64}

    edited(runs / "full_features_netflix.manifest.json", another)
    with pytest.raises(DataError, match="different teacher models") as caught:
        build_combined()
    assert str(caught.value).splitlines()[1:] == [
        "  bvi_dvc/C: vmaf_v0.6.1",
        "  bvi_dvc/D: vmaf_v0.6.1",
        f"  netflix_public: vmaf_v0.6.1 sha256:{'a' * 12}…",
    ]
    external(runs / "mine.parquet")
    inputs = {name: str(runs / f"{name}.parquet") for name in ("full_features_netflix", "mine")}
    assert manifest_of(build_combined(inputs=inputs))["model"]["sha256"] == "a" * 64


def test_an_input_that_is_not_what_its_manifest_says(runs: Path) -> None:
    path = runs / "full_features_netflix.parquet"
    build_combined()
    before = (runs / "full_features_combined.parquet").read_bytes()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(DataError, match=f"netflix_public: {path} is not what") as caught:
        build_combined()
    assert "sha256: expected " in str(caught.value)
    assert (runs / "full_features_combined.parquet").read_bytes() == before
    assert not [name for name in runs.iterdir() if name.name.endswith((".tmp", ".lock"))]


def test_every_input_that_is_not_as_recorded_is_named(runs: Path) -> None:
    for tier in "CD":
        with (runs / f"full_features_bvi_dvc_{tier}.parquet").open("ab") as file:
            file.write(b"x")
    (runs / "full_features_netflix.manifest.json").write_text("{}")
    with pytest.raises(DataError) as caught:
        build_combined()
    lines = str(caught.value).splitlines()
    named = [line.split(":")[0] for line in lines if line[0] != " "]
    assert named == ["bvi_dvc/C", "bvi_dvc/D", "netflix_public"]
    assert sum("sha256: expected" in line for line in lines) == 2


def test_a_table_that_is_just_there_must_have_a_manifest(runs: Path) -> None:
    """It would go round the guard of the teacher model; one that is named is the user's word."""
    path = runs / "full_features_netflix.parquet"
    (runs / "full_features_netflix.manifest.json").unlink()
    with pytest.raises(DataError) as caught:
        build_combined()
    assert str(caught.value) == (
        f"netflix_public: {path} has no manifest of ours, so that nothing says with which model "
        "it was scored; materialize netflix_public/full_features again, or take it as another "
        "tool's, naming it in the setting inputs"
    )
    (one,) = manifest_of(build_combined(inputs={"netflix_public": str(path)}))["inputs"]
    assert one["manifest"] is None


def test_a_table_is_held_against_its_own_manifest(runs: Path) -> None:
    """Not the file of the name under which it was made, which is there too."""
    made = runs / "full_features_netflix.parquet"
    renamed = runs / "renamed.parquet"
    pq.write_table(pq.read_table(made).slice(1), renamed)
    shutil.copy(runs / "full_features_netflix.manifest.json", runs / "renamed.manifest.json")
    with pytest.raises(DataError, match=rf"n: {renamed} is not what .*\n  sha256: expected"):
        build_combined(inputs={"n": str(renamed)})
    edited(runs / "renamed.manifest.json", earlier)
    rows = pq.read_metadata(made).num_rows
    edited(runs / "renamed.manifest.json", lambda document: document["stats"].update(rows=rows))
    with pytest.raises(DataError, match=f"rows: expected {rows}, found {rows - 1}"):
        build_combined(inputs={"n": str(renamed)})
    shutil.copy(made, renamed)
    built = build_combined(inputs={"n": str(renamed)})
    assert built.manifest.artifact.rows == rows


def test_other_types_beside_a_manifest_of_an_earlier_script(runs: Path) -> None:
    """As without the manifest, which says nothing of types."""
    path = external(runs / "mine.parquet", vmaf=pa.array([90.0, 91.0, 92.0], pa.float32()))
    shutil.copy(runs / "full_features_netflix.manifest.json", runs / "mine.manifest.json")
    edited(runs / "mine.manifest.json", earlier)
    outputs = {"outputs": {"parquet": str(path)}}
    edited(runs / "mine.manifest.json", lambda said: said["run_provenance"].update(outputs))
    manifest = manifest_of(build_combined(inputs={"mine": str(path)}))
    assert not manifest["inputs"][0]["manifest"]["verified"]
    assert verify(runs / "mine.manifest.json").mismatches == ()


def earlier(document: dict[str, Any]) -> None:
    """Leave what an earlier script recorded: a model and a number of rows, and no digest."""
    provenance = document["run_provenance"] | {"args": {"model": "/m/vmaf_v0.6.1.json"}}
    stats = {"pairs": 3, "rows": 3, "elapsed_s": 1.0}
    kept = {"schema": document["schema"], "features": ["adm2"]}
    document.clear()
    document.update(kept | {"stats": stats, "run_provenance": provenance})


def test_an_input_whose_publication_was_interrupted(runs: Path) -> None:
    manifest = runs / "full_features_netflix.manifest.json"
    manifest.rename(runs / f".{manifest.name}.{'0' * 12}.tmp")
    with pytest.raises(DataError, match="interrupted: its manifest is"):
        build_combined()


def test_sources_in_two_inputs_of_one_corpus(runs: Path) -> None:
    shutil.copy(runs / "full_features_bvi_dvc_D.parquet", runs / "again.parquet")
    inputs = {
        "bvi_dvc/D": str(runs / "full_features_bvi_dvc_D.parquet"),
        "bvi_dvc/again": str(runs / "again.parquet"),
    }
    said = f"bvi_dvc/again and bvi_dvc/D both have 1 sources of corpus bvi_dvc: {stem('DOne')}"
    with pytest.raises(DataError, match=said):
        build_combined(inputs=inputs)


def test_one_content_in_two_corpora(runs: Path) -> None:
    """KoNViD's second clip is the one of tier C, under another name."""
    inputs = {
        "bvi_dvc/C": str(runs / "full_features_bvi_dvc_C.parquet"),
        "konvid_1k": str(runs / "konvid_vmaf_pairs.manifest.json"),
    }
    built = build_combined(inputs=inputs, splits=True, validation_share=0.3, test_share=0.3)
    manifest = manifest_of(built)
    (repeated,) = manifest["sources"]["listed"]
    assert [name.partition("/")[0] for name in repeated["names"]] == ["bvi_dvc", "konvid_1k"]
    verdicts = judge(Evidence(built.manifest_path), NAMES)
    assert {name for name, one in verdicts.items() if not one.passed} == {"sources_in_one_place"}
    assert "konvid_1k/KoNViD_1k_videos_20" in verdicts["sources_in_one_place"].text
    splits = json.loads(Path(manifest["splits"]["path"]).read_text())
    sides = {(one["corpus"], one["source"]): one["split"] for one in splits["sources"]}
    of_content = {sides[name] for name in map(tuple, splits["folds"][repeated["sha256"]])}
    assert len(of_content) == 1


def test_a_content_that_only_one_input_knows(runs: Path) -> None:
    """A table of another tool has a clip of ours: both are held out together."""
    key = stem("DOne")
    mine = external(runs / "mine.parquet", key=[key, key, "other"])
    tier = str(runs / "full_features_bvi_dvc_D.parquet")
    built = build_combined(inputs={"bvi_dvc/D": tier, "mine": str(mine)}, splits=True)
    manifest = manifest_of(built)
    assert (manifest["sources"]["joined"], manifest["sources"]["unknown"]) == (1, 1)
    (repeated,) = manifest["sources"]["listed"]
    assert repeated["names"] == [f"bvi_dvc/{key}", f"mine/{key}"]
    splits = json.loads(Path(manifest["splits"]["path"]).read_text())
    assert splits["folds"][repeated["sha256"]] == [["bvi_dvc", key], ["mine", key]]
    assert verify(built.manifest_path).mismatches == ()
    assert "sources_in_one_place" in {
        name for name, one in judge(Evidence(built.manifest_path), NAMES).items() if not one.passed
    }


def test_columns_and_sources_that_are_not_as_said(runs: Path) -> None:
    inputs = {
        f"bvi_dvc/{tier}": str(runs / f"full_features_bvi_dvc_{tier}.parquet") for tier in "CD"
    }
    path = build_combined(inputs=inputs).manifest_path
    whole = path.read_text()

    def counts() -> str:
        return judge(Evidence(path), {"counts_add_up"})["counts_add_up"].text

    assert counts() == "as it should be"
    for change in (
        lambda document: document["output_columns"].reverse(),
        lambda document: document["output_columns"].append("adm2"),
        lambda document: document.pop("output_columns"),
    ):
        edited(path, change)
        assert "output_columns" in counts()
        path.write_text(whole)
    read = pq.read_table(runs / "full_features_combined.parquet")
    place = read.schema.get_field_index("source")
    same = read.set_column(place, "source", pa.array(["same"] * read.num_rows))
    pq.write_table(same, runs / "full_features_combined.parquet")
    (said,) = judge(Evidence(path), {"keys_unique"})["keys_unique"].findings
    assert said == "bvi_dvc/C and bvi_dvc/D have a source in common: same"


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"a/b/c": "x"}, "inputs: .*label 'a/b/c' is not <corpus> or <corpus>/<part>"),
        ({"": "x"}, "is not <corpus>"),
        ({}, "it names no table"),
        ({"a": ""}, "label a has no path"),
        (["a"], "a is not <label>=<path>"),
        (["a=x", "a=y"], "label a is given twice"),
        ({"a": "/nowhere/x.parquet"}, "inputs: '/nowhere/x.parquet' is not allowed; no such file"),
    ],
)
def test_inputs_that_are_set_wrong(inputs: Any, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        build_combined(inputs=inputs)


def test_nothing_to_combine_and_an_output_that_is_an_input(runs: Path, tmp_path: Path) -> None:
    done = corpus_assets("run", "training/full_features", "--output-dir", tmp_path, folder=tmp_path)
    assert done.returncode == EmptyCorpusError.exit_code
    assert "full_features_netflix.parquet" in done.stderr
    path = runs / "full_features_netflix.parquet"
    empty = external(tmp_path / "empty.parquet", key=[], frame_index=[], vmaf=[])
    pq.write_table(pq.read_table(empty).cast(SCHEMA), empty)
    with pytest.raises(EmptyCorpusError, match="there is no row to combine"):
        build_combined(inputs={"mine": str(empty)})
    with pytest.raises(SettingError, match="it is the input mine"):
        build_combined(inputs={"mine": str(path)}, out=str(path))
    (runs / "x.splits.json").write_text("{}")
    with pytest.raises(SettingError, match=r"splits: .*is no splits of a training table"):
        build_combined(inputs={"mine": str(path)}, out=str(runs / "x.parquet"), splits=True)


def test_from_the_command_line_and_made_again(runs: Path, tmp_path: Path) -> None:
    flags = [
        *("--inputs", f"netflix_public={runs / 'full_features_netflix.parquet'}"),
        *("--inputs", f"bvi_dvc/D={runs / 'full_features_bvi_dvc_D.parquet'}", "--splits"),
    ]
    done = corpus_assets("run", "training/full_features", *flags, "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert [one["label"] for one in result["inputs"]] == ["bvi_dvc/D", "netflix_public"]
    moved = Path(shutil.move(runs, tmp_path / "moved"))
    manifest = moved / "full_features_combined.manifest.json"
    again = corpus_assets("replay", manifest, "--root", moved, folder=tmp_path)
    assert again.returncode == 0, again.stdout + again.stderr
    assert again.stdout.startswith("identical: ")
    assert (moved / "replay" / "full_features_combined.splits.json").is_file()
    (moved / "full_features_netflix.manifest.json").rename(tmp_path / "away.json")
    other = corpus_assets("replay", manifest, "--root", moved, folder=tmp_path)
    assert other.returncode == 1
    assert other.stdout.startswith("DRIFTED: the same rows with other splits")
    refused = corpus_assets("replay", manifest, folder=tmp_path)
    assert refused.returncode == 1
    assert "full_features_bvi_dvc_D.parquet" in refused.stderr
    assert corpus_assets("replay", manifest, "--sample", "1", folder=tmp_path).returncode == 2
    cited = corpus_assets("cite", manifest, folder=tmp_path).stdout
    assert "BVI-DVC: " in cited
    assert "Netflix Public: " in cited


def test_differences(runs: Path) -> None:
    old = build_combined(out=str(runs / "old.parquet")).manifest_path
    inputs = {"netflix_public": str(runs / "full_features_netflix.parquet")}
    new = build_combined(inputs=inputs, out=str(runs / "new.parquet")).manifest_path
    found = difference(old, new)
    assert found.scores.drift is not None
    assert {one.clip for one in found.scores.drift.worst} == {
        f"bvi_dvc {stem(name)}" for name in ("COne", "DOne")
    }
    assert [one.name for one in found.changes["inputs"]] == [
        f"full_features_bvi_dvc_{tier}.parquet" for tier in "CD"
    ]
    assert {one.name for one in found.changes["counts"]} == {"inputs"}


def test_tampering_is_named(runs: Path) -> None:
    built = build_combined(splits=True)
    table = runs / "full_features_combined.parquet"
    read = pq.read_table(table)
    null = pa.nulls(read.num_rows, pa.float64())
    place = read.schema.get_field_index("vmaf")
    spoilt = read.set_column(place, "vmaf", null)
    pq.write_table(spoilt, table)
    what = {one.what for one in verify(built.manifest_path).mismatches}
    assert {"bytes", "sha256", "content_sha256"} <= what
    verdicts = judge(Evidence(built.manifest_path), NAMES)
    assert {name for name, one in verdicts.items() if not one.passed} == {
        "artifact_matches_manifest",
        "values_in_range",
    }
    assert "vmaf of bvi_dvc/C has other nulls" in verdicts["values_in_range"].text
    pq.write_table(read.slice(1), table)
    verdicts = judge(Evidence(built.manifest_path), NAMES)
    assert not verdicts["counts_add_up"].passed
    assert not verdicts["keys_unique"].passed
    splits = runs / "full_features_combined.splits.json"
    edited(splits, lambda document: document["sources"][0].update(split="test"))
    assert "splits.sha256" in {one.what for one in examine(built.manifest_path)}


def test_a_manifest_of_an_earlier_script(runs: Path) -> None:
    """It names a model and a number of rows, and no digest."""
    path = runs / "full_features_netflix.manifest.json"
    rows = pq.read_metadata(runs / "full_features_netflix.parquet").num_rows
    edited(path, earlier)
    edited(path, lambda document: document["stats"].update(rows=rows))
    manifest = manifest_of(build_combined())
    of_netflix = manifest["inputs"][2]
    assert not of_netflix["manifest"]["verified"]
    assert of_netflix["content_sha256"]
    assert manifest["model"] == {"name": "vmaf_v0.6.1", "sha256": None}
    assert manifest["sources"]["unknown"] == 2
    edited(path, lambda document: document["stats"].update(rows=rows + 1))
    with pytest.raises(DataError, match=f"rows: expected {rows + 1}, found {rows}"):
        build_combined()


def test_failures_of_the_inputs_are_added_up(runs: Path) -> None:
    def failed(document: dict[str, Any]) -> None:
        document["counts"].update(found=4, selected=4, failed=1)

    edited(runs / "full_features_netflix.manifest.json", failed)
    built = build_combined()
    verdict = judge(Evidence(built.manifest_path), {"few_clips_failed"})["few_clips_failed"]
    assert verdict.findings == ("1 of 6 failed, 16.67%: 1 of netflix_public",)


def test_labels_give_corpus_and_order(tmp_path: Path) -> None:
    labels = ("b/2", "b-x", "b/1", "a")
    inputs = {
        label: str(external(tmp_path / f"{number}.parquet", key=[f"{number}", f"{number}", "z"]))
        for number, label in enumerate(labels)
    }
    with pytest.raises(DataError, match="b/2 and b/1 both have 1 sources of corpus b: z"):
        build_combined(inputs=inputs)
    inputs.pop("b/1")
    manifest = manifest_of(build_combined(inputs=inputs))
    assert [one["label"] for one in manifest["inputs"]] == ["a", "b/2", "b-x"]
    assert manifest["stats"]["corpora"] == ["a", "b", "b-x"]
    assert manifest["inputs"][0]["content_sha256"], "of types with a layout"
    with pytest.raises(SettingError, match="the splits go there"):
        build_combined(
            inputs=inputs,
            splits=True,
            manifest_out=str(tmp_path / "runs" / "full_features_combined.splits.json"),
        )
