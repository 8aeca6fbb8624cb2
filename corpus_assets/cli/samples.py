"""Small sample corpora in the layouts of the real ones, drawn by ffmpeg's own sources."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

from corpus_assets.corpora import bvi_dvc
from corpus_assets.corpora.konvid_1k import VIDEOS_FOLDER
from corpus_assets.corpora.netflix_public import DISTORTED, REFERENCES
from corpus_assets.errors import EngineError
from corpus_assets.files import publish, removed_on_error, temporary_beside
from corpus_assets.libvmaf.process import Children

SECONDS = 60.0
KONVID_SAMPLES = {
    "1001": "testsrc2=size=320x180:rate=25",
    "1002": "mandelbrot=size=320x180:rate=25",
    "1003": "life=size=320x180:rate=30000/1001:seed=1:ratio=0.2:mold=10",
    "1004": "zoneplate=size=320x180:rate=24:ku=512:kv=100:kt2=10:kx2=20",
}
NETFLIX_SOURCE = "testsrc2=size=1920x1080:rate=25"
NETFLIX_REFERENCE = "TestPattern_25fps.yuv"
NETFLIX_SAMPLES = {
    "TestPattern_30_384_550.yuv": (384, 38),
    "TestPattern_80_1080_4000.yuv": (1080, 30),
}
"""Height of the encode and its CRF, by distorted file."""
NETFLIX_FRAMES = "5"
BVI_SAMPLES = {
    "DTestPattern_480x272_25fps_10bit_420": "testsrc2=size=480x272:rate=25",
    "DZonePlate_480x272_25fps_10bit_420": "zoneplate=size=480x272:rate=25:ku=512:kt2=10:kx2=20",
}

X264 = ("-c:v", "libx264", "-preset", "veryfast", "-threads", "1")
EIGHT_BIT = ("-pix_fmt", "yuv420p")
RAW = (*EIGHT_BIT, "-f", "rawvideo")


def make_konvid_samples(ffmpeg: str, root: Path) -> None:
    """Write four clips of 2 seconds where they are not there yet. Raises EngineError, OSError."""
    for stem, source in KONVID_SAMPLES.items():
        arguments = ("-t", "2", *X264, *EIGHT_BIT, "-crf", "12", "-f", "mp4")
        _make(ffmpeg, source, arguments, root / VIDEOS_FOLDER / f"{stem}.mp4")


def make_netflix_samples(ffmpeg: str, root: Path) -> None:
    """Write a raw reference and two distorted files of it, 1920x1080, where they are not there."""
    frames = ("-frames:v", NETFLIX_FRAMES)
    _make(ffmpeg, NETFLIX_SOURCE, (*frames, *RAW), root / REFERENCES / NETFLIX_REFERENCE)
    for name, (height, crf) in NETFLIX_SAMPLES.items():
        encode = (
            "-map",
            "0:v",
            "-vf",
            f"scale=-2:{height}",
            *frames,
            *X264,
            *EIGHT_BIT,
            "-crf",
            str(crf),
        )
        decode = ("-f", "null", "-", "-dec", "0:0")
        upscale = ("-filter_complex", "[dec:0]scale=1920:1080[up]", "-map", "[up]", *RAW)
        _make(ffmpeg, NETFLIX_SOURCE, (*encode, *decode, *upscale), root / DISTORTED / name)


def make_bvi_samples(ffmpeg: str, archive: Path) -> None:
    """Write an archive with two clips of tier D where it is not there yet."""
    if archive.exists():
        return
    archive.parent.mkdir(parents=True, exist_ok=True)
    ten_bit = ("-t", "1", *X264, "-pix_fmt", bvi_dvc.PIXEL_FORMAT, "-crf", "12", "-f", "mp4")
    with (
        tempfile.TemporaryDirectory(dir=archive.parent) as folder,
        removed_on_error(temporary_beside(archive)) as temporary,
    ):
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as file:
            for stem, source in BVI_SAMPLES.items():
                video = Path(folder, f"{stem}.mp4")
                _make(ffmpeg, source, ten_bit, video)
                file.write(video, f"BVI-DVC/{bvi_dvc.VIDEOS_FOLDER}/{video.name}")
        publish(temporary, archive)


def _make(ffmpeg: str, source: str, arguments: tuple[str, ...], target: Path) -> None:
    """Write one file from one of ffmpeg's sources; it appears whole or not at all."""
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    start = (ffmpeg, "-hide_banner", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", source)
    with removed_on_error(temporary_beside(target)) as temporary:
        run = Children().run([*start, *arguments, str(temporary)], timeout=SECONDS)
        if not run.ended_well:
            tail = "; ".join(run.stderr_tail[-2:])
            raise EngineError(f"{ffmpeg} cannot make {target.name}: {run.describe()}; {tail}")
        publish(temporary, target)
