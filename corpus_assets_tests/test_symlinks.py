"""Symbolic links out of a corpus: followed only when told to, and only into the named folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from corpus_assets.artifacts.konvid_pairs import VMAF_PAIRS
from corpus_assets.artifacts.scored import ScoredRequest
from corpus_assets.artifacts.settings import validated
from corpus_assets.errors import SettingError, SetupError
from corpus_assets.files import sha256_of_file
from corpus_assets_tests.making import build_pairs, manifest_of
from corpus_assets_tests.test_cli import ASSET, corpus_assets
from corpus_assets_tests.test_selection import CORPORA, FILES, resolved

NOT_FOLLOWED = "symbolic link that leads out of the corpus"
LOST = "symbolic link that cannot be followed"
ELSEWHERE = "symbolic link whose target is in none of the symlink_roots"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Where a tool keeps the files that corpora link to."""
    folder = tmp_path / "store"
    folder.mkdir()
    return folder


def link_out(root: Path, store: Path, names: list[str]) -> None:
    """Make a farm of links, as DVC and git-annex do: files are named by what they hold."""
    for index, name in enumerate(names):
        kept = store / f"{index:02}" / "content"
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.touch()
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(kept)


@pytest.mark.parametrize("corpus", CORPORA)
def test_links_below_a_root_are_clips(corpus: str, store: Path, tmp_path: Path) -> None:
    asset, setting, _ = CORPORA[corpus]
    root = tmp_path / "corpus"
    link_out(root, store, FILES[corpus])
    tiers = ("D",) if corpus == "bvi_dvc" else ()

    def request(**links: Any) -> ScoredRequest:
        (one,) = resolved(asset, *tiers, **{setting: str(root)}, **links)
        return one

    with pytest.raises(Exception, match=NOT_FOLLOWED):
        request(symlink_roots=[str(store)]).discover()
    with pytest.raises(Exception, match=ELSEWHERE):
        request(follow_symlinks=True, symlink_roots=[str(root)]).discover()
    found = request(follow_symlinks=True, symlink_roots=[str(root), str(store)]).discover()
    assert len(found.clips) == 4
    assert found.skipped == ()
    assert found.clips[0].sources[-1].name in FILES[corpus], "the link's name, not the target's"


def test_which_targets_count(store: Path, tmp_path: Path) -> None:
    videos = tmp_path / "corpus" / "KoNViD_1k_videos"
    link_out(videos, store, ["good.mp4"])
    beside = tmp_path / "store-2"
    beside.mkdir()
    (beside / "file").touch()
    (store / "way-out").symlink_to(beside / "file")
    (store / "folder").mkdir()
    (videos / "plain.mp4").touch()
    for name, target in {
        "beside.mp4": beside / "file",
        "dots.mp4": store / ".." / "store-2" / "file",
        "folder.mp4": store / "folder",
        "inside.mp4": videos / "plain.mp4",
        "long.mp4": store / ("x" * 300),
        "loop.mp4": videos / "loop.mp4",
        "missing.mp4": store / "gone",
        "through.mp4": store / "way-out",
    }.items():
        (videos / name).symlink_to(target)
    linked_root = tmp_path / "linked"
    linked_root.symlink_to(store)
    (request,) = resolved(
        VMAF_PAIRS,
        konvid_root=str(videos.parent),
        follow_symlinks=True,
        symlink_roots=[str(linked_root)],
    )
    found = request.discover()
    assert [clip.key.rpartition("_")[2] for clip in found.clips] == ["good", "inside", "plain"]
    assert {skip.name: skip.reason for skip in found.skipped} == {
        "beside.mp4": ELSEWHERE,
        "dots.mp4": ELSEWHERE,
        "folder.mp4": "not a regular file",
        "long.mp4": f"{LOST}: File name too long",
        "loop.mp4": f"{LOST}: Too many levels of symbolic links",
        "missing.mp4": f"{LOST}: No such file or directory",
        "through.mp4": ELSEWHERE,
    }
    assert request.settings["symlink_roots"] == [str(store)]


def test_a_followed_link_is_scored_as_the_file(
    konvid_root: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The numbers and the fingerprint are those of the content, wherever it lies."""
    before = build_pairs(konvid_root)
    video = konvid_root / "KoNViD_1k_videos" / "20.mp4"
    digest = sha256_of_file(video)
    video.rename(store / "content")
    video.symlink_to(store / "content")
    assert manifest_of(build_pairs(konvid_root))["skipped"] == [
        {"name": "20.mp4", "reason": NOT_FOLLOWED}
    ]
    monkeypatch.chdir(store.parent)
    manifest = manifest_of(build_pairs(konvid_root, follow_symlinks=True, symlink_roots=["store"]))
    assert manifest["counts"]["cached"] == 3
    assert manifest["artifact"]["content_sha256"] == before.content_sha256
    files = {file["path"]: file["sha256"] for file in manifest["inventory"]["files"]}
    assert files["KoNViD_1k_videos/20.mp4"] == digest
    args = manifest["run_provenance"]["args"]
    assert (args["follow_symlinks"], args["symlink_roots"]) == (True, [str(store)])


def test_mistakes(konvid_root: Path, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"follow_symlinks: True is not allowed without symlink_r"):
        validated(VMAF_PAIRS.settings, {"follow_symlinks": True})
    nowhere = str(tmp_path / "nowhere")
    with pytest.raises(SettingError, match=r"symlink_roots: '.*nowhere' is not allowed; it is not"):
        build_pairs(konvid_root, follow_symlinks=True, symlink_roots=[nowhere])
    done = corpus_assets(
        *("run", ASSET, "--konvid-root", konvid_root, "--follow-symlinks"), folder=tmp_path
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: follow_symlinks: True is not allowed without symlink_ro")
    assert len(done.stderr.splitlines()) == 1
