"""BVI-DVC's clips in an archive, which is not trusted, and in a folder."""

from __future__ import annotations

import os
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus_assets.corpora.bvi_dvc import (
    GRAMMAR,
    NAME,
    TIERS,
    Inventory,
    KeyFormat,
    format_of,
    look_in_folder,
    look_in_zip,
    recipe,
)
from corpus_assets.corpora.clip import Clip
from corpus_assets.corpora.selection import Selection
from corpus_assets.errors import EmptyCorpusError, RootError
from corpus_assets.extraction.cache import ReportCache
from corpus_assets.extraction.outcome import Extracted, Failed, Outcome
from corpus_assets.extraction.scorer import ClipScorer
from corpus_assets.files import sha256_of_file
from corpus_assets.libvmaf.process import Children
from corpus_assets_tests.four_step import four_step_frames
from corpus_assets_tests.making import engine_of
from corpus_assets_tests.media import FRAMES, run_ffmpeg

STEM = "DBookcase_640x272_25fps_10bit_420"
ENTRY = f"BVI-DVC/Videos/{STEM}.mp4"
STORED, DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED


@pytest.fixture
def scorer(ffmpeg: str, tmp_path: Path) -> ClipScorer:
    return ClipScorer(engine_of(ffmpeg), ReportCache(str(tmp_path / "cache")))


def zipped(
    video: Path, archive: Path, *names: str, compression: int = STORED, extra: bytes = b""
) -> Path:
    """Write an archive that holds one video under several names."""
    with zipfile.ZipFile(archive, "w") as file:
        for name in names:
            entry = zipfile.ZipInfo(name)
            entry.compress_type, entry.extra = compression, extra
            file.writestr(entry, video.read_bytes())
    return archive


def clips(inventory: Inventory) -> dict[str, Clip]:
    return {clip.key: clip for clip in inventory.discover("D", recipe()).clips}


def scored(scorer: ClipScorer, clip: Clip) -> Extracted:
    outcome = scorer(clip, Children())
    assert isinstance(outcome, Extracted), outcome
    return outcome


def failure(scorer: ClipScorer, clip: Clip) -> Failed:
    outcome: Outcome = scorer(clip, Children())
    assert isinstance(outcome, Failed), outcome
    return outcome


def test_zip_entries_and_files_give_the_numbers_of_the_four_steps(
    scorer: ClipScorer, ffmpeg: str, media: Path, tmp_path: Path
) -> None:
    video, folder = media / "ten.mp4", tmp_path / "folder"
    (folder / "Videos").mkdir(parents=True)
    os.link(video, folder / "Videos" / f"{STEM}.mp4")
    extra = struct.pack("<HH4s", 0xCAFE, 4, b"data")
    found = {
        "stored": look_in_zip(zipped(video, tmp_path / "s.zip", ENTRY, extra=extra)),
        "deflated": look_in_zip(zipped(video, tmp_path / "d.zip", ENTRY, compression=DEFLATED)),
        "folder": look_in_folder(folder),
    }
    expected = four_step_frames(ffmpeg, video, recipe(), tmp_path)
    for way, inventory in found.items():
        outcome = scored(scorer, clips(inventory)[STEM])
        assert outcome.columns["vmaf"].tolist() == [frame["vmaf"] for frame in expected], way
        assert outcome.columns["motion2"].tolist() == [
            frame["integer_motion2"] for frame in expected
        ]
        assert outcome.sources[0].sha256 == sha256_of_file(video)
        assert outcome.cached == (way != "stored"), "content decides, not where it lies"


def test_an_archive_is_not_unpacked_to_disk(media: Path, tmp_path: Path) -> None:
    for compression in (STORED, DEFLATED):
        archive = zipped(media / "ten.mp4", tmp_path / "c.zip", ENTRY, compression=compression)
        with clips(look_in_zip(archive))[STEM].sources[0].opened() as opened:
            places = [Path(f"/proc/self/fd/{one}").readlink() for one in opened.descriptors]
        if compression == STORED:
            assert not places
            assert opened.url.endswith(f",,:file:{archive}")
        else:
            assert [str(place).split(":")[0] for place in places] == ["/memfd"]


def test_matroska_in_the_folder(
    scorer: ClipScorer, ffmpeg: str, media: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    run_ffmpeg(ffmpeg, "-i", media / "ten.mp4", "-c", "copy", folder / f"{STEM}.mkv")
    assert scored(scorer, clips(look_in_folder(folder))[STEM]).frames == FRAMES


@pytest.mark.parametrize("compression", [STORED, DEFLATED])
def test_damaged_entry_is_one_failed_clip(
    scorer: ClipScorer, media: Path, tmp_path: Path, compression: int
) -> None:
    other = "DOther_640x272_25fps_10bit_420"
    archive = zipped(
        media / "ten.mp4",
        tmp_path / "corpus.zip",
        ENTRY,
        f"Videos/{other}.mp4",
        compression=compression,
    )
    data = bytearray(archive.read_bytes())
    data[400] ^= 1
    archive.write_bytes(data)
    found = clips(look_in_zip(archive))
    failed = failure(scorer, found[STEM])
    assert failed.stage == "read"
    assert f"{ENTRY} is damaged" in failed.reason
    assert scored(scorer, found[other]).frames == FRAMES


def test_crc_that_the_directory_got_wrong(scorer: ClipScorer, media: Path, tmp_path: Path) -> None:
    archive = zipped(media / "ten.mp4", tmp_path / "corpus.zip", ENTRY)
    data = bytearray(archive.read_bytes())
    data[data.rindex(b"PK\x01\x02") + 16] ^= 1
    archive.write_bytes(data)
    reason = failure(scorer, clips(look_in_zip(archive))[STEM]).reason
    assert reason == f"{ENTRY} is damaged: Bad CRC-32 for file '{ENTRY}'"


def test_encrypted_entry(scorer: ClipScorer, media: Path, tmp_path: Path) -> None:
    archive = zipped(media / "ten.mp4", tmp_path / "corpus.zip", ENTRY)
    data = bytearray(archive.read_bytes())
    data[6] |= 1
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(data)
    reason = failure(scorer, clips(look_in_zip(archive))[STEM]).reason
    assert reason == f"{ENTRY} is encrypted; use an archive without a password"


def test_stored_entry_that_is_said_to_be_longer(
    scorer: ClipScorer, media: Path, tmp_path: Path
) -> None:
    """Its CRC would cover fewer bytes than are scored."""
    archive = zipped(media / "ten.mp4", tmp_path / "corpus.zip", ENTRY)
    data = bytearray(archive.read_bytes())
    size = (media / "ten.mp4").stat().st_size
    struct.pack_into("<L", data, data.rindex(b"PK\x01\x02") + 24, size + 9)
    archive.write_bytes(data)
    reason = failure(scorer, clips(look_in_zip(archive))[STEM]).reason
    assert reason == f"{ENTRY} is damaged: stored in {size} bytes, said to be {size + 9}"


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("second", [ENTRY, f"other/Videos/{STEM}.mp4", f"Videos/{STEM}.mkv"])
def test_two_entries_with_one_name(
    scorer: ClipScorer, media: Path, tmp_path: Path, second: str
) -> None:
    archive = zipped(media / "ten.mp4", tmp_path / "corpus.zip", ENTRY, second)
    reason = failure(scorer, clips(look_in_zip(archive))[STEM]).reason
    assert reason == f"2 videos are called {STEM}: {ENTRY}, {second}; leave one"


def test_names_that_are_no_clips(media: Path, tmp_path: Path) -> None:
    odd = {
        f"../Videos/{STEM}.mp4": "a name that leads out of the archive",
        f"/Videos/{STEM}.mp4": "a name that leads out of the archive",
        f"BVI-DVC/{STEM}.mp4": "not in a folder Videos/",
        "Videos/readme.txt": GRAMMAR,
        f"Videos/E{STEM}.mp4": GRAMMAR,
        f"Videos/{STEM}.mov": GRAMMAR,
    }
    archive = zipped(media / "ten.mp4", tmp_path / "corpus.zip", ENTRY, *odd)
    with zipfile.ZipFile(archive, "a") as file:
        file.mkdir("BVI-DVC/empty")
    discovery = look_in_zip(archive).discover("D", recipe())
    assert [clip.key for clip in discovery.clips] == [STEM]
    assert {skip.name: skip.reason for skip in discovery.skipped} == odd


def test_symbolic_links_are_not_followed(media: Path, tmp_path: Path) -> None:
    archive = tmp_path / "corpus.zip"
    link = zipfile.ZipInfo(ENTRY)
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(link, "/etc/passwd")
    assert [skip.reason for skip in look_in_zip(archive).skipped] == ["not a regular file"]
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / f"{STEM}.mp4").symlink_to(media / "ten.mp4")
    assert [skip.reason for skip in look_in_folder(folder).skipped] == [
        "symbolic link that leads out of the corpus"
    ]


def test_tiers_and_the_first_clips_of_one(media: Path, tmp_path: Path) -> None:
    stems = [f"{tier}{scene}_640x272_25fps_10bit_420" for tier in "DB" for scene in ("Two", "One")]
    archive = zipped(media / "ten.mp4", tmp_path / "c.zip", *(f"Videos/{s}.mp4" for s in stems))
    inventory = look_in_zip(archive)
    assert inventory.tiers == ("B", "D")
    discovery = inventory.discover("B", recipe(), selection=Selection(limit=1))
    assert [clip.key for clip in discovery.clips] == ["BOne_640x272_25fps_10bit_420"]
    assert [(skip.name, skip.reason) for skip in discovery.skipped] == [
        ("Videos/BTwo_640x272_25fps_10bit_420.mp4", "beyond max_clips")
    ]
    with pytest.raises(EmptyCorpusError, match=r"no clip of tier A \(tiers with clips: B, D; 0 "):
        inventory.discover("A", recipe())


def test_what_is_no_archive_and_no_folder(tmp_path: Path) -> None:
    text = tmp_path / "text.zip"
    text.write_text("PK no archive")
    with pytest.raises(RootError, match=r"is no whole zip archive: .*; set bvi_zip or VMAF_BVI"):
        look_in_zip(text)
    with pytest.raises(RootError, match="cannot be read: No such file"):
        look_in_zip(tmp_path / "none.zip")
    with pytest.raises(RootError, match="is not a folder; set bvi_dir or VMAF_BVI_DVC_DIR"):
        look_in_folder(text)


SCENES = st.from_regex(r"\A[A-Za-z0-9-]{1,30}\Z")
SIZES = st.integers(16, 8192)
RATES = st.sampled_from(["24", "25", "29.97", "60", "120"])


SIZE = st.tuples(SIZES, SIZES).map(lambda size: f"{size[0]}x{size[1]}")


@given(st.sampled_from(TIERS), SCENES, SIZE, RATES, st.sampled_from([8, 10]))
def test_grammar_takes_every_name_of_the_corpus_form(
    tier: str, scene: str, size: str, rate: str, depth: int
) -> None:
    stem = f"{tier}{scene}_{size}_{rate}fps_{depth}bit_420"
    assert NAME.fullmatch(stem)
    width, height = map(int, size.split("x"))
    assert format_of(stem) == KeyFormat(width, height, float(rate))
    for wrong in (stem.lower(), f"{stem}_", f"{stem}\n", stem.replace("bit", ""), f"x/{stem}"):
        assert not NAME.fullmatch(wrong)
