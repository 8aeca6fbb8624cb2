"""Timing several ways of doing the same, side by side in one run."""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable, Iterator

from corpus_assets.extraction.workers import available_processors
from corpus_assets.libvmaf.ffmpeg import FfmpegProgram


def seconds(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def rounds(count: int, *ways: Callable[[], object]) -> Iterator[tuple[float, ...]]:
    for _ in range(count):
        yield tuple(seconds(way) for way in ways)


def report_all(
    names: list[str],
    times: list[tuple[float, ...]],
    *,
    frames: int,
    ratios: list[tuple[str, str]],
) -> None:
    """Print medians with their spread, and how many times as fast one way is as another."""
    columns = dict(zip(names, zip(*times, strict=True), strict=True))
    for name, column in columns.items():
        middle = statistics.median(column)
        spread = f"{min(column):.2f} to {max(column):.2f}"
        print(f"  {name}: {middle:.2f} s ({spread}), {frames / middle:.2f} frames/s")
    for ours, theirs in ratios:
        each = [b / a for a, b in zip(columns[ours], columns[theirs], strict=True)]
        spread = f"{min(each):.3f} to {max(each):.3f}"
        print(f"  {ours} is {statistics.median(each):.3f} times as fast as {theirs} ({spread})")


def print_machine(ffmpeg: str) -> None:
    """Say where and with what the numbers were measured."""
    processors = available_processors()
    print(f"{platform.machine()}, {processors} processors, Python {platform.python_version()}")
    print(f"ffmpeg {FfmpegProgram(ffmpeg).version}")
