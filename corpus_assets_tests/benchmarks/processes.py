"""One ffmpeg process and nothing else: what the project is compared with."""

from __future__ import annotations

from contextlib import ExitStack

from corpus_assets.corpora.clip import Clip
from corpus_assets.libvmaf.command import score_arguments
from corpus_assets.libvmaf.engine import Engine
from corpus_assets.libvmaf.measurement import measuring
from corpus_assets.libvmaf.probe import probe
from corpus_assets.libvmaf.process import Children


def bare_process(engine: Engine, clip: Clip, extractors: tuple[str, ...]) -> None:
    """Score a clip with its ffmpeg process; the report is not looked at."""
    with ExitStack() as stack:
        inputs = [stack.enter_context(source.opened()) for source in clip.sources]
        facts = probe(clip.reference, inputs[0])
        measurement = stack.enter_context(measuring(engine.model, extractors))
        arguments = score_arguments(clip, inputs, facts, measurement)
        run = Children().run(
            [engine.program.binary.path, *arguments],
            descriptors=measurement.descriptors,
            timeout=600,
        )
        assert run.ended_well, run
