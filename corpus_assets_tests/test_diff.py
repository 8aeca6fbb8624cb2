"""`corpus-assets diff`: each fact that differs is named in its group, and nothing else is."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from corpus_assets.artifacts.build import ScoredBuilt
from corpus_assets.cli.diff import _document
from corpus_assets.cli.difference import _of_lists, difference_lines
from corpus_assets.errors import DataError
from corpus_assets.manifests import pair, reading
from corpus_assets.manifests.comparable import GROUPS
from corpus_assets.manifests.diffing import Difference, difference
from corpus_assets_tests.archives import entry, stem, write_archive
from corpus_assets_tests.making import build_bvi, build_netflix, build_pairs, build_rows
from corpus_assets_tests.test_cli import corpus_assets
from corpus_assets_tests.test_foreign_reports import TRUSTED, archive, folder
from corpus_assets_tests.tiny_model import write_tiny_model

__all__ = ["archive", "folder"]  # fixtures
CLIPS = "KoNViD_1k_videos"
TABLE = "konvid_vmaf_pairs.parquet"
EARLIER = ("schema", "features", "crf", "cache_enabled", "failed_clips", "stats", "run_provenance")


def at(tmp_path: Path, name: str) -> str:
    return str(tmp_path / name / TABLE)


@pytest.fixture(scope="module")
def old(media: Path, tmp_path_factory: pytest.TempPathFactory) -> ScoredBuilt:
    """A table at CRF 35, whose corpus is left as it is."""
    folder = tmp_path_factory.mktemp("recorded")
    videos = folder / "konvid-1k" / CLIPS
    videos.mkdir(parents=True)
    for name, clip in {"10": "bikes", "20": "carphone", "30": "gap"}.items():
        shutil.copy(media / f"{clip}.mp4", videos / f"{name}.mp4")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CORPUS_ASSETS_CACHE_DIR", str(folder / "cache"))
        return build_pairs(videos.parent, out=at(folder, "old"))


@pytest.fixture
def root(old: ScoredBuilt) -> Path:
    return Path(old.manifest.inventory.root)


def copied(built: ScoredBuilt, change: Callable[[dict[str, Any]], object], target: Path) -> Path:
    """Copy a table and its manifest, with something changed in this."""
    shutil.copytree(built.manifest_path.parent, target)
    manifest = target / built.manifest_path.name
    document = json.loads(manifest.read_text())
    change(document)
    manifest.write_text(json.dumps(document))
    return manifest


def named(found: Difference) -> dict[str, list[str]]:
    return {
        group: [f"{one.kind} {one.name}" for one in changes]
        for group, changes in found.changes.items()
        if changes
    }


def strict(text: str) -> dict[str, Any]:
    def refuse(token: str) -> float:
        raise AssertionError(token)

    document: dict[str, Any] = json.loads(text, parse_constant=refuse)
    return document


CRF = {
    "recipe": ["changed crf"],
    "settings": ["changed crf"],
    "artifact": ["changed content_sha256"],
}


def test_another_crf(old: ScoredBuilt, root: Path, tmp_path: Path) -> None:
    new = build_pairs(root, crf=36, out=at(tmp_path, "new"))
    found = difference(old.manifest_path, new.manifest_path)
    assert named(found) == CRF
    drift = found.scores.drift
    assert drift is not None
    assert (drift.clips, drift.drifted) == (3, 3)
    largest, clip = drift.largest["vmaf"]
    assert largest > 1
    done = corpus_assets("diff", old.manifest_path.parent, tmp_path / "new", folder=tmp_path)
    assert done.returncode == 1
    assert "crf: 35 -> 36" in done.stdout
    assert f"scores: 3 of 3 clips differ, vmaf at most by {largest:.6g}, in {clip}" in done.stdout
    assert f"vmaf: at most {largest:.6g}, in {clip}" in done.stdout
    table = Path(new.manifest.artifact.path)
    done = corpus_assets("diff", old.manifest_path.parent, table, "--json", folder=tmp_path)
    assert done.returncode == 1
    document = strict(done.stdout)
    assert document["scores"]["drift"]["largest"]["vmaf"] == [largest, clip]
    table.unlink()
    found = difference(old.manifest_path, new.manifest_path)
    assert named(found) == CRF
    assert found.scores.state == "not compared"
    assert str(found.scores.reason).endswith(f"artifact: expected {table}, found no such file")
    table.write_bytes(b"PAR1")
    found = difference(old.manifest_path, new.manifest_path)
    assert "sha256: expected" in str(found.scores.reason)


def test_the_same_run_again(old: ScoredBuilt, root: Path, tmp_path: Path) -> None:
    again = build_pairs(
        root, out=at(tmp_path, "again"), cache_policy="off", workers=1
    ).manifest_path
    done = corpus_assets("diff", old.manifest_path, again, folder=tmp_path)
    assert (done.returncode, done.stdout) == (
        0,
        "no difference: konvid-vmaf-pairs-manifest-v1\nscores: the same (one content_sha256)\n",
    )
    document = strict(
        corpus_assets("diff", old.manifest_path.parent, again, "--json", folder=tmp_path).stdout
    )
    assert document["identical"] is True


def test_changed_added_and_removed_clips(
    old: ScoredBuilt, konvid_root: Path, media: Path, tmp_path: Path
) -> None:
    moved = Path(shutil.move(konvid_root, tmp_path / "elsewhere"))
    shutil.copy(media / "bunny.mp4", moved / CLIPS / "20.mp4")
    (moved / CLIPS / "10.mp4").rename(moved / CLIPS / "11.mp4")
    (moved / CLIPS / "notes.txt").touch()
    (moved / CLIPS / "40.mp4").write_bytes(b"no video")
    new = build_pairs(moved, out=at(tmp_path, "new"))
    found = difference(old.manifest_path, new.manifest_path)
    assert named(found) == {
        "inputs": [
            f"removed {CLIPS}/10.mp4",
            f"added {CLIPS}/11.mp4",
            f"changed {CLIPS}/20.mp4",
            f"added {CLIPS}/40.mp4",
        ],
        "counts": ["changed failed", "changed found", "changed selected", "changed skipped"],
        "skipped": ["added notes.txt"],
        "failed": [f"added {CLIPS}_40"],
        "artifact": ["changed content_sha256"],
    }
    assert [(one.name, one.new) for one in found.told] == [("inventory.root", str(moved))]
    assert found.scores.drift is not None
    ends = {one.clip: (one.rows_old, one.rows_new) for one in found.scores.drift.worst}
    assert ends == {f"{CLIPS}_10": (12, 0), f"{CLIPS}_11": (0, 12), f"{CLIPS}_20": (12, 12)}


def test_a_version_of_the_code_is_compared_where_both_record_it(
    old: ScoredBuilt, tmp_path: Path
) -> None:
    launch = {"run_id": "1", "job": "j", "asset_key": "k", "code_version": "table 1, recipe 1"}
    first = copied(old, lambda d: d.update(dagster=launch), tmp_path / "first")
    later = launch | {"run_id": "2", "code_version": "table 1, recipe 2"}
    second = copied(old, lambda d: d.update(dagster=later), tmp_path / "second")
    found = difference(old.manifest_path, first)
    assert list(difference_lines(found)) == [
        "no difference: konvid-vmaf-pairs-manifest-v1",
        "scores: the same (one content_sha256)",
    ]
    assert named(difference(first, second)) == {"recipe": ["changed code_version"]}


def test_another_model(old: ScoredBuilt, root: Path, tmp_path: Path) -> None:
    tiny = write_tiny_model(tmp_path / "tiny.json")
    new = build_pairs(root, model=str(tiny), out=at(tmp_path, "new"))
    found = difference(old.manifest_path, new.manifest_path)
    assert named(found) == {
        "model": ["changed name", "changed sha256"],
        "artifact": ["changed content_sha256"],
    }
    assert found.scores.drift is not None
    assert found.scores.drift.largest.keys() == {"vmaf"}


def engine(document: dict[str, Any], **facts: Any) -> None:
    document["engine"] |= facts


def library(sha256: str) -> list[dict[str, str]]:
    return [{"name": "libx264.so", "path": f"/{sha256}/libx264.so", "sha256": sha256}]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda d: engine(d, binary="/elsewhere/ffmpeg"), {}),
        (lambda d: d.update(created="2031-01-01T00:00:00+00:00"), {}),
        (lambda d: d["cache"].update(directory="/x", hits=7, policy="refresh"), {}),
        (lambda d: d["run_provenance"].update(argv=["other"]), {}),
        (lambda d: d["stats"].update(elapsed_s=77.5), {}),
        (lambda d: d["counts"].update(cached=3, extracted=0), {}),
        (lambda d: d["run_provenance"]["args"].update(workers=64, memory_gib=2.5), {}),
        (lambda d: d["run_provenance"]["args"].pop("include"), {}),
        (lambda d: engine(d, binary_sha256="0" * 64), {"engine": ["changed binary_sha256"]}),
        (lambda d: engine(d, libvmaf_version="4"), {"engine": ["changed libvmaf_version"]}),
        (
            lambda d: engine(d, libraries=library("1" * 64)),
            {"engine": ["added libraries libx264.so"]},
        ),
        (lambda d: d["recipe"].update(threads=2), {"recipe": ["changed threads"]}),
        (lambda d: d["features"].remove("motion2"), {"features": ["removed motion2"]}),
        (
            lambda d: d["unavailable_features"].append(
                {"feature": "adm2", "reason": "why", "clips": ["a", "b"]}
            ),
            {"unavailable": ["added adm2 of a", "added adm2 of b"]},
        ),
        (
            lambda d: d["run_provenance"]["args"].update(include=["*"]),
            {"settings": ["changed include"]},
        ),
        (lambda d: d["artifact"]["columns"].reverse(), {"artifact": ["changed columns"]}),
    ],
)
def test_a_fact(
    old: ScoredBuilt,
    tmp_path: Path,
    change: Callable[[dict[str, Any]], object],
    expected: dict[str, list[str]],
) -> None:
    found = difference(old.manifest_path, copied(old, change, tmp_path / "new"))
    assert named(found) == expected
    assert found.identical == (not expected)
    assert found.scores.state == "same"
    assert strict(json.dumps(_document(found)))["changes"].keys() == GROUPS.keys()


def test_netflix_bvi_and_rows(netflix_root: Path, media: Path, tmp_path: Path) -> None:
    canonical: dict[str, Any] = {"feature_set": "canonical6", "width": 384, "height": 216}
    one = build_netflix(netflix_root, **canonical)
    more = canonical | {"feature_set": "adm2,vif_scale0,psnr_y", "codec": "h264"}
    more |= {"max_pairs": 2}
    other = build_netflix(netflix_root, **more, out=str(tmp_path / "n" / "n.parquet"))
    found = difference(one.manifest_path, other.manifest_path)
    changes = named(found)
    assert changes.keys() == {*("inputs", "features", "settings", "counts", "skipped", "artifact")}
    assert changes["settings"] == ["changed codec", "changed feature_set", "changed max_pairs"]
    assert set(changes["features"]) == {
        *("added psnr_y", "removed motion2"),
        *(f"removed vif_scale{scale}" for scale in (1, 2, 3)),
    }
    assert changes["skipped"] == ["added dis/Bunny_40_144_300.yuv"]
    assert "changed columns" in changes["artifact"]
    assert found.scores.drift is not None
    assert found.scores.drift.largest.keys() == {"codec"}

    zipped = write_archive(tmp_path / "bvi.zip", {"DOne": media / "ten.mp4"})
    bvi = build_bvi(bvi_zip=str(zipped), feature_set="canonical6")
    rows = build_rows()
    write_archive(zipped, {"DOne": media / "bikes.mp4"})
    bvi2 = build_bvi(
        bvi_zip=str(zipped),
        feature_set="canonical6",
        preset="faster",
        out=str(tmp_path / "b.parquet"),
    )
    found = difference(bvi.manifest_path, bvi2.manifest_path)
    assert named(found) == {
        "inputs": [f"changed {entry('DOne')}"],
        "recipe": ["changed preset"],
        "settings": ["changed preset"],
        "artifact": ["changed content_sha256"],
    }
    rows2 = build_rows(preset="faster", output=str(tmp_path / "r.jsonl"))
    found = difference(rows.manifest_path, rows2.manifest_path)
    assert named(found).keys() == {"inputs", "recipe", "settings", "artifact"}
    assert found.scores.drift is not None
    assert found.scores.drift.drifted == 1
    assert {"preset", "vmaf_score"} <= found.scores.drift.largest.keys()
    assert not found.scores.drift.largest.keys() & {"run_id", "timestamp"}
    again = build_rows(preset="faster", output=str(tmp_path / "r2.jsonl"))
    assert difference(rows2.manifest_path, again.manifest_path).identical


def test_trusted_reports(archive: Path, folder: Path, tmp_path: Path) -> None:
    ours = build_bvi(bvi_zip=str(archive), cache_policy="off", feature_set="canonical6")
    theirs = build_bvi(
        bvi_zip=str(archive),
        cache_policy="trust",
        cache_dir=str(folder),
        feature_set="canonical6",
        out=str(tmp_path / "t.parquet"),
    )
    changes = named(difference(ours.manifest_path, theirs.manifest_path))
    assert changes["trusted_reports"] == [f"added {stem(TRUSTED)}"]
    assert "settings" not in changes


def earlier(document: dict[str, Any]) -> None:
    """Leave what an earlier script recorded."""
    for key in document.keys() - set(EARLIER):
        del document[key]
    provenance = document["run_provenance"]
    for name in ("include", "exclude"):
        del provenance["args"][name]
    provenance["inputs"]["videos_dir"] = [provenance["inputs"]["videos_dir"]]


def test_an_earlier_scripts_manifest(old: ScoredBuilt, root: Path, tmp_path: Path) -> None:
    script = copied(old, earlier, tmp_path / "script")
    found = difference(script, old.manifest_path)
    assert found.identical
    assert found.scores.drift is not None, "its table is compared though its digest is not recorded"
    assert found.not_recorded["new"] == ()
    assert found.not_recorded["old"] == (
        "inputs",
        "trusted_reports",
        "recipe: encoder, frame_pairing, pix_fmt, preset, threads, version",
        "model: sha256",
        "engine: kind, libvmaf_version, version",
        "settings: exclude, include",
        "counts: found, skipped",
        "skipped",
        "unavailable",
        "artifact: columns, content_sha256",
    )
    done = corpus_assets("diff", script, old.manifest_path, folder=tmp_path)
    assert done.returncode == 0
    assert "not recorded in old: inputs; " in done.stdout
    new = build_pairs(root, crf=36, out=at(tmp_path, "new"))
    found = difference(script, new.manifest_path)
    assert named(found) == {"recipe": ["changed crf"], "settings": ["changed crf"]}
    assert found.scores.drift is not None
    assert found.scores.drift.drifted == 3
    document = json.loads(script.read_text())
    document["stats"]["frames"] = 7
    document["failed_clips"] = ["gone"]
    script.write_text(json.dumps(document))
    found = difference(new.manifest_path, script)
    assert found.scores.reason == f"{script}: rows: expected 7, found 36"
    assert named(found)["failed"] == ["added gone"]


def test_scores_that_could_not_be_compared_are_not_known_to_be_equal(
    old: ScoredBuilt, tmp_path: Path
) -> None:
    script = copied(old, earlier, tmp_path / "script")
    table = script.with_name(TABLE)
    found = difference(script, old.manifest_path)
    assert found.identical
    assert "scores: equal in all 3 clips" in difference_lines(found)
    rows = pq.read_table(table)
    pq.write_table(rows.take(list(reversed(range(rows.num_rows)))), table)
    found = difference(script, old.manifest_path)
    assert (found.different, found.identical) == (False, False)
    first, second, *_ = difference_lines(found)
    assert first == "nothing that was compared differs: konvid-vmaf-pairs-manifest-v1"
    assert second.startswith(f"scores: not compared: {table}: the rows of ")
    done = corpus_assets("diff", script, old.manifest_path, "--json", folder=tmp_path)
    assert done.returncode == 1
    document = strict(done.stdout)
    assert (document["identical"], document["scores"]["state"]) == (False, "not compared")


@pytest.mark.parametrize(
    ("old_list", "new_list", "said"),
    [
        (["a", "a"], ["a"], "- a"),
        (["a", "b"], ["b", "a"], "the same in another order"),
        ([["a"], 1], [["b"], "1"], "- ['a'], - 1, + ['b'], + 1"),
        ([], list(range(12)), ", ".join([*(f"+ {i}" for i in range(10)), "and 2 more"])),
    ],
)
def test_lists_apart(old_list: list[object], new_list: list[object], said: str) -> None:
    assert _of_lists(old_list, new_list) == said


def test_each_manifest_is_parsed_once(old: ScoredBuilt, tmp_path: Path) -> None:
    new = copied(old, lambda d: d["artifact"].update(content_sha256="0" * 64), tmp_path / "new")
    read = Counter[str]()
    with pytest.MonkeyPatch.context() as patch:
        for module in (pair, reading):
            patch.setattr(module, "read_regular", counting(read, module.read_regular))
        assert difference(old.manifest_path, new).scores.drift is not None
    assert read == {str(old.manifest_path): 1, str(new): 1}


def counting(calls: Counter[str], read: Callable[[Path, int], bytes]) -> Callable[..., bytes]:
    def counted(path: Path, most: int) -> bytes:
        calls[str(path)] += 1
        return read(path, most)

    return counted


def test_the_model_of_an_earlier_script(old: ScoredBuilt, tmp_path: Path) -> None:
    def with_model(path: str, sha256: str) -> Callable[[dict[str, Any]], object]:
        def change(document: dict[str, Any]) -> None:
            earlier(document)
            document["run_provenance"]["args"]["model"] = path
            document["run_provenance"]["inputs"]["model"] = {"path": path, "sha256": sha256}

        return change

    first = copied(old, with_model("/a/mine.json", "1" * 64), tmp_path / "first")
    moved = copied(old, with_model("/b/mine.json", "1" * 64), tmp_path / "moved")
    other = copied(old, with_model("/a/mine.json", "2" * 64), tmp_path / "other")
    assert difference(first, moved).identical
    assert named(difference(first, other)) == {"model": ["changed sha256"]}


def test_two_kinds_and_nothing_there(old: ScoredBuilt, tmp_path: Path) -> None:
    netflix = tmp_path / "n.manifest.json"
    netflix.write_text('{"schema": "netflix-full-features-manifest-v1"}')
    done = corpus_assets("diff", old.manifest_path, netflix, folder=tmp_path)
    assert done.returncode == 2
    assert "is a konvid-vmaf-pairs-manifest-v1" in done.stderr
    assert "a netflix-full-features-manifest-v1" in done.stderr
    done = corpus_assets("diff", old.manifest_path, tmp_path / "media", folder=tmp_path)
    assert done.returncode == 2
    broken = copied(old, lambda d: d.update(crf="x"), tmp_path / "broken")
    with pytest.raises(DataError, match=f"{broken}: crf: "):
        difference(old.manifest_path, broken)


def test_the_text_is_bounded_and_on_lines_of_its_own(old: ScoredBuilt, tmp_path: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        document["skipped"] = [
            {"name": f"\x1b[31m{i}\nx", "reason": "y" * 1000} for i in range(500)
        ]
        document["counts"] |= {"found": 503, "skipped": 500}

    lines = list(
        difference_lines(difference(old.manifest_path, copied(old, change, tmp_path / "new")))
    )
    assert "skipped: 500 added" in lines
    assert "  and 490 more" in lines
    assert len(lines) < 30
    assert all(line.isprintable() and len(line) < 300 for line in lines)


def test_the_keys_of_the_json_document(old: ScoredBuilt, root: Path, tmp_path: Path) -> None:
    new = build_pairs(root, crf=36, out=at(tmp_path, "new"))
    document = _document(difference(old.manifest_path, new.manifest_path))
    assert list(document) == [
        *("old", "new", "schema", "identical", "changes", "told", "not_recorded", "scores")
    ]
    assert list(document["changes"]) == [
        *("inputs", "trusted_reports", "recipe", "features", "model", "engine", "settings"),
        *("counts", "skipped", "failed", "unavailable", "artifact"),
    ]
    assert document["changes"]["recipe"] == [
        {"name": "crf", "kind": "changed", "old": 35, "new": 36}
    ]
    assert document["not_recorded"].keys() == {"old", "new"}
    assert document["scores"].keys() == {"state", "reason", "drift"}
    assert document["scores"]["drift"].keys() == {
        *("schema", "clips", "drifted", "worst", "largest")
    }
    assert document["scores"]["drift"]["schema"].keys() == {
        *("only_old", "only_new", "types", "reordered")
    }
    (worst, *_) = document["scores"]["drift"]["worst"]
    assert worst.keys() == {"clip", "rows_old", "rows_new", "columns"}
    assert worst["columns"][0].keys() == {"column", "rows", "max_abs", "mean_abs"}


def test_tables_are_looked_at_where_the_digests_are_one(old: ScoredBuilt, tmp_path: Path) -> None:
    new = copied(old, lambda _: None, tmp_path / "new")
    assert difference(old.manifest_path, new).identical
    table = new.with_name(TABLE)
    table.write_bytes(table.read_bytes()[:-1])
    found = difference(old.manifest_path, new)
    assert not found.identical
    assert found.scores.state == "not compared"
    assert "bytes: expected" in str(found.scores.reason)
    table.unlink()
    edited = json.loads(new.read_text())
    edited["artifact"]["path"] = str(tmp_path / "nowhere" / TABLE)
    new.write_text(json.dumps(edited))
    assert difference(old.manifest_path, new).identical, "digests are enough where there is none"


def test_keys_of_later_releases_are_passed_over(old: ScoredBuilt, tmp_path: Path) -> None:
    def later(document: dict[str, Any]) -> None:
        document["note"] = "new"
        document["engine"]["gpu"] = {"name": "none"}

    new = copied(old, later, tmp_path / "new")
    assert difference(old.manifest_path, new).identical
    for command in (("cite", new), ("replay", new, "--out", "again")):
        done = corpus_assets(*command, folder=tmp_path)
        assert done.returncode == 0, done.stderr
