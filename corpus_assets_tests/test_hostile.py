"""Corpora are downloads: whatever lies in one costs one entry, and no other clip its result."""

from __future__ import annotations

import os
import re
import socket
import stat
from pathlib import Path

import pytest

from corpus_assets.artifacts.build import ScoredBuilt
from corpus_assets.corpora.file_source import LARGEST_FILE
from corpus_assets.errors import (
    CorpusAssetsError,
    EmptyCorpusError,
    NothingScoredError,
    RootError,
)
from corpus_assets.libvmaf.ffmpeg import embedded_ffmpeg
from corpus_assets_tests.archives import stem
from corpus_assets_tests.corpora import NAMES, Corpus, bvi_archive, make_corpus
from corpus_assets_tests.hostile_archives import Entry, archive_of, tricks
from corpus_assets_tests.hostile_media import bombs, external, odd_metadata, others, playlists
from corpus_assets_tests.making import manifest_of
from corpus_assets_tests.media import FRAMES
from corpus_assets_tests.watched import run_in_child, watched

ADDRESS = "http://127.0.0.1:{}/clip.mp4"


@pytest.fixture(params=NAMES)
def corpus(request: pytest.FixtureRequest, tmp_path: Path, media: Path, pairs: Path) -> Corpus:
    return make_corpus(request.param, tmp_path / "root", media, pairs)


@pytest.fixture
def canary(tmp_path: Path, media: Path) -> Path:
    """A video outside every root."""
    path = tmp_path / "outside" / "canary.mp4"
    path.parent.mkdir()
    path.write_bytes((media / "ten.mp4").read_bytes())
    return path


def put(corpus: Corpus, files: dict[str, bytes]) -> dict[str, str]:
    """Write files under names of clips, and return what each is by the clip's key."""
    what = {}
    for number, (name, data) in enumerate(files.items(), 1):
        corpus.file(number).write_bytes(data)
        what[corpus.file(number).stem] = name
    return what


def failures(built: ScoredBuilt) -> dict[str, str]:
    """Return the reasons by the key as files are named."""
    prefix = "KoNViD_1k_videos_"
    return {f["key"].removeprefix(prefix): f["reason"] for f in manifest_of(built)["failures"]}


def skipped(built: ScoredBuilt) -> dict[str, str]:
    return {skip["name"].rsplit("/")[-1]: skip["reason"] for skip in manifest_of(built)["skipped"]}


def digest(built: ScoredBuilt) -> str:
    """Return the digest of the numbers; only the good clip has any."""
    counts = built.manifest.counts
    assert counts.extracted + counts.cached == 1
    return built.content_sha256


def test_what_is_no_file_is_skipped(
    corpus: Corpus, canary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = digest(corpus.build())
    inside = corpus.root / "inside"
    links = {
        "out": canary,
        "relative": Path("../../outside/canary.mp4"),
        "itself": corpus.file(3),
        "nowhere": tmp_path / "nowhere",
        "device": Path("/dev/zero"),
        "memory": Path("/proc/self/mem"),
        "folder": corpus.folder,
        "long": Path("x" * 300),
        "twice": inside,
    }
    inside.symlink_to(canary)
    for number, target in enumerate(links.values(), 1):
        corpus.file(number).symlink_to(target)
    os.mkfifo(corpus.file(20))
    corpus.file(21).mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        monkeypatch.chdir(corpus.folder)
        listening.bind(corpus.named(22))
    if os.geteuid() == 0:
        os.mknod(corpus.file(23), stat.S_IFCHR | 0o666, os.makedev(1, 5))
    built = corpus.build()
    expected = {path.name for path in corpus.folder.iterdir()} - {corpus.good.name}
    found = skipped(built)
    assert expected <= set(found)
    assert all(re.search("symbolic link|not a regular file|looked at", found[n]) for n in expected)
    assert failures(built) == {}
    assert digest(built) == alone


def test_odd_names_are_skipped_and_shown_on_one_line(corpus: Corpus) -> None:
    alone = digest(corpus.build())
    good = corpus.good.name
    odd = [f"a\n{good}", f"'{good}", f'"{good}', f"%d{good}", f"-{good}", f"$(touch x){good}"]
    odd += [f"\x1b[2J{good}", good.replace("0", "٣", 1), f"{good} ", f" {good}", f"{good}\n"]
    for name in [*map(os.fsencode, odd), b"\xff\xfe" + good.encode()]:
        Path(os.fsdecode(bytes(corpus.folder) + b"/" + name)).write_bytes(b"x")
    built = corpus.build()
    names = skipped(built)
    assert len(names) == len(odd) + 1
    assert all(name.isprintable() for name in names)
    assert (failures(built), digest(built)) == ({}, alone)


def test_a_folder_that_leads_out_of_the_root_is_not_read(corpus: Corpus, tmp_path: Path) -> None:
    corpus.folder.rename(tmp_path / "elsewhere")
    corpus.folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RootError, match="symbolic link that leads out of"):
        corpus.build()


def test_files_that_cannot_be_read_fail_by_name(corpus: Corpus) -> None:
    alone = digest(corpus.build())
    corpus.file(1).write_bytes(corpus.good.read_bytes())
    corpus.file(1).chmod(0)
    with corpus.file(2).open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    corpus.file(3).touch()
    name = "netflix" if corpus.folder.name == "dis" else ""
    name = name or ("bvi" if corpus.folder.name == "Videos" else "konvid")
    manifest = run_in_child(name, corpus.root)
    where = corpus.folder.name
    reasons = {f["key"].removeprefix(f"{where}_"): f["reason"] for f in manifest["failures"]}
    assert reasons[corpus.file(1).stem] == f"Permission denied: {where}/{corpus.named(1)}"
    assert "is larger than" in reasons[corpus.file(2).stem]
    assert set(reasons) == {corpus.file(number).stem for number in (1, 2, 3)}
    assert manifest["artifact"]["content_sha256"] == alone


@pytest.mark.parametrize("name", ["konvid", "bvi"])
def test_videos_that_are_something_else_or_lie(
    name: str, tmp_path: Path, media: Path, pairs: Path, canary: Path
) -> None:
    corpus = make_corpus(name, tmp_path / "root", media, pairs)
    alone = digest(corpus.build())
    good = corpus.good.read_bytes()
    lies = bombs(good)
    files = playlists(canary, ADDRESS.format(9))
    files |= others(embedded_ffmpeg(), corpus.good, tmp_path / "others")
    files["alias"] = external(good, canary, ADDRESS.format(9))["alias"]
    what = put(corpus, files | {kind: data for kind, (data, _) in lies.items()})
    built = corpus.build()
    found = {what[key]: reason for key, reason in failures(built).items()}
    assert set(found) == set(what.values())
    for kind, reason in found.items():
        assert re.search(lies[kind][1] if kind in lies else "cannot be", reason), (kind, reason)
    assert digest(built) == alone


def test_metadata_in_another_encoding_costs_nothing(
    tmp_path: Path, media: Path, pairs: Path
) -> None:
    corpus = make_corpus("konvid", tmp_path / "root", media, pairs)
    corpus.good.write_bytes(odd_metadata(corpus.good.read_bytes()))
    assert corpus.build().manifest.artifact.rows == FRAMES


def test_entries_of_an_archive_that_lie(tmp_path: Path, media: Path) -> None:
    archive = tmp_path / "corpus.zip"
    good = (media / "ten.mp4").read_bytes()
    plain = [Entry.of("DGood", good)]
    archive.write_bytes(archive_of(plain))
    alone = digest(bvi_archive(archive)())
    entries, failing, left_out = tricks(good)
    archive.write_bytes(archive_of([*entries, *plain], before=b"#!/bin/sh\nexit\n"))
    built = bvi_archive(archive)()
    found = failures(built)
    assert set(found) == set(failing)
    for key, reason in failing.items():
        assert reason in found[key]
    skips = {skip["name"]: skip["reason"] for skip in manifest_of(built)["skipped"]}
    assert len(skips) == len(left_out)
    assert all(name.isprintable() for name in skips)
    for name, reason in left_out.items():
        shown = name.replace("\n", "\\n").replace("\0", "\\x00").replace("\x1b", "\\x1b")
        assert reason in skips[shown.replace("\xa0", "\\xa0")]
    assert digest(built) == alone


@pytest.mark.parametrize("method", [0, 8])
def test_videos_of_an_archive_that_are_something_else(
    tmp_path: Path, media: Path, canary: Path, method: int
) -> None:
    good = (media / "ten.mp4").read_bytes()
    lies = {kind: data for kind, (data, _) in bombs(good).items() if len(data) < 1 << 24}
    files = {**playlists(canary, ADDRESS.format(9)), **lies}
    entries = [Entry.of(f"D{kind}", data, method) for kind, data in files.items()]
    archive = tmp_path / "corpus.zip"
    archive.write_bytes(archive_of([*entries, Entry.of("DGood", good)]))
    built = bvi_archive(archive)()
    assert set(failures(built)) == {stem(f"D{kind}") for kind in files}
    assert built.manifest.artifact.rows == FRAMES


def test_archives_without_a_directory_that_can_be_read(tmp_path: Path, media: Path) -> None:
    entries = [Entry.of("DGood", (media / "ten.mp4").read_bytes())]
    whole = archive_of(entries)
    nameless = Entry(b"\xff", b"", flags=0x800)
    archives: dict[str, tuple[bytes, type[CorpusAssetsError]]] = {
        "cut": (whole[: len(whole) // 2], RootError),
        "name": (archive_of([*entries, nameless]), RootError),
        "text": (b"PK", RootError),
        "behind": (archive_of(entries, shift=1 << 31), NothingScoredError),
        "before": (archive_of(entries, shift=-99), NothingScoredError),
        "empty": (whole[:-10] + bytes(10), EmptyCorpusError),
    }
    for name, (data, error) in archives.items():
        archive = tmp_path / f"{name}.zip"
        archive.write_bytes(data)
        with pytest.raises(error, match=r"bvi_zip: |is damaged"):
            bvi_archive(archive)()
    os.mkfifo(tmp_path / "fifo.zip")
    with pytest.raises(RootError, match="not a regular file"):
        bvi_archive(tmp_path / "fifo.zip")()


def test_two_clips_with_one_key_are_an_error_that_names_both(
    tmp_path: Path, media: Path, pairs: Path
) -> None:
    corpus = make_corpus("bvi", tmp_path / "root", media, pairs)
    for name in (corpus.named(1), corpus.named(1).replace(".mp4", ".mkv")):
        (corpus.folder / name).write_bytes(corpus.good.read_bytes())
        (corpus.root / name).write_bytes(corpus.good.read_bytes())
    (reason,) = failures(corpus.build()).values()
    assert reason.startswith(f"4 videos are called {corpus.file(1).stem}: ")
    assert f"Videos/{corpus.named(1)}" in reason


def test_nothing_outside_is_opened_and_nothing_is_connected_to(
    tmp_path: Path, media: Path, pairs: Path, canary: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = ADDRESS.format(listener.getsockname()[1])
        good = (media / "ten.mp4").read_bytes()
        asking = playlists(canary, address) | external(good, canary, address)
        places: list[tuple[str, Path]] = []
        for name in NAMES:
            corpus = make_corpus(name, tmp_path / name, media, pairs)
            put(corpus, asking)
            corpus.file(50).symlink_to(canary)
            places.append((name, corpus.root))
        archive = tmp_path / "corpus.zip"
        entries = [Entry.of(f"D{kind}", data) for kind, data in asking.items()]
        archive.write_bytes(archive_of([*tricks(good)[0], *entries, Entry.of("DGood", good)]))
        seen = watched(tmp_path, [*places, ("archive", archive)])
        listener.settimeout(0.2)
        with pytest.raises(TimeoutError):
            listener.accept()
    assert seen.scored == 4
    assert any("KoNViD_1k_videos/0.mp4" in line for line in seen.opened)
    assert [line for line in seen.opened if "canary" in line] == []
    assert seen.connected == []


def test_the_watch_sees_what_it_should(tmp_path: Path, canary: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        seen = watched(tmp_path, [("open", canary), ("connect", Path(str(port)))])
    assert any("canary" in line for line in seen.opened)
    assert len(seen.connected) == 1
