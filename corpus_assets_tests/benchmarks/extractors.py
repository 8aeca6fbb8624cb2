"""Where the time of a `full` frame goes: libvmaf's extractors, the kernels, and the pipe.

    python -m corpus_assets_tests.benchmarks.extractors [--parts 1080p-raw] [--frames 6]

Processor time of one clip, one process after the other: bare ffmpeg with the model alone, which
decodes, and encodes where the part says so; beyond that with one more extractor at a time; and the
engine with kernels, whose process, kernels and rest are told apart.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF
from statistics import median
from typing import Any

from corpus_assets.corpora.clip import Clip
from corpus_assets.kernels.loading import Kernels, installed_kernels
from corpus_assets.libvmaf.acceleration import Acceleration
from corpus_assets.libvmaf.engine import LARGE, Engine
from corpus_assets.libvmaf.features import FULL
from corpus_assets.libvmaf.ffmpeg import embedded_ffmpeg
from corpus_assets.libvmaf.process import Children
from corpus_assets_tests.benchmarks.accelerated import PARTS
from corpus_assets_tests.benchmarks.kernels import processor
from corpus_assets_tests.benchmarks.machine import print_machine
from corpus_assets_tests.benchmarks.processes import commands
from corpus_assets_tests.making import engine_of

OF_MODEL = ("adm", "motion", "vif")
"""Extractors that the model has run anyway: with each of them it is the same run again."""
Rows = Iterator[tuple[str, float]]
"""What takes processor seconds."""


@dataclass
class Timed(Acceleration):
    """Kernels that note the processor seconds of their thread, by function."""

    seconds: dict[str, float] = field(default_factory=dict)

    def load(self) -> Kernels:
        """Return the kernels, each with a clock around it."""
        kernels = asdict(super().load())
        return Kernels(**{name: partial(self._timed, name, kernels[name]) for name in kernels})

    def _timed(self, name: str, kernel: Callable[..., Any], *arguments: Any) -> Any:
        started = time.thread_time()
        found = kernel(*arguments)
        spent = time.thread_time() - started
        self.seconds[name] = self.seconds.get(name, 0.0) + spent
        return found


def by_extractor(engine: Engine, clip: Clip) -> Rows:
    """Yield what libvmaf takes, beyond the model alone."""
    extractors = engine.computation(*LARGE).extractors
    model = median(bare(engine, clip, names) for names in ((), *((name,) for name in OF_MODEL)))
    yield "ffmpeg with the model alone", model
    for name in sorted(set(extractors).difference(OF_MODEL)):
        yield f"{name}, beyond that", bare(engine, clip, (name,)) - model
    yield "all extractors, beyond that", bare(engine, clip, extractors) - model


def with_kernels(engine: Engine, kernels: Timed, clip: Clip) -> Rows:
    """Yield what the engine takes beside the extractors that it leaves to libvmaf."""
    fast = replace(engine, acceleration=kernels)
    rest = bare(engine, clip, fast.computation(*LARGE).run_by_libvmaf)
    yield "ffmpeg with all that no kernel computes", rest
    fast.score(clip, Children())  # which checks the first frames, and compiles
    kernels.seconds.clear()
    before = processor(RUSAGE_SELF), processor(RUSAGE_CHILDREN)
    fast.score(clip, Children())
    own, child = processor(RUSAGE_SELF) - before[0], processor(RUSAGE_CHILDREN) - before[1]
    yield "the same with kernels beside it: its process", child
    yield "this process", own
    for name, seconds in kernels.seconds.items():
        yield f"kernel {name}", seconds
    yield "this process, but for kernels", own - sum(kernels.seconds.values())


def bare(engine: Engine, clip: Clip, extractors: tuple[str, ...]) -> float:
    """Return the processor seconds of bare ffmpeg with the model and some extractors."""
    with commands(engine, [clip], extractors) as (command,):
        before = processor(RUSAGE_CHILDREN)
        command.run()
        return processor(RUSAGE_CHILDREN) - before


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0], allow_abbrev=False)
    parser.add_argument("--frames", type=int, default=6)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=["1080p-raw", "1080p-encoded"])
    options = parser.parse_args(arguments)
    ffmpeg, identity = embedded_ffmpeg(), installed_kernels()
    assert identity is not None
    print_machine(ffmpeg, "numba")
    engine = engine_of(ffmpeg, FULL)
    with tempfile.TemporaryDirectory() as name:
        kernels = Timed(identity, Path(name, "kernels"), required=True)
        for chosen in options.parts:
            (clip,) = PARTS[chosen].make(ffmpeg, Path(name, chosen), 1, options.frames)
            print(f"{PARTS[chosen].what}, {options.frames} frames", flush=True)
            for rows in (by_extractor(engine, clip), with_kernels(engine, kernels, clip)):
                for what, seconds in rows:
                    print(f"  {what}: {seconds / options.frames * 1e3:.1f} ms", flush=True)


if __name__ == "__main__":
    main()
