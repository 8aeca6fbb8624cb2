"""From a clip to ffmpeg's arguments: pure functions.

One process decodes the reference, encodes it where the distorted side is an encode, decodes that
again (ffmpeg's loopback decoder, `-dec`) and runs libvmaf. Frames are paired by number, never by
time, and the encoder sees them at the constant rate of the container, as it would from a raw
file: gaps and jitter in time stamps otherwise change x264's decisions, and the scores.
No path stands in a filter string: libvmaf writes its report to, and reads a model from,
descriptors that the child inherits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from corpus_assets.corpora.clip import ContainerVideo, Encode
from corpus_assets.descriptors import path_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corpus_assets.corpora.clip import Clip, OpenedInput, Video
    from corpus_assets.libvmaf.measurement import Measurement
    from corpus_assets.libvmaf.raw import VideoFacts

    Side = tuple[str, tuple[str, ...]]  # an input, and what its frames are called in the graph

RECIPE_VERSION = 1
"""Raised when a change to this module changes numbers; part of every fingerprint."""

LARGEST_PICTURE = 8192 * 4352
"""Pixels; an 8K frame takes some 16 GiB to encode and score."""

BY_NUMBER = "settb=1/1000,setpts=N"
NULL_OUTPUT = ("-f", "null", "-")


def libvmaf_filter(measurement: Measurement) -> str:
    """Return the libvmaf filter with its options."""
    options = {
        "log_fmt": "json",
        "log_path": measurement.report_path,
        "shortest": "1",
        "repeatlast": "0",
        "n_threads": "1",
        "model": measurement.model_option,
        "feature": "|".join(f"name={name}" for name in measurement.extractors),
    }
    return "libvmaf=" + ":".join(f"{name}={value}" for name, value in options.items() if value)


def score_arguments(
    clip: Clip, inputs: Sequence[OpenedInput], facts: VideoFacts, measurement: Measurement
) -> list[str]:
    """Return all arguments behind the program's name for one clip.

    `inputs` are the opened sources, in the order of `clip.sources`.
    """
    if isinstance(clip.distorted, Encode):
        body = _encode_and_score(clip, clip.distorted, inputs[0], facts, measurement)
    else:
        body = _score_pair(clip, clip.distorted, inputs, measurement)
    return [*_general(), *body, *_pairs_output(measurement)]


def trial_arguments(measurement: Measurement, size: tuple[int, int]) -> list[str]:
    """Return arguments that score two made-up frames, to learn what a program can do.

    They go through the encoder and the loopback decoder, so that these are tried too.
    """
    pattern = f"testsrc2=size={size[0]}x{size[1]}:rate=25:duration=0.08"
    pair = f"[0:v:0]format=yuv420p,{BY_NUMBER}[ref];[dec:0]{BY_NUMBER}[dis]"
    return [
        *_general(),
        *("-f", "lavfi", "-i", pattern, "-map", "0:v:0"),
        *("-c:v", "libx264", "-threads", "1", "-pix_fmt", "yuv420p", *NULL_OUTPUT),
        *("-threads", "1", "-dec", "0:0"),
        *("-filter_complex", f"{pair};[dis][ref]{libvmaf_filter(measurement)}[scored]"),
        *("-map", "[scored]", *NULL_OUTPUT),
    ]


def frames_arguments(
    video: Video, opened: OpenedInput, pixel_format: str, output: str
) -> list[str]:
    """Return arguments that write the decoded frames of a video, raw, to an output."""
    return [
        *_general(),
        *_input(video, opened),
        *("-map", "0:V:0", "-filter:v", f"format={pixel_format},{BY_NUMBER}"),
        *_raw_output(output),
    ]


def encoded_frames_arguments(
    clip: Clip, encode: Encode, opened: OpenedInput, facts: VideoFacts, output: str
) -> list[str]:
    """Return arguments that encode a clip's reference and write the decoded encode, raw."""
    return [
        *_general(),
        *_encoded(clip, encode, opened, facts),
        *("-filter_complex", f"[dec:0]format={clip.pixel_format},{BY_NUMBER}[dis]"),
        *("-map", "[dis]", *_raw_output(output)),
    ]


def _general() -> list[str]:
    return [
        *("-hide_banner", "-nostdin", "-nostats", "-v", "level+verbose"),
        *("-xerror", "-abort_on", "empty_output"),
    ]


def _encode_and_score(
    clip: Clip, encode: Encode, opened: OpenedInput, facts: VideoFacts, measurement: Measurement
) -> list[str]:
    sides = ("0:V:0", ("ref",)), ("dec:0", ("dis", "counted"))
    return [
        *_encoded(clip, encode, opened, facts),
        *("-filter_complex", _graph(clip.pixel_format, sides, measurement)),
        *("-map", "[scored]", *NULL_OUTPUT),
        *("-map", "[counted]", *NULL_OUTPUT),
    ]


def _encoded(clip: Clip, encode: Encode, opened: OpenedInput, facts: VideoFacts) -> list[str]:
    """Return what makes the encode of a clip's reference, and decodes it as `[dec:0]`."""
    rate = facts.frame_rate
    return [
        *_input(clip.reference, opened),
        *("-map", "0:V:0", "-filter:v", f"settb={rate.denominator}/{rate.numerator},setpts=N"),
        *("-fps_mode", "passthrough", *_encoder(encode), *NULL_OUTPUT),
        *("-threads", "1", "-dec", "0:0"),
    ]


def _score_pair(
    clip: Clip, distorted: Video, inputs: Sequence[OpenedInput], measurement: Measurement
) -> list[str]:
    sides = ("0:V:0", ("ref",)), ("1:V:0", ("dis",))
    return [
        *_input(clip.reference, inputs[0]),
        *_input(distorted, inputs[1]),
        *("-filter_complex", _graph(clip.pixel_format, sides, measurement)),
        *("-map", "[scored]", *NULL_OUTPUT),
    ]


def _graph(pixel_format: str, sides: Sequence[Side], measurement: Measurement) -> str:
    """Return the graph that scores `[dis]` against `[ref]`, and stacks copies of them as `[pairs]`.

    One above the other, both leave by one pipe in step, however far the encoder looks ahead.
    """
    copied = measurement.pairs_descriptor is not None
    chains = []
    for source, names in sides:
        outputs = [*names, *([f"{names[0]}_copy"] if copied else [])]
        split = f",split={len(outputs)}" if len(outputs) > 1 else ""
        labels = "".join(f"[{name}]" for name in outputs)
        chains.append(f"[{source}]format={pixel_format},{BY_NUMBER}{split}{labels}")
    chains.append(f"[dis][ref]{libvmaf_filter(measurement)}[scored]")
    if copied:
        chains.append("[ref_copy][dis_copy]vstack=shortest=1[pairs]")
    return ";".join(chains)


def _pairs_output(measurement: Measurement) -> list[str]:
    """Return what writes `[pairs]`, where somebody reads them; time counts frames."""
    if measurement.pairs_descriptor is None:
        return []
    target = f"file:{path_of(measurement.pairs_descriptor)}"
    return ["-map", "[pairs]", "-enc_time_base", "1:1000", *_raw_output(target)]


def _input(video: Video, opened: OpenedInput) -> list[str]:
    limits = ["-threads", "1", "-protocol_whitelist", ",".join(opened.protocols)]
    if isinstance(video, ContainerVideo):
        strict = ["-f", video.demuxer, "-err_detect", "explode", "-noautorotate"]
        return [*limits, *strict, "-max_pixels", str(LARGEST_PICTURE), "-i", opened.url]
    geometry = ["-video_size", f"{video.width}x{video.height}", "-framerate", str(video.frame_rate)]
    raw = ["-f", "rawvideo", "-pixel_format", video.pixel_format, *geometry]
    return [*limits, *raw, "-i", opened.url]


def _encoder(encode: Encode) -> list[str]:
    return [
        *("-c:v", encode.encoder, "-preset", encode.preset, "-crf", str(encode.crf)),
        *("-threads", str(encode.threads), "-pix_fmt", encode.pixel_format),
    ]


def _raw_output(output: str) -> list[str]:
    return ["-fps_mode", "passthrough", "-f", "rawvideo", "-y", output]
