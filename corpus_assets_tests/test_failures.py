"""One bad clip never costs the others; what stops a run does so at once and says what to set."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pydantic
import pytest

from corpus_assets.artifacts.konvid_pairs import VMAF_PAIRS
from corpus_assets.artifacts.settings import SharedSettings, VmafPairsSettings
from corpus_assets.corpora.konvid_1k import STEM_GRAMMAR
from corpus_assets.errors import (
    EmptyCorpusError,
    EngineError,
    NothingScoredError,
    RootError,
    SettingError,
    StorageError,
)
from corpus_assets.libvmaf.engine import Engine
from corpus_assets_tests.making import build_pairs, counted_scorings, manifest_of
from corpus_assets_tests.media import FRAMES, run_ffmpeg


@pytest.fixture
def videos(konvid_root: Path) -> Path:
    return konvid_root / "KoNViD_1k_videos"


def add_bad_clips(videos: Path, media: Path, ffmpeg: str) -> dict[str, tuple[str, str]]:
    """Put bad clips between the good ones and return the stage and reason of each."""
    (videos / "11.mp4").touch()
    (videos / "12.mp4").write_text("#EXTM3U\nhttp://127.0.0.1/\n")
    whole = (media / "bunny.mp4").read_bytes()
    (videos / "13.mp4").write_bytes(whole[: len(whole) // 2])
    shutil.copy(media / "audio.mp4", videos / "14.mp4")
    odd = ("-f", "lavfi", "-i", "testsrc2=duration=0.2,scale=65:33", "-c:v", "libx264")
    run_ffmpeg(ffmpeg, *odd, "-pix_fmt", "yuv444p", videos / "15.mp4")
    tiny = ("-f", "lavfi", "-i", "testsrc2=size=16x16:duration=0.2", "-c:v", "libx264")
    run_ffmpeg(ffmpeg, *tiny, "-pix_fmt", "yuv420p", videos / "16.mp4")
    # The index comes first and the last frames are cut off: it opens, and ends early.
    fast = ("-i", media / "carphone.mp4", "-c", "copy", "-movflags", "+faststart")
    run_ffmpeg(ffmpeg, *fast, videos / "17.mp4")
    os.truncate(videos / "17.mp4", (videos / "17.mp4").stat().st_size * 3 // 4)
    # Whole, with zeros in place of some of the frames.
    zeros = bytes(4000)
    (videos / "18.mp4").write_bytes(whole[:30000] + zeros + whole[30000 + len(zeros) :])
    return {
        "11": ("probe", "is empty (0 bytes)"),
        "12": ("probe", "cannot be read as mov"),
        "13": ("probe", "cannot be read as mov"),
        "14": ("probe", "has no video stream"),
        "15": ("probe", "65x33 is odd"),
        "16": ("probe", "16x16 is too small"),
        "17": ("probe", f"declares {FRAMES} frames and holds"),
        "18": ("run", "ffmpeg: exit code"),
    }


def test_bad_clips_next_to_good_ones(
    konvid_root: Path, videos: Path, media: Path, ffmpeg: str
) -> None:
    alone = build_pairs(konvid_root)
    expected = add_bad_clips(videos, media, ffmpeg)
    manifest = manifest_of(build_pairs(konvid_root))
    failures = {f["key"].removeprefix("KoNViD_1k_videos_"): f for f in manifest["failures"]}
    assert {stem: failure["stage"] for stem, failure in failures.items()} == {
        stem: stage for stem, (stage, _) in expected.items()
    }
    for stem, (_, reason) in expected.items():
        assert reason in failures[stem]["reason"]
    assert manifest["counts"] == {
        "found": 11, "selected": 11, "skipped": 0, "extracted": 0, "cached": 3, "failed": 8
    }  # fmt: skip
    assert manifest["failed_clips"] == [f["key"] for f in manifest["failures"]]
    assert manifest["stats"]["clips_processed"] == 3
    assert manifest["artifact"]["content_sha256"] == alone.manifest.artifact.content_sha256


def test_damaged_clip_tells_how_far_it_came(
    konvid_root: Path, videos: Path, media: Path, ffmpeg: str
) -> None:
    add_bad_clips(videos, media, ffmpeg)
    failures = {f["key"][-2:]: f for f in manifest_of(build_pairs(konvid_root))["failures"]}
    assert failures["17"]["frames"]["container"] < FRAMES
    failure = failures["18"]
    assert failure["frames"]["container"] == FRAMES
    assert failure["exit_code"] > 0
    assert failure["stderr_tail"]
    assert 0 < len(failure["stderr_tail"]) <= 20


def test_changed_while_scored(
    konvid_root: Path, videos: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    real = Engine.score

    def meddling(self: Engine, clip, children):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
        scored = real(self, clip, children)
        if clip.key.endswith("20"):
            os.utime(videos / "20.mp4", ns=(5, 5))
        return scored

    monkeypatch.setattr(Engine, "score", meddling)
    (failure,) = manifest_of(build_pairs(konvid_root))["failures"]
    assert failure["reason"] == "the file changed while it was scored"
    assert not (tmp_path / "cache" / "konvid_1k" / "KoNViD_1k_videos_20.json").exists()


def test_no_clip_succeeds_and_the_old_artifact_stays(konvid_root: Path, videos: Path) -> None:
    old = build_pairs(konvid_root)
    before = Path(old.manifest.artifact.path).read_bytes(), old.manifest_path.read_bytes()
    for clip in videos.iterdir():
        clip.write_bytes(b"not a video")
    with pytest.raises(NothingScoredError, match=r"none of the 3 clips .*\n.*_10: probe: "):
        build_pairs(konvid_root)
    assert before == (Path(old.manifest.artifact.path).read_bytes(), old.manifest_path.read_bytes())
    assert sorted(p.name for p in old.manifest_path.parent.iterdir()) == [
        "konvid_vmaf_pairs.manifest.json",
        "konvid_vmaf_pairs.parquet",
    ]


def test_everything_in_the_folder_is_accounted_for(
    konvid_root: Path, videos: Path, tmp_path: Path
) -> None:
    (videos / "notes.txt").touch()
    (videos / "a b.mp4").touch()
    (videos / "folder.mp4").mkdir()
    os.mkfifo(videos / "fifo.mp4")
    outside = tmp_path / "outside.mp4"
    outside.touch()
    (videos / "link.mp4").symlink_to(outside)
    Path(os.fsdecode(bytes(videos) + b"/\xff.mp4")).touch()
    grammar = STEM_GRAMMAR.split(";", maxsplit=1)[0]
    manifest = manifest_of(build_pairs(konvid_root))
    assert {skip["name"]: skip["reason"].split(";")[0] for skip in manifest["skipped"]} == {
        "notes.txt": "not named *.mp4",
        "a b.mp4": grammar,
        "folder.mp4": "not a regular file",
        "fifo.mp4": "not a regular file",
        "link.mp4": "symbolic link that leads out of the corpus",
        "\\udcff.mp4": grammar,
    }
    assert manifest["counts"]["found"] == 9
    assert manifest["stats"]["frames"] == 3 * FRAMES


def test_root_unset_missing_or_without_videos(tmp_path: Path) -> None:
    with pytest.raises(RootError, match=r"konvid_root is not set.*VMAF_KONVID_1K_DIR"):
        VMAF_PAIRS.resolve(VmafPairsSettings(), SharedSettings(), os.environ)
    with pytest.raises(RootError, match=r"nowhere is not a folder; set konvid_root or VMAF_KONV"):
        build_pairs(tmp_path / "nowhere")
    with pytest.raises(RootError, match="has no folder KoNViD_1k_videos"):
        build_pairs(tmp_path)


def test_no_clips_found(tmp_path: Path) -> None:
    (tmp_path / "KoNViD_1k_videos").mkdir()
    with pytest.raises(EmptyCorpusError, match=r"no clip in .*konvid_root must be the folder"):
        build_pairs(tmp_path)


@pytest.mark.parametrize("crf", [-1, 52])
def test_crf_out_of_range(crf: int) -> None:
    with pytest.raises(pydantic.ValidationError, match="crf"):
        VmafPairsSettings(crf=crf)


def test_unwritable_folders_are_found_before_any_work(
    konvid_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with counted_scorings(monkeypatch) as started:
        with pytest.raises(StorageError, match=r"cannot write the output in /proc/x: .*; set out"):
            build_pairs(konvid_root, out="/proc/x/t.parquet")
        with pytest.raises(StorageError, match=r"cannot write the cache in /proc/x: .*cache_dir"):
            build_pairs(konvid_root, cache_dir="/proc/x")
    assert started == []


def test_outputs_that_collide(konvid_root: Path, tmp_path: Path) -> None:
    same = str(tmp_path / "t.parquet")
    with pytest.raises(SettingError, match=r"manifest_out: .* must differ from out"):
        build_pairs(konvid_root, out=same, manifest_out=same)
    with pytest.raises(SettingError, match=r"out: .* it is a folder"):
        build_pairs(konvid_root, out=str(tmp_path))


def test_models_and_engines_that_do_not_work(konvid_root: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"'x.json' is not allowed; there is no such file"):
        build_pairs(konvid_root, model="x.json")
    with pytest.raises(SettingError, match="built-in model's name"):
        build_pairs(konvid_root, model="a:b")
    with pytest.raises(EngineError, match="cannot score with model vmaf_nope"):
        build_pairs(konvid_root, model="vmaf_nope")
    for text, reason in (("{}", "it has no model_dict"), ("{", "it is not valid JSON")):
        (tmp_path / "broken.json").write_text(text)
        with pytest.raises(SettingError, match=reason):
            build_pairs(konvid_root, model=str(tmp_path / "broken.json"))
    (tmp_path / "broken.json").write_text('{"model_dict": {}}')
    with pytest.raises(EngineError, match="cannot score with model broken"):
        build_pairs(konvid_root, model=str(tmp_path / "broken.json"))
    with pytest.raises(EngineError, match="CORPUS_ASSETS_FFMPEG"):
        build_pairs(konvid_root, ffmpeg=str(tmp_path / "none"))
    with pytest.raises(EngineError, match=r"is not ffmpeg|does not run"):
        build_pairs(konvid_root, ffmpeg="/bin/true")


def test_workers_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    def workers(shared: SharedSettings) -> int:
        (request,) = VMAF_PAIRS.resolve(VmafPairsSettings(konvid_root="x"), shared, os.environ)
        return request.scoring.workers

    monkeypatch.setenv("CORPUS_ASSETS_WORKERS", "3")
    assert workers(SharedSettings()) == 3
    assert workers(SharedSettings(workers=5)) == 5
    monkeypatch.setenv("CORPUS_ASSETS_WORKERS", "many")
    with pytest.raises(SettingError, match="CORPUS_ASSETS_WORKERS: 'many' is not allowed"):
        workers(SharedSettings())


def test_table_without_failures_is_complete(konvid_root: Path) -> None:
    built = build_pairs(konvid_root)
    frame = pd.read_parquet(built.manifest.artifact.path)
    assert not frame.isna().any().any()


def test_nothing_of_the_users_is_replaced(konvid_root: Path, videos: Path, tmp_path: Path) -> None:
    """Inputs are never written over, and other files only where they are ours."""
    foreign, mine = tmp_path / "notes.txt", tmp_path / "list.json"
    foreign.write_text("notes")
    mine.write_text('{"schema": 1}')
    clip = videos / "10.mp4"
    before = clip.read_bytes()
    cases: list[tuple[dict[str, Any], str]] = [
        ({"out": str(clip)}, "out: .* it lies among the input files in"),
        ({"out": str(videos / "new.parquet")}, "it lies among the input files"),
        ({"manifest_out": str(videos / "m.json")}, "manifest_out: .* it lies among"),
        ({"cache_dir": str(videos)}, "cache_dir: .* it lies among"),
        ({"out": str(foreign)}, "a file that is no parquet table is there"),
        ({"manifest_out": str(foreign)}, "a file that is no manifest is there"),
        ({"manifest_out": str(mine)}, "a file that is no manifest is there"),
    ]
    for settings, message in cases:
        with pytest.raises(SettingError, match=message):
            build_pairs(konvid_root, **settings)
    assert clip.read_bytes() == before
    assert foreign.read_text() == "notes"
    build_pairs(konvid_root, out=str(tmp_path / "a.parquet"))
    with pytest.raises(SettingError, match=r"the manifest of a\.parquet is there"):
        build_pairs(konvid_root, out=str(tmp_path / "a.table"))
    again = build_pairs(konvid_root)
    assert build_pairs(konvid_root).manifest_path == again.manifest_path
