"""The processes that score clips and nothing else: what the project is compared with."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from corpus_assets.corpora.clip import Clip
from corpus_assets.libvmaf.command import score_arguments
from corpus_assets.libvmaf.engine import Engine
from corpus_assets.libvmaf.measurement import measuring
from corpus_assets.libvmaf.probe import probe


@dataclass(frozen=True, slots=True)
class Command:
    """A command line as the asset starts it, and the descriptors that it inherits."""

    argv: tuple[str, ...]
    descriptors: tuple[int, ...]

    def run(self) -> None:
        """Run it to its end; the report is not looked at."""
        subprocess.run(
            self.argv,
            check=True,
            pass_fds=self.descriptors,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@contextlib.contextmanager
def commands(
    engine: Engine, clips: Sequence[Clip], extractors: tuple[str, ...]
) -> Iterator[list[Command]]:
    """Make the commands of clips, with all that they need, before time is taken."""
    with contextlib.ExitStack() as stack:
        made = []
        for clip in clips:
            inputs = [stack.enter_context(source.opened()) for source in clip.sources]
            facts = probe(clip.reference, inputs[0])
            measurement = stack.enter_context(measuring(engine.model, extractors))
            arguments = score_arguments(clip, inputs, facts, measurement)
            argv = (engine.program.binary.path, *arguments)
            made.append(Command(argv, measurement.descriptors))
        yield made


def run_all(given: Sequence[Command], at_once: int) -> None:
    """Run commands, so many at once."""
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(Command.run, given))
