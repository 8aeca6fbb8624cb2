"""How many clips may fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus_assets.artifacts.settings import VmafPairsSettings, validated
from corpus_assets.errors import NothingScoredError, SettingError, TooManyFailedError
from corpus_assets_tests.making import build_pairs, manifest_of
from corpus_assets_tests.test_cli import ASSET, corpus_assets


@pytest.fixture
def videos(konvid_root: Path) -> Path:
    """Three good clips and one that is empty."""
    folder = konvid_root / "KoNViD_1k_videos"
    (folder / "15.mp4").touch()
    return folder


def test_too_many_failed_clips_publish_nothing(konvid_root: Path, videos: Path) -> None:
    old = build_pairs(konvid_root, crf=40, max_failed_share=0.25)
    assert old.manifest.counts.failed == 1, "a share that equals the limit is allowed"
    table = Path(old.manifest.artifact.path)
    before = table.read_bytes(), old.manifest_path.read_bytes()
    (videos / "05.mp4").touch()
    with pytest.raises(TooManyFailedError) as caught:
        build_pairs(konvid_root, max_failed_share=0.25)
    assert str(caught.value).splitlines() == [
        "2 of 5 clips failed, a share of 0.4; max_failed_share is 0.25; no table was written:",
        "  KoNViD_1k_videos_05: probe: KoNViD_1k_videos/05.mp4 is empty (0 bytes)",
        "  KoNViD_1k_videos_15: probe: KoNViD_1k_videos/15.mp4 is empty (0 bytes)",
    ]
    assert before == (table.read_bytes(), old.manifest_path.read_bytes())
    assert sorted(path.name for path in table.parent.iterdir()) == [
        old.manifest_path.name,
        table.name,
    ]
    manifest = manifest_of(build_pairs(konvid_root))
    assert (manifest["counts"]["cached"], manifest["counts"]["failed"]) == (3, 2)
    assert manifest["run_provenance"]["args"]["max_failed_share"] == 1.0


def test_only_the_first_failures_are_named(konvid_root: Path, videos: Path) -> None:
    for number in range(40, 44):
        (videos / f"{number}.mp4").touch()
    with pytest.raises(TooManyFailedError, match=r"(?s)^5 of 8 .*_15: .*_41: .*\n  and 2 more$"):
        build_pairs(konvid_root, max_failed_share=0)


def test_all_failed_is_an_error_of_its_own(konvid_root: Path, videos: Path) -> None:
    for limit in (0, 1):
        with pytest.raises(NothingScoredError, match="none of the 1 clips could be scored"):
            build_pairs(konvid_root, include=["*_15"], max_failed_share=limit)
    assert videos.is_dir()


def test_too_many_failed_clips_on_the_command_line(
    konvid_root: Path, videos: Path, tmp_path: Path
) -> None:
    run = ("run", ASSET, "--konvid-root", konvid_root)
    failed = corpus_assets(*run, "--max-failed-share", "0.2", folder=tmp_path)
    assert failed.returncode == 1
    assert "error: 1 of 4 clips failed, a share of 0.25; max_failed_share is 0.2" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert list((tmp_path / "runs").iterdir()) == []
    assert (videos / "15.mp4").exists()


@pytest.mark.parametrize(
    ("setting", "value", "allowed"),
    [
        ("max_failed_share", -0.1, "greater than or equal to 0"),
        ("max_failed_share", 1.1, "less than or equal to 1"),
        ("max_failed_share", float("nan"), "a finite number"),
        ("max_failed_share", "many", "a valid number"),
    ],
)
def test_values_out_of_range(setting: str, value: object, allowed: str) -> None:
    with pytest.raises(SettingError, match=f"^{setting}: {value!r} is not allowed; .*{allowed}"):
        validated(VmafPairsSettings, {setting: value})
