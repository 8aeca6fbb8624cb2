"""(c) The same pairs with the package ffmpeg-quality-metrics: time, and whether numbers agree.

    python -m corpus_assets_tests.benchmarks.quality_metrics [--clips 4] [--frames 120] [--rounds 3]

Both score pairs of mp4 files, 960x540, with the same ffmpeg: the package one after the other, as it
has no other way, and the engine of the assets one after the other and one a processor. Both give
the teacher score, `canonical6` and PSNR of the three planes. The package takes PSNR from ffmpeg's
own filter, which prints two decimals; the others are libvmaf's, which prints six. Its SSIM is
another metric than libvmaf's, and left out.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from ffmpeg_quality_metrics import FfmpegQualityMetrics

from corpus_assets.corpora.clip import Clip, ContainerVideo
from corpus_assets.corpora.file_source import FileSource
from corpus_assets.extraction.workers import available_processors
from corpus_assets.libvmaf.engine import Engine
from corpus_assets.libvmaf.features import CANONICAL6, PSNR, FeatureSet
from corpus_assets.libvmaf.ffmpeg import embedded_ffmpeg
from corpus_assets.libvmaf.process import Children
from corpus_assets_tests.benchmarks.claims import Claim, faster, show
from corpus_assets_tests.benchmarks.corpora import KONVID_SIZE, konvid_clips
from corpus_assets_tests.benchmarks.machine import print_machine
from corpus_assets_tests.benchmarks.rounds import Ways, options_of, run_rounds
from corpus_assets_tests.making import engine_of
from corpus_assets_tests.media import run_ffmpeg

PACKAGE = "ffmpeg-quality-metrics"
ONE, SEVERAL = "the engine, a pair at a time", "the engine, a pair a processor"
BOTH = FeatureSet("both", (*CANONICAL6.features, *PSNR))
PLANES = {"psnr_y": "psnr_y", "psnr_cb": "psnr_u", "psnr_cr": "psnr_v"}
"""Our names and the package's."""
ROUNDED = {"psnr": 0.005, "vmaf": 0.0}
"""How far apart numbers may be that are printed with two decimals, and with all of libvmaf's."""
Numbers = Mapping[str, Any]


def pairs(ffmpeg: str, root: Path, clips: int, frames: int) -> list[Clip]:
    """Write references and encodes of them, and return them as pairs of files."""
    made = []
    for clip in konvid_clips(ffmpeg, root, clips, frames):
        name = clip.reference.source.name
        distorted = FileSource(str(root), f"{clip.key}.mp4")
        run_ffmpeg(ffmpeg, "-i", root / name, "-c:v", "libx264", "-crf", "35", distorted.path)
        made.append(Clip(clip.key, clip.reference, ContainerVideo(distorted, "mov"), "yuv420p"))
    return made


def ours(engine: Engine, clip: Clip) -> Numbers:
    """Return the numbers of every frame by column."""
    return engine.score(clip, Children()).report.columns(engine.computation(*KONVID_SIZE).keys)


def several_at_once(engine: Engine, clips: Sequence[Clip]) -> None:
    with ThreadPoolExecutor(available_processors()) as pool:
        list(pool.map(partial(ours, engine), clips))


def theirs(ffmpeg: str, root: Path, work: Path, clip: Clip, keys: Mapping[str, str]) -> Numbers:
    """Return the same from the package."""
    reference, distorted = (str(root / source.name) for source in clip.sources)
    package = FfmpegQualityMetrics(reference, distorted, ffmpeg_path=ffmpeg, tmp_dir=str(work))
    found = package.calculate(["vmaf", "psnr"])
    places = {
        column: ("psnr", PLANES[column]) if column in PLANES else ("vmaf", key)
        for column, key in keys.items()
    }
    return {
        column: np.array([frame[key] for frame in found[metric]])  # type: ignore[index]
        for column, (metric, key) in places.items()
    }


def largest_differences(one: Numbers, other: Numbers) -> dict[str, float]:
    """Return the largest difference of PSNR and of the rest; both must have all frames."""
    found = dict.fromkeys(ROUNDED, 0.0)
    for column in one:
        assert one[column].shape == other[column].shape, column
        kind = "psnr" if column in PLANES else "vmaf"
        found[kind] = max(found[kind], float(np.abs(one[column] - other[column]).max()))
    return found


def main(arguments: Sequence[str] | None = None) -> list[Claim]:
    parser = options_of(__doc__, clips=4)
    parser.add_argument("--frames", type=int, default=120)
    options = parser.parse_args(arguments)
    ffmpeg = embedded_ffmpeg()
    engine = engine_of(ffmpeg, BOTH)
    keys = engine.computation(*KONVID_SIZE).keys
    print_machine(ffmpeg, PACKAGE)
    with tempfile.TemporaryDirectory() as folder:
        root, work = Path(folder, "corpus"), Path(folder, "work")
        clips = pairs(ffmpeg, root, options.clips, options.frames)
        mine: dict[str, Numbers] = {}
        other: dict[str, Numbers] = {}
        ways: Ways = {
            ONE: lambda: mine.update({c.key: ours(engine, c) for c in clips}),
            SEVERAL: lambda: several_at_once(engine, clips),
            PACKAGE: lambda: other.update(
                {c.key: theirs(ffmpeg, root, work, c, keys) for c in clips}
            ),
        }
        times = run_rounds(options.rounds, ways)
    print(f"{options.clips} pairs of {options.frames} frames, 960x540")
    times.show(options.clips * options.frames)
    differences = [largest_differences(mine[key], other[key]) for key in mine]
    psnr, rest = (max(each[kind] for each in differences) for kind in ("psnr", "vmaf"))
    return show(
        [
            faster(f"{ONE}, against {PACKAGE}", times.ratio(PACKAGE, ONE)),
            faster(f"{SEVERAL}, against {PACKAGE}", times.ratio(PACKAGE, SEVERAL)),
            Claim(
                f"largest difference from its numbers: PSNR; teacher and {CANONICAL6.name}",
                f"{psnr:.4f}; {rest:g}",
                f"at most {ROUNDED['psnr']}, which is its rounding; 0",
                psnr <= ROUNDED["psnr"] + 1e-6 and rest == 0,
            ),
        ]
    )


if __name__ == "__main__":
    main()
