"""Where and with what numbers were measured."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

from corpus_assets.extraction.workers import available_processors
from corpus_assets.libvmaf.ffmpeg import FfmpegProgram
from corpus_assets_tests.making import engine_of

PROCESSORS = Path("/proc/cpuinfo")


def print_machine(ffmpeg: str, *packages: str) -> None:
    """Print processor, memory, system, and the versions of all that takes part."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    print(f"{_processor()}, {available_processors()} processors, {memory:.0f} GiB of memory")
    print(f"{platform.system()} {platform.release()} {platform.machine()}")
    versions = [f"{package} {version(package)}" for package in ("corpus-assets", *packages)]
    print(
        f"Python {platform.python_version()}, {FfmpegProgram(ffmpeg).version}, "
        f"libvmaf {engine_of(ffmpeg).identity.libvmaf_version}, {', '.join(versions)}",
        flush=True,
    )


def _processor() -> str:
    """Return the model's name where the system says it."""
    lines = PROCESSORS.read_text().splitlines() if PROCESSORS.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
