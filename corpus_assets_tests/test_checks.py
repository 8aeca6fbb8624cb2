"""The checks of artifacts: what is not right is put there, and the check that is about it fails."""

from __future__ import annotations

import json
import os
import shutil
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from corpus_assets.artifacts.build import ScoredBuilt
from corpus_assets.libvmaf.features import FULL, TEACHER, feature_set
from corpus_assets.libvmaf.ranges import RANGES
from corpus_assets.manifests.checks import CHECKS, REPLACED, judge
from corpus_assets.manifests.evidence import Evidence
from corpus_assets.manifests.pair import located
from corpus_assets.manifests.verdict import Verdict
from corpus_assets.tables.examination import Examination
from corpus_assets.tables.examining import Claims, examine_table
from corpus_assets.tables.schema import netflix_spec
from corpus_assets.tables.value_rules import EMPTY
from corpus_assets_tests.archives import entry, stem, write_archive
from corpus_assets_tests.making import build_bvi, build_netflix, build_pairs, build_rows
from corpus_assets_tests.media import FRAMES, NETFLIX_SIZE
from corpus_assets_tests.test_corpus_rows import foreign_report

NAMES = (
    *("artifact_matches_manifest", "counts_add_up", "columns_as_declared", "keys_unique"),
    *("values_in_range", "few_clips_failed", "inputs_unchanged"),
)
Change = Callable[[pa.Table], pa.Table]
KEYS = [f"KoNViD_1k_videos_{number}" for number in (10, 20, 30)]
WIDTH, HEIGHT = NETFLIX_SIZE


def verdicts(built: Any, since: float | None = None) -> dict[str, Verdict]:
    return judge(Evidence(built.manifest_path, since), NAMES)


def failed(built: Any, since: float | None = None) -> dict[str, str]:
    return {name: one.text for name, one in verdicts(built, since).items() if not one.passed}


@pytest.fixture
def built(konvid_root: Path) -> ScoredBuilt:
    return build_pairs(konvid_root)


@pytest.fixture(scope="module")
def made(media: Path, tmp_path_factory: pytest.TempPathFactory) -> ScoredBuilt:
    """What is copied for each test that changes table or manifest only."""
    folder = tmp_path_factory.mktemp("made")
    videos = folder / "KoNViD_1k_videos"
    videos.mkdir()
    for name, clip in {"10": "bikes", "20": "carphone", "30": "gap"}.items():
        shutil.copy(media / f"{clip}.mp4", videos / f"{name}.mp4")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CORPUS_ASSETS_CACHE_DIR", str(folder / "cache"))
        return build_pairs(folder, out=str(folder / "runs" / "pairs.parquet"))


@pytest.fixture
def copied(made: ScoredBuilt, tmp_path: Path) -> ScoredBuilt:
    runs = Path(shutil.copytree(made.manifest_path.parent, tmp_path / "copied"))
    return replace(made, manifest_path=runs / made.manifest_path.name)


def table_of(built: Any) -> Path:
    return located(built.manifest_path, built.manifest.artifact.path)


@pytest.fixture
def archive(media: Path, tmp_path: Path) -> Path:
    clips = {"DOne": media / "ten.mp4", "DTwo": media / "bikes.mp4"}
    return write_archive(tmp_path / "bvi.zip", clips)


def rewrite(built: Any, change: Change) -> None:
    path = table_of(built)
    pq.write_table(change(pq.read_table(path)), path)


def edit(built: Any, change: Callable[[dict[str, Any]], Any]) -> None:
    document = json.loads(built.manifest_path.read_text())
    change(document)
    built.manifest_path.write_text(json.dumps(document))


def with_value(column: str, row: int, value: Any) -> Change:
    def change(table: pa.Table) -> pa.Table:
        values = table.column(column).to_pylist()
        values[row] = value
        kind = table.schema.field(column).type
        place = table.schema.get_field_index(column)
        return table.set_column(place, column, pa.array(values, kind))

    return change


def test_names_and_what_they_do_to_a_run() -> None:
    of_training = ("sources_in_one_place", "duplicates_agree")
    assert tuple(check.name for check in CHECKS) == (*NAMES, *of_training)
    assert [check.name for check in CHECKS if check.blocking] == ["artifact_matches_manifest"]
    assert [check.name for check in CHECKS if check.warns] == [
        "few_clips_failed",
        "inputs_unchanged",
        "sources_in_one_place",
        "duplicates_agree",
    ]


def test_every_number_has_a_range() -> None:
    assert set(RANGES) == {TEACHER, *FULL.columns}


def test_what_was_made_is_right(built: ScoredBuilt, netflix_root: Path, archive: Path) -> None:
    size: dict[str, Any] = {"width": WIDTH, "height": HEIGHT}
    made = (
        built,
        build_netflix(netflix_root, feature_set=["psnr_hvs", "cambi", "ssimulacra2"], **size),
        build_bvi(bvi_zip=str(archive), feature_set="canonical6"),
        build_rows(),
    )
    assert [failed(one) for one in made] == [{}] * len(made)
    facts = verdicts(built)["counts_add_up"].facts
    assert (facts["rows"], facts["clips"], facts["extracted"]) == (3 * FRAMES, 3, 3)


def test_identical_planes_and_small_frames(netflix_root: Path) -> None:
    """Nulls of single frames, and columns that are unavailable for some clips only."""
    shutil.copy(netflix_root / "ref" / "Bikes_25fps.yuv", netflix_root / "dis" / "Bikes_0_0_0.yuv")
    size: dict[str, Any] = {"width": WIDTH, "height": HEIGHT}
    built = build_netflix(netflix_root, **size)
    table = pq.read_table(built.manifest.artifact.path)
    assert table.column("psnr_hvs").null_count
    assert failed(built) == {}
    verdict = verdicts(built)["values_in_range"]
    assert f"psnr_hvs {EMPTY}: Bikes_0_0_0.yuv" in verdict.text.splitlines()
    assert verdict.facts["null_in_every_frame"] == len(verdict.notes)
    edit(built, lambda document: document["unavailable_features"].clear())
    line = "ssimulacra2 is null where the manifest does not call it unavailable: Bikes_0_0_0.yuv, "
    assert failed(built)["values_in_range"].startswith(line)
    part = {"feature": "psnr_hvs", "reason": "none", "clips": ["Bikes_0_0_0", "Bunny_40_144_300"]}
    parts = [part, {"feature": "ssimulacra2", "reason": "none", "clips": None}]
    edit(built, lambda document: document["unavailable_features"].extend(parts))
    text = failed(built)["values_in_range"].splitlines()[0]
    assert text.startswith("psnr_hvs has numbers where the manifest calls it unavailable: ")
    assert text.endswith("in Bunny_40_144_300.yuv, frame 2 and 3 more")


def write_frames(path: Path, *lumas: npt.NDArray[np.float64]) -> None:
    """Write frames of 10 bit with chroma like luma, both from 0 to 1."""
    path.parent.mkdir(parents=True, exist_ok=True)
    planes = [plane for luma in lumas for plane in (luma, luma[::2, ::2], 1 - luma[::2, ::2])]
    path.write_bytes(b"".join((plane * 1023).astype("<u2").tobytes() for plane in planes))


def test_ranges_hold_for_frames_that_no_camera_makes(tmp_path: Path) -> None:
    """The ends of the ranges are reached, and not passed."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    black, white = np.zeros((HEIGHT, WIDTH)), np.ones((HEIGHT, WIDTH))
    noise = np.random.default_rng(1).random((HEIGHT, WIDTH))
    checkers = ((rows + columns) % 2).astype(np.float64)
    pairs = {
        "Flat": ((white / 2, white / 2), (checkers, checkers)),
        "Flash": ((black, white, black), (black, white, black)),
        "Inverse": ((black, white), (white, black)),
        "Sharp": ((noise / 10 + 0.45, noise / 10 + 0.45), (noise, noise)),
    }
    for name, (reference, distorted) in pairs.items():
        write_frames(tmp_path / "odd" / "ref" / f"{name}_25fps.yuv", *reference)
        write_frames(tmp_path / "odd" / "dis" / f"{name}_1_2_3.yuv", *distorted)
    built = build_netflix(tmp_path / "odd", width=WIDTH, height=HEIGHT, pix_fmt="yuv420p10le")
    assert built.manifest.counts.failed == 0
    assert failed(built) == {}
    table = pq.read_table(built.manifest.artifact.path)
    ends = {name: pc.min_max(table.column(name)).as_py() for name in RANGES}
    assert -0.006 < ends["vif_scale0"]["min"] < -0.0058
    assert ends["vif_scale0"]["max"] > 2
    assert ends["adm2"]["max"] > 2
    assert ends["motion"]["max"] == 255.75
    assert (ends["psnr_y"]["min"], ends["psnr_y"]["max"]) == (0, 72)
    assert ends["psnr_hvs"]["min"] < 0
    assert ends["ciede2000"]["min"] < 10


@pytest.mark.parametrize(
    ("change", "check", "text"),
    [
        (lambda table: table.slice(FRAMES), "counts_add_up", "clips in the table: expected 3, fou"),
        (lambda table: table.slice(0, 35), "counts_add_up", "rows: expected 36, found 35"),
        (
            lambda table: table.select(list(reversed(table.column_names))),
            "columns_as_declared",
            "the table has its columns in another order: vmaf, motion2, ",
        ),
        (
            lambda table: table.drop_columns("adm2").append_column("adm3", table.column("adm2")),
            "columns_as_declared",
            "the table lacks adm2 double\nthe table has adm3 double, which is not declared",
        ),
        (
            lambda table: table.set_column(8, "vmaf", table.column("vmaf").cast(pa.float32())),
            "columns_as_declared",
            "the table lacks vmaf float64\nthe table has vmaf float, which is not declared",
        ),
        (
            lambda table: pa.concat_tables([table, table.slice(0, FRAMES)]),
            "keys_unique",
            f"clips not in key order, or in more than one piece: {KEYS[0]} after {KEYS[2]}",
        ),
        (
            lambda table: table.take(pc.sort_indices(table, [("key", "descending")])),
            "keys_unique",
            f"{KEYS[1]} after {KEYS[2]}; {KEYS[0]} after {KEYS[1]}",
        ),
        (
            lambda table: pa.concat_tables([table.slice(0, 3), table.slice(4)]),
            "keys_unique",
            f"frames not 0, 1, 2, …: {KEYS[0]}, frame 4 instead of 3",
        ),
        (lambda table: table.slice(1), "keys_unique", f"{KEYS[0]}, frame 1 instead of 0"),
        (
            with_value("frame_index", 14, None),
            "values_in_range",
            f"frame_index is null: {KEYS[1]}, frame -1",
        ),
        (with_value("key", 12, None), "values_in_range", "key is null: , frame 0"),
        (
            with_value("vmaf", 13, 100.5),
            "values_in_range",
            f"vmaf is not from 0 up to 100: 100.5 in {KEYS[1]}, frame 1",
        ),
        (with_value("vif_scale2", 0, -0.01), "values_in_range", "vif_scale2 is not from -0.006: "),
        (with_value("adm2", 3, float("nan")), "values_in_range", "adm2 is not finite: nan in "),
        (with_value("adm2", 3, float("inf")), "values_in_range", "adm2 is not finite: inf in "),
        (
            with_value("motion2", 25, None),
            "values_in_range",
            f"motion2 is null where the manifest does not call it unavailable: {KEYS[2]}, frame 1",
        ),
    ],
)
def test_a_table_that_is_not_right(
    copied: ScoredBuilt, change: Change, check: str, text: str
) -> None:
    rewrite(copied, change)
    found = failed(copied)
    assert text.replace("double", "float64") in found[check].replace("double", "float64")
    assert "artifact_matches_manifest" in found


def test_pieces_of_a_table_are_one(copied: ScoredBuilt, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where batches and row groups end is no end of a clip."""
    table = pq.read_table(table_of(copied))
    monkeypatch.setattr("corpus_assets.tables.batches.BATCH_ROWS", 4)
    wrong = with_value("frame_index", 20, 19)(table)
    for size, one in ((1, table), (5, table), (7, wrong)):
        pq.write_table(one, table_of(copied), row_group_size=size)
        found = judge(Evidence(copied.manifest_path), ["keys_unique", "values_in_range"])
        assert found["keys_unique"].passed == (one is table)
        assert found["keys_unique"].facts["clips"] == 3
    assert f"{KEYS[1]}, frame 19 instead of 8; {KEYS[1]}, frame 9 instead of 20" in (
        found["keys_unique"].text
    )


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda m: m["counts"].update(extracted=2), "selected must be extracted + cached + failed"),
        (lambda m: m["failures"].append(FAILURE), "counts.failed: expected 1, found 0"),
        (lambda m: m["skipped"].append({"name": "x", "reason": "y"}), "counts.skipped: expected 1"),
        (lambda m: m["stats"].update(frames=1), "stats.frames: expected 36, found 1"),
        (lambda m: m["cache"].update(misses=9), "clips looked up in the cache: expected 3, found "),
        (
            lambda m: m["cache"].update(hits=1, misses=2),
            "clips from the cache: expected 0, ",
        ),
    ],
)
def test_counts_that_do_not_add_up(
    copied: ScoredBuilt, change: Callable[[dict[str, Any]], Any], text: str
) -> None:
    edit(copied, change)
    assert text in failed(copied)["counts_add_up"]


FAILURE: dict[str, Any] = {
    "key": "x",
    "stage": "run",
    "reason": "y",
    "exit_code": 1,
    "signal": None,
    "stderr_tail": [],
    "frames": {},
}


def test_columns_that_the_manifest_does_not_say(copied: ScoredBuilt) -> None:
    edit(copied, lambda document: document["artifact"]["columns"].pop())
    text = "artifact.columns of the manifest lacks vmaf float64"
    assert failed(copied) == {"columns_as_declared": text}
    edit(copied, lambda document: document["features"].pop())
    assert "\nfeatures: expected ['adm2', " in failed(copied)["columns_as_declared"]


def test_what_cannot_be_read_is_said(copied: ScoredBuilt) -> None:
    table = table_of(copied)
    of_table = {"counts_add_up", "columns_as_declared", "keys_unique", "values_in_range"}
    whole = pq.read_table(table)
    table.write_bytes(table.read_bytes()[:-100] + b"x" * 92 + table.read_bytes()[-8:])
    assert of_table | {"artifact_matches_manifest"} == set(failed(copied))
    pq.write_table(whole, table)
    table.write_bytes(table.read_bytes().replace(b"motion2", b"motion\xff"))
    assert "is no parquet table: 'utf-8' codec can't decode" in failed(copied)["keys_unique"]
    table.write_bytes(b"PAR1 and nothing")
    assert "is no parquet table" in failed(copied)["keys_unique"]
    table.unlink()
    edit(copied, lambda document: document["artifact"].update(path=str(table)))
    assert failed(copied)["values_in_range"] == f"table {table}: no such file"
    for content in ("{", "[]", '{"schema": []}', '{"schema": "konvid-vmaf-pairs-manifest-v1"}'):
        copied.manifest_path.write_text(content)
        found = failed(copied)
        assert list(found) == list(NAMES)
        assert all(str(copied.manifest_path) in text for text in found.values())
    copied.manifest_path.unlink()
    assert all("No such file" in text or "no such file" in text for text in failed(copied).values())


@pytest.mark.parametrize("size", [1, 5, FRAMES, 3 * FRAMES])
def test_clips_without_a_number(tmp_path: Path, size: int) -> None:
    """They are named wherever row groups end; one frame with a number, and none is."""
    keys = [f"{letter}.yuv" for letter in "abc" for _ in range(FRAMES)]
    numbers: list[float | None] = [None] * FRAMES + [None, 1.0] * (FRAMES // 2) + [None] * FRAMES
    columns = {
        "source": pa.array(keys),
        "dis_basename": pa.array(keys),
        "frame_index": pa.array([*range(FRAMES)] * 3, pa.int64()),
        "codec": pa.array(keys),
        "vmaf": pa.array([50.0] * len(keys)),
        "psnr_hvs": pa.array(numbers),
    }
    pq.write_table(pa.table(columns), path := tmp_path / "table.parquet", row_group_size=size)
    spec = netflix_spec(feature_set(["psnr_hvs"]))
    found = examine_table(path, Claims(spec, "dis_basename", {}))
    assert found.values.lines() == ()
    assert found.empty.lines() == (f"psnr_hvs {EMPTY}: a.yuv; c.yuv",)
    found = examine_table(path, Claims(spec, "dis_basename", {"psnr_hvs": ["a.yuv"]}))
    assert found.empty.lines() == (f"psnr_hvs {EMPTY}: c.yuv",)


def test_a_table_is_read_once(copied: ScoredBuilt, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []

    def counted(path: Path, claims: Claims) -> Examination:
        read.append(path)
        return examine_table(path, claims)

    monkeypatch.setattr("corpus_assets.manifests.evidence.examine_table", counted)
    assert failed(copied) == {}
    assert read == [table_of(copied)]


def test_an_artifact_that_another_run_replaces(
    copied: ScoredBuilt, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one run has written is not held against what another has."""
    table, manifest = table_of(copied), copied.manifest_path
    shorter = pq.read_table(table).slice(FRAMES)

    def late(path: Path, claims: Claims) -> Examination:
        pq.write_table(shorter, table)
        edit(copied, lambda document: document["artifact"].update(rows=2 * FRAMES))
        return examine_table(path, claims)

    monkeypatch.setattr("corpus_assets.manifests.evidence.examine_table", late)
    assert failed(copied) == {"counts_add_up": f"{manifest}: {REPLACED}"}
    monkeypatch.undo()
    assert "clips in the table: expected 3, found 2" in failed(copied)["counts_add_up"]


def test_an_artifact_of_another_run(copied: ScoredBuilt) -> None:
    digest = copied.manifest.artifact.content_sha256
    evidence = Evidence(copied.manifest_path, content_sha256=digest)
    assert all(one.passed for one in judge(evidence, NAMES).values())
    found = judge(Evidence(copied.manifest_path, content_sha256="0" * 64), NAMES)
    assert {one.text for one in found.values()} == {f"{copied.manifest_path}: {REPLACED}"}
    copied.manifest_path.write_text("{")
    found = judge(Evidence(copied.manifest_path, content_sha256=digest), ["keys_unique"])
    assert "is no JSON document" in found["keys_unique"].text


def test_failed_clips(konvid_root: Path) -> None:
    videos = konvid_root / "KoNViD_1k_videos"
    (videos / "40.mp4").touch()
    verdict = verdicts(built := build_pairs(konvid_root))["few_clips_failed"]
    assert verdict.text == "1 of 4 failed, 25.00%: KoNViD_1k_videos_40"
    assert verdict.facts == {
        "failed": 1,
        "selected": 4,
        "share": 0.25,
        "first_failed": ("KoNViD_1k_videos_40",),
    }
    many = {"selected": 100, "extracted": 99, "found": 100}
    edit(built, lambda document: document["counts"].update(many))
    verdict = verdicts(built)["few_clips_failed"]
    assert verdict.passed
    assert verdict.text == "1 of 100 failed, 1.00%: KoNViD_1k_videos_40"


def inputs(built: Any, since: float | None = None) -> Verdict:
    return judge(Evidence(built.manifest_path, since), ["inputs_unchanged"])["inputs_unchanged"]


def later(built: Any) -> float:
    """Return a time by which what was made is old, and let the manifest be of then."""
    then = time.time() + 60
    created = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(then + 5))
    edit(built, lambda document: document.update(created=created))
    return then


def test_inputs_are_told_by_their_times(built: ScoredBuilt, konvid_root: Path) -> None:
    clip = konvid_root / "KoNViD_1k_videos" / "20.mp4"
    facts = inputs(built).facts
    assert (facts["hashed"], facts["unchanged_by_stat"]) == (3, 0), "they were made just before"
    began = later(built)
    facts = inputs(built, began).facts
    assert (facts["hashed"], facts["unchanged_by_stat"]) == (0, 3)
    os.utime(clip, (began - 1, began - 1))
    assert inputs(built, began).facts["hashed"] == 1, "time stamps may be coarse"
    os.utime(clip, (began + 1, began + 1))
    verdict = inputs(built, began)
    assert verdict.passed
    assert (verdict.facts["hashed"], verdict.facts["unchanged_by_stat"]) == (1, 2)
    data = bytearray(clip.read_bytes())
    data[-1] ^= 1
    clip.write_bytes(data)
    os.utime(clip, (0, 0))
    text = inputs(built, time.time()).text
    assert text.startswith("KoNViD_1k_videos/20.mp4: its SHA-256 is "), "by its ctime"
    clip.write_bytes(b"x")
    assert inputs(built, began).text.startswith("KoNViD_1k_videos/20.mp4: 1 bytes instead of ")


def test_a_link_that_leads_elsewhere_now(built: ScoredBuilt, konvid_root: Path) -> None:
    """What it leads to is old and as long, but the link is new."""
    clip = konvid_root / "KoNViD_1k_videos" / "20.mp4"
    other = konvid_root / "other.mp4"
    other.write_bytes(clip.read_bytes()[:-1] + b"x")
    clip.unlink()
    clip.symlink_to(other)
    began = later(built)
    assert inputs(built, began).passed
    os.utime(clip, (began, began), follow_symlinks=False)
    assert "KoNViD_1k_videos/20.mp4: its SHA-256 is " in inputs(built, began).text


def test_the_time_of_the_manifest_alone(built: ScoredBuilt, konvid_root: Path) -> None:
    """Without a record of the run, it counts from the manifest's time less what the clips took."""
    began = later(built)
    os.utime(konvid_root / "KoNViD_1k_videos" / "20.mp4", (began, began))
    assert inputs(built).facts["hashed"] == 0
    edit(built, lambda document: document["stats"].update(elapsed_s=6.0))
    assert inputs(built).facts["hashed"] == 1
    edit(built, lambda document: document.update(created="today"))
    assert inputs(built).text.startswith("created: today is no time")


def test_a_manifest_that_does_not_say_when_its_run_began(reports: Path) -> None:
    """Without a record of the run, or with that of a later one, everything is hashed."""
    built = build_rows(cache_dir=str(reports))
    began = later(built)
    assert inputs(built, began).facts["hashed"] == 0
    assert inputs(built).facts["hashed"] == inputs(built, began + 60).facts["hashed"] == 2


def test_clips_that_came_or_went(built: ScoredBuilt, konvid_root: Path, media: Path) -> None:
    videos = konvid_root / "KoNViD_1k_videos"
    (videos / "notes.txt").touch()
    assert inputs(built).passed
    shutil.copy(media / "bunny.mp4", videos / "15.mp4")
    (videos / "10.mp4").unlink()
    verdict = inputs(built)
    assert verdict.text.splitlines() == [
        "KoNViD_1k_videos/10.mp4: No such file or directory",
        "1 added since: KoNViD_1k_videos_15",
    ]
    assert (verdict.facts["added"], verdict.facts["changed"]) == (1, 1)
    for clip in videos.glob("*.mp4"):
        clip.unlink()
    assert inputs(built).facts["changed"] == 3
    shutil.rmtree(konvid_root)
    assert inputs(built).text == f"the inputs cannot be looked at: {konvid_root} is not there"


def test_clips_that_were_left_out_are_not_new(konvid_root: Path) -> None:
    videos = konvid_root / "KoNViD_1k_videos"
    (videos / "40.mp4").touch()
    built = build_pairs(konvid_root, include=["*_10", "*_40"])
    assert inputs(built).passed
    (videos / "40.mp4").unlink()
    assert inputs(built).text.splitlines() == [
        "KoNViD_1k_videos/40.mp4: No such file or directory",
        "1 removed since: KoNViD_1k_videos_40",
    ]


def test_a_pair_that_came(netflix_root: Path) -> None:
    size: dict[str, Any] = {"width": WIDTH, "height": HEIGHT}
    shutil.copy(netflix_root / "ref" / "Bikes_25fps.yuv", netflix_root / "ref" / "Alone_25fps.yuv")
    built = build_netflix(netflix_root, feature_set="canonical6", exclude=["Bunny*"], **size)
    assert inputs(built).passed
    dis = netflix_root / "dis"
    shutil.copy(dis / "Bunny_40_144_300.yuv", dis / "Alone_1_2_3.yuv")
    assert inputs(built).text == "1 added since: Alone_1_2_3"


def flip_byte(archive: Path, name: str, time: float) -> None:
    """Change an entry in place, or back, at a time."""
    data = bytearray(archive.read_bytes())
    with zipfile.ZipFile(archive) as file:
        data[file.getinfo(name).header_offset + 1000] ^= 1
    archive.write_bytes(data)
    os.utime(archive, (time, time))


def test_an_archive_is_told_by_its_times_and_directory(archive: Path, media: Path) -> None:
    built = build_bvi(bvi_zip=str(archive), feature_set="canonical6")
    facts = inputs(built).facts
    assert (facts["hashed"], facts["unchanged_by_stat"]) == (2, 0)
    began = later(built)
    facts = inputs(built, began).facts
    assert (facts["hashed"], facts["unchanged_by_stat"]) == (0, 2)
    flip_byte(archive, entry("DTwo"), began)
    assert f"{entry('DTwo')} is damaged: Bad CRC-32" in inputs(built, began).text
    flip_byte(archive, entry("DTwo"), began)
    verdict = inputs(built, began)
    assert (verdict.passed, verdict.facts["hashed"]) == (True, 2)
    clips = {"DOne": media / "ten.mp4", "DTwo": media / "bikes.mp4"}
    write_archive(archive, clips | {"COther": media / "ten.mp4"})
    verdict = inputs(built)
    assert verdict.passed
    assert verdict.facts["hashed"] == 2
    write_archive(archive, {"DTwo": media / "bunny.mp4", "DThree": media / "ten.mp4"})
    old, new = ((media / f"{name}.mp4").stat().st_size for name in ("bikes", "bunny"))
    assert inputs(built).text.splitlines() == [
        f"{entry('DOne')}: no such entry",
        f"{entry('DTwo')}: {new} bytes instead of {old}",
        f"1 added since: {stem('DThree')}",
    ]
    archive.write_bytes(b"none")
    assert "is no whole zip archive" in inputs(built).text


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    folder = tmp_path / "reports"
    folder.mkdir()
    for name in ("a", "b"):
        (folder / f"{name}.json").write_text(json.dumps(foreign_report()))
    (folder / "c.json").write_text("{")
    return folder


def test_reports_that_came_or_went(reports: Path) -> None:
    built = build_rows(cache_dir=str(reports))
    assert failed(built) == {"few_clips_failed": "1 of 3 failed, 33.33%: c"}
    (reports / "d.json").write_text("{")
    (reports / "a.json").write_text(json.dumps(foreign_report(5)))
    (reports / "c.json").unlink()
    first, *others = inputs(built).text.splitlines()
    assert first.startswith("a.json: ")
    assert others == ["1 added since: d", "1 removed since: c"]


@pytest.mark.parametrize(
    ("changes", "check", "text"),
    [
        ({"crf": "35"}, "columns_as_declared", "crf: Input should be a valid integer: line 2"),
        ({"extra": 1}, "columns_as_declared", "extra: Extra inputs are not permitted: line 2"),
        ({"src": "bvi-dvc:a"}, "keys_unique", "src twice: bvi-dvc:a in line 1 and line 2"),
        ({"src": "bvi-dvc:A"}, "keys_unique", "src not in order: bvi-dvc:A after bvi-dvc:a"),
        ({"vmaf_score": 101.0}, "values_in_range", "vmaf_score is not from 0 up to 100: 101 in "),
        ({"vmaf_score": float("nan")}, "values_in_range", "vmaf_score: Input should be a finite"),
        (
            {"adm2_mean": -1.0},
            "values_in_range",
            "adm2_mean is not from 0: -1 in bvi-dvc:b",
        ),
        ({"adm2_std": -1.0}, "values_in_range", "adm2_std is not from 0: -1 in bvi-dvc:b, line 2"),
        (
            {"adm2_mean": float("inf")},
            "values_in_range",
            "adm2_mean: Value error, infinite: ",
        ),
        ({"adm2_mean": float("nan")}, "counts_add_up", "incomplete rows: expected 0, found 1"),
    ],
)
def test_a_row_that_is_not_right(
    reports: Path, changes: dict[str, Any], check: str, text: str
) -> None:
    built = build_rows(cache_dir=str(reports))
    path = Path(built.manifest.artifact.path)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[1] |= changes
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert text in failed(built)[check]


def test_lines_that_are_no_rows(reports: Path) -> None:
    built = build_rows(cache_dir=str(reports))
    path = Path(built.manifest.artifact.path)
    one, two = path.read_text().splitlines()
    path.write_text("\n".join([one, "[]", two[:40], json.dumps(json.loads(two), sort_keys=True)]))
    found = failed(built)
    assert "no JSON object: line 3" in found["keys_unique"]
    assert "keys in another order: line 4" in found["columns_as_declared"]
    assert "rows: expected 2, found 4" in found["counts_add_up"]


def test_rows_of_one_encode_are_named(media: Path, tmp_path: Path) -> None:
    """They are no fault: two clips may be the same video, and trainers remove one of them."""
    clips = {"DOne": media / "ten.mp4", "DTwo": media / "ten.mp4"}
    archive = write_archive(tmp_path / "same.zip", clips)
    build_bvi(bvi_zip=str(archive), feature_set="canonical6")
    verdict = verdicts(build_rows())["keys_unique"]
    assert verdict.passed
    assert verdict.facts["rows_of_one_encode"] == 1
    assert verdict.text == (
        f"same src_sha256, encoder, preset, crf: bvi-dvc:{stem('DTwo')} as bvi-dvc:{stem('DOne')}"
    )
