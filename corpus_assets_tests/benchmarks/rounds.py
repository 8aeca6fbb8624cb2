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


def report(name: str, base: str, times: list[tuple[float, ...]]) -> None:
    ratio = statistics.median(b / a for a, b, *_ in times)
    ours, theirs = (statistics.median(column) for column in list(zip(*times, strict=True))[:2])
    print(f"{name}: {ours:.2f} s; {base}: {theirs:.2f} s; ratio {ratio:.2f}")


def print_machine(ffmpeg: str) -> None:
    """Say where and with what the numbers were measured."""
    processors = available_processors()
    print(f"{platform.machine()}, {processors} processors, Python {platform.python_version()}")
    print(f"ffmpeg {FfmpegProgram(ffmpeg).version}")
