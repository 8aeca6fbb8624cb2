"""`corpus-assets verify`: each recorded fact is changed in turn, and exactly that is named."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpus_assets.artifacts.build import ScoredBuilt
from corpus_assets.errors import MissingManifestError
from corpus_assets.manifests.pair import manifests_at
from corpus_assets.manifests.verification import bytes_to_read, verify
from corpus_assets_tests.archives import entry, stem, write_archive
from corpus_assets_tests.making import (
    build_bvi,
    build_konvid_full,
    build_netflix,
    build_pairs,
    build_rows,
)
from corpus_assets_tests.test_cli import corpus_assets


@pytest.fixture
def built(konvid_root: Path) -> ScoredBuilt:
    return build_pairs(konvid_root)


def wrong(built: ScoredBuilt, *, inputs: bool = False) -> list[str]:
    return [one.what for one in verify(built.manifest_path, inputs=inputs).mismatches]


def rewrite(built: ScoredBuilt, change: Callable[[pa.Table], pa.Table]) -> None:
    path = built.manifest.artifact.path
    pq.write_table(change(pq.read_table(path)), path)


def edit(built: ScoredBuilt, *keys: str | int, value: Any) -> None:
    """Change one value of the manifest."""
    document = json.loads(built.manifest_path.read_text())
    node = document
    for key in keys[:-1]:
        node = node[key]
    node[keys[-1]] = value
    built.manifest_path.write_text(json.dumps(document))


def test_what_was_made_is_fine(
    netflix_root: Path, konvid_root: Path, media: Path, tmp_path: Path
) -> None:
    archive = write_archive(tmp_path / "bvi.zip", {"DOne": media / "ten.mp4"})
    made = (
        build_netflix(netflix_root, feature_set="canonical6", width=384, height=216),
        build_konvid_full(konvid_root, feature_set="adm2,psnr_y", max_clips=2),
        build_bvi(bvi_zip=str(archive), feature_set="canonical6"),
        build_rows(),
    )
    for built in made:
        assert verify(built.manifest_path, inputs=True).mismatches == ()
    done = corpus_assets("verify", tmp_path / "runs", "--inputs", folder=tmp_path)
    assert done.returncode == 0
    assert done.stdout.count(": fine") == len(made)


def test_a_changed_value(built: ScoredBuilt) -> None:
    def change(table: pa.Table) -> pa.Table:
        values = table.column("vmaf").to_pylist()
        values[3] += 1e-9
        place = table.schema.get_field_index("vmaf")
        return table.set_column(place, "vmaf", pa.array(values, pa.float64()))

    rewrite(built, change)
    assert set(wrong(built)) == {"bytes", "sha256", "content_sha256"}


def test_a_dropped_row(built: ScoredBuilt) -> None:
    rewrite(built, lambda table: table.slice(1))
    assert set(wrong(built)) == {"bytes", "sha256", "rows", "content_sha256"}


def test_the_order_and_type_of_columns(built: ScoredBuilt) -> None:
    rewrite(built, lambda table: table.select(list(reversed(table.column_names))))
    assert set(wrong(built)) == {"bytes", "sha256", "columns", "content_sha256"}
    rewrite(
        built, lambda table: table.cast(pa.schema([(n, pa.string()) for n in table.column_names]))
    )
    assert "columns" in wrong(built)


def test_bytes_that_are_no_table(built: ScoredBuilt) -> None:
    Path(built.manifest.artifact.path).write_bytes(b"PAR1 and nothing")
    assert wrong(built) == ["bytes", "sha256", "artifact"]


def test_another_file_with_the_same_content(built: ScoredBuilt) -> None:
    rewrite(built, lambda table: table)
    assert set(wrong(built)) == {"bytes", "sha256"}


@pytest.mark.parametrize(
    ("keys", "value", "expected"),
    [
        (("artifact", "rows"), 35, ["rows", "stats.frames"]),
        (("artifact", "content_sha256"), "0" * 64, ["content_sha256"]),
        (("artifact", "columns", 0, "name"), "keys", ["columns"]),
        (("stats", "frames"), 7, ["stats.frames"]),
        (("stats", "clips_selected"), 7, ["stats.clips_selected"]),
        (("stats", "clips_failed"), 7, ["stats.clips_failed"]),
        (("counts", "failed"), 1, ["counts"]),
        (("counts", "cached"), "many", ["counts.cached"]),
        (("inventory", "count"), 9, ["inventory.count"]),
        (("inventory", "files", 0, "bytes"), 1, ["inventory.bytes"]),
        (("inventory", "files", 0, "sha256"), "0" * 64, ["inventory.digest"]),
        (("inventory", "digest"), "0" * 64, ["inventory.digest"]),
        (("crf",), None, ["crf"]),
        (("crf",), 20, ["crf"]),
        (("recipe", "crf"), 20, ["recipe.crf"]),
        (("features",), ["adm2"], ["features"]),
        (("stats", "frames"), "36", ["stats.frames"]),
        (("counts", "failed"), False, ["counts.failed"]),
        (("schema",), "mine", ["schema"]),
        (("surprise",), 1, ["surprise"]),
    ],
)
def test_a_fact_of_the_manifest(
    built: ScoredBuilt, keys: tuple[str | int, ...], value: Any, expected: list[str]
) -> None:
    edit(built, *keys, value=value)
    assert wrong(built) == expected


def test_inputs_and_engine(built: ScoredBuilt, konvid_root: Path, media: Path) -> None:
    clip = konvid_root / "KoNViD_1k_videos" / "20.mp4"
    shutil.copy(media / "bunny.mp4", clip)
    assert wrong(built) == []
    assert wrong(built, inputs=True) == ["input KoNViD_1k_videos/20.mp4"]
    clip.unlink()
    assert wrong(built, inputs=True) == ["input KoNViD_1k_videos/20.mp4"]
    edit(built, "engine", "binary", value="/nowhere/ffmpeg")
    assert wrong(built, inputs=True)[-1] == "engine /nowhere/ffmpeg"
    shutil.rmtree(konvid_root)
    assert wrong(built, inputs=True)[0] == "inventory.root"
    assert wrong(built) == []


def test_an_entry_of_an_archive(media: Path, tmp_path: Path) -> None:
    clips = {"DOne": media / "ten.mp4", "DTwo": media / "bikes.mp4"}
    archive = write_archive(tmp_path / "bvi.zip", clips)
    built = build_bvi(bvi_zip=str(archive), feature_set="canonical6")
    write_archive(archive, clips | {"DTwo": media / "bunny.mp4"})
    assert wrong(built, inputs=True) == [f"input {entry('DTwo')}"]
    archive.write_bytes(b"no archive")
    assert wrong(built, inputs=True) == ["inventory.root"]


def test_a_row_of_json_lines(media: Path, tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "bvi.zip", {"DOne": media / "ten.mp4"})
    build_bvi(bvi_zip=str(archive), feature_set="canonical6")
    built = build_rows()
    path = Path(built.manifest.artifact.path)
    row = json.loads(path.read_text())
    path.write_text(json.dumps(row | {"run_id": "0" * 32}) + "\n")
    found = {one.what for one in verify(built.manifest_path).mismatches}
    assert found == {"sha256"}, "the run's id is not content"
    path.write_text(json.dumps(row | {"crf": 36}) + "\n")
    found = {one.what for one in verify(built.manifest_path).mismatches}
    assert found == {"sha256", "content_sha256"}
    path.write_text(json.dumps(row | {"crf": "x"}) + "\n")
    (last,) = [o for o in verify(built.manifest_path).mismatches if o.what == "artifact"]
    assert "line 1: crf: " in last.found
    assert row["src"] == f"bvi-dvc:{stem('DOne')}"


def test_a_manifest_of_an_earlier_script(built: ScoredBuilt, tmp_path: Path) -> None:
    """It has no block `artifact`: what it cannot prove is said, and its rows are counted."""
    whole = json.loads(built.manifest_path.read_text())
    keys = ("schema", "features", "crf", "cache_enabled", "failed_clips", "stats", "run_provenance")
    built.manifest_path.write_text(json.dumps({key: whole[key] for key in keys}))
    done = corpus_assets("verify", built.manifest_path, folder=tmp_path)
    assert done.returncode == 0
    assert "not proved: bytes, SHA-256, columns and content of the artifact" in done.stdout
    edit(built, "stats", "frames", value=7)
    assert wrong(built) == ["rows"]
    Path(built.manifest.artifact.path).write_bytes(b"PAR1 and nothing")
    assert wrong(built) == ["artifact"]
    Path(built.manifest.artifact.path).unlink()
    assert wrong(built) == ["artifact"]
    edit(built, "stats", value={})
    assert "the number of rows, which is not recorded" in verify(built.manifest_path).unproved
    edit(built, "run_provenance", "outputs", value={})
    assert wrong(built) == ["manifest"]
    edit(built, "run_provenance", value="none")
    assert wrong(built) == ["run_provenance"]


def test_what_cannot_be_read_hides_nothing(built: ScoredBuilt, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    os.mkfifo(runs / "pipe.manifest.json")
    (runs / "folder.manifest.json").mkdir()
    (runs / "link.manifest.json").symlink_to("/dev/zero")
    for name, path in {"empty": "", "long": "a" * 5000, "wide": f"/{'a' * 4000}"}.items():
        document = json.loads(built.manifest_path.read_text())
        document["artifact"]["path"] = path
        (runs / f"{name}.manifest.json").write_text(json.dumps(document))
    done = corpus_assets("verify", runs, folder=tmp_path)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stdout.count(": not right") == 6
    assert f"{built.manifest_path}: fine" in done.stdout


@pytest.mark.parametrize(
    ("keys", "value", "expected"),
    [
        (("engine", "binary"), f"/{'a' * 5000}", [f"engine /{'a' * 5000}"]),
        (("engine", "model", "path"), f"/{'a' * 5000}", [f"engine /{'a' * 5000}"]),
        (("engine", "binary"), "/bin/a\0b", ["engine.binary"]),
        (("artifact", "path"), "/runs/a\0b", ["manifest", "artifact.path"]),
        (("inventory", "root"), "/videos\0", ["inventory.root"]),
        (("inventory", "files", 0, "path"), "a\0b", ["inventory.files.0.path"]),
    ],
)
def test_a_path_that_the_system_does_not_take(
    built: ScoredBuilt, keys: tuple[str | int, ...], value: str, expected: list[str]
) -> None:
    edit(built, *keys, value=value)
    assert bytes_to_read(built.manifest_path, inputs=True) >= 0
    assert wrong(built, inputs=True) == expected


def test_an_artifact_that_is_not_there(built: ScoredBuilt, tmp_path: Path) -> None:
    shutil.copy(built.manifest_path, tmp_path / "b.manifest.json")
    done = corpus_assets("verify", tmp_path / "b.parquet", folder=tmp_path)
    assert done.returncode == 2
    assert "b.parquet: no such file" in done.stderr


@pytest.mark.parametrize(
    ("keys", "value", "said"),
    [
        (("artifact", "path"), f"/{'a' * 5000}", "File name too long"),
        (("inventory", "root"), f"/{'a' * 5000}", f"error: /{'a' * 5000}: File name too long"),
        (("run_provenance", "args", "cache_dir"), "a\0b", "no setting holds a NUL"),
    ],
)
def test_a_replay_of_such_a_path(
    built: ScoredBuilt, tmp_path: Path, keys: tuple[str | int, ...], value: str, said: str
) -> None:
    edit(built, *keys, value=value)
    done = corpus_assets("replay", built.manifest_path, folder=tmp_path)
    assert done.returncode in {1, 2}
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_path_that_cannot_be_looked_at() -> None:
    with pytest.raises(MissingManifestError, match="File name too long"):
        manifests_at(Path("a" * 5000))


def test_where_the_artifact_is_found(built: ScoredBuilt, tmp_path: Path) -> None:
    """A manifest that was copied alone speaks of the table where it was written, and says so."""
    alone = tmp_path / "alone" / built.manifest_path.name
    alone.parent.mkdir()
    shutil.copy(built.manifest_path, alone)
    done = corpus_assets("verify", alone, folder=tmp_path)
    assert done.returncode == 0
    assert f"fine, with the artifact at {built.manifest.artifact.path}" in done.stdout
    shutil.copy(built.manifest.artifact.path, alone.parent)
    done = corpus_assets("verify", alone, folder=tmp_path)
    assert done.stdout == f"{alone}: fine\n"


def test_a_manifest_of_any_name(konvid_root: Path, tmp_path: Path) -> None:
    built = build_pairs(konvid_root, manifest_out=str(tmp_path / "m" / "mine.json"))
    done = corpus_assets("verify", built.manifest_path, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    built.manifest_path.write_bytes(b"")
    done = corpus_assets("verify", built.manifest_path, folder=tmp_path)
    assert "found an empty file" in done.stdout


def test_geometry_and_labels_that_contradict_the_settings(netflix_root: Path) -> None:
    built = build_netflix(netflix_root, feature_set="canonical6", width=384, height=216)
    edit(built, "geometry", "width", value=160)
    edit(built, "codec", value="h265")
    assert wrong(built) == ["codec", "geometry.width"]
