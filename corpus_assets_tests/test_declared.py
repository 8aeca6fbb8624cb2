"""What an mp4 declares: sound files pass whatever their text says, and bombs do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus_assets.corpora.clip import ContainerVideo, OpenedInput
from corpus_assets.corpora.file_source import FileSource
from corpus_assets.errors import ClipError
from corpus_assets.libvmaf.declared import MOST_BOXES, check_declared
from corpus_assets.libvmaf.probe import probe
from corpus_assets_tests.hostile_media import bombs, box
from corpus_assets_tests.media import FRAMES, run_ffmpeg


def frames_of(path: Path) -> int:
    video = ContainerVideo(FileSource(str(path.parent), path.name), "mov")
    return probe(video, OpenedInput(f"file:{path}")).frames


@pytest.mark.parametrize(
    "text", ["Tree trunk in the rain", "Filmed near Felstead, Essex", "stsz stz2 trun elst " * 9]
)
@pytest.mark.parametrize("flags", ["+faststart", "+frag_keyframe+empty_moov", "+use_metadata_tags"])
def test_text_is_no_table(media: Path, ffmpeg: str, tmp_path: Path, text: str, flags: str) -> None:
    path = tmp_path / "x.mp4"
    tags = ("-metadata", f"title={text}", "-metadata", f"comment={text}")
    run_ffmpeg(ffmpeg, "-i", media / "bikes.mp4", "-c", "copy", *tags, "-movflags", flags, path)
    assert frames_of(path) == FRAMES


@pytest.mark.parametrize("suffix", ["mov", "mp4"])
def test_an_hour_of_uncompressed_sound(
    media: Path, ffmpeg: str, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"x.{suffix}"
    sine = ("-f", "lavfi", "-i", "sine=sample_rate=8000:duration=3600")
    sound = ("-c:v", "copy", "-c:a", "pcm_s16le", "-map", "0:v", "-map", "1:a")
    run_ffmpeg(ffmpeg, "-i", media / "bikes.mp4", *sine, *sound, path)
    assert frames_of(path) == FRAMES


def test_many_boxes_take_no_time_but_their_number_is_bounded(media: Path, tmp_path: Path) -> None:
    good = (media / "bikes.mp4").read_bytes()
    path = tmp_path / "x.mp4"
    path.write_bytes(good + box(b"free", rest=bytes(56)) * (MOST_BOXES // 2))
    assert frames_of(path) == FRAMES
    bomb, _ = bombs(good)["samples"]
    path.write_bytes(good[:32] + box(b"mdat") * MOST_BOXES + bomb)
    with pytest.raises(ClipError, match=f"has more than {MOST_BOXES} boxes"):
        check_declared(FileSource(str(tmp_path), path.name))
