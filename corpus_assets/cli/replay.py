"""`corpus-assets replay MANIFEST`: the artifact made again, and compared with what is recorded."""

from __future__ import annotations

import contextlib
import secrets
import signal
import threading
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer

from corpus_assets.artifacts.recorded import REPLAY, Places, failed_keys
from corpus_assets.artifacts.replay import Replay, Replayed, Sample
from corpus_assets.artifacts.replaying import prepare
from corpus_assets.cli.drift import CLIPS_SHOWN, Sides, drift_lines
from corpus_assets.cli.progress import shown_progress, shown_reading
from corpus_assets.cli.summary import print_json
from corpus_assets.corpora.listing import shown
from corpus_assets.errors import DataError, SetupError
from corpus_assets.extraction.progress import Progress, observed_by
from corpus_assets.manifests.reading import only_manifest_at

FOLDER = "replay"
SEED_BITS = 32


def replay(  # noqa: PLR0913, PLR0917 (one a flag)
    manifest: Annotated[Path, typer.Argument(help="A manifest, or its artifact.")],
    out: Annotated[
        Path | None,
        typer.Option(help=f"Folder to write to. Default: {FOLDER}/ beside the manifest."),
    ] = None,
    root: Annotated[
        Path | None, typer.Option(help="Where the inputs are now, if not where they were.")
    ] = None,
    ffmpeg: Annotated[str | None, typer.Option(help="Where the recorded ffmpeg is now.")] = None,
    vmaf_bin: Annotated[str | None, typer.Option(help="Where the recorded vmaf is now.")] = None,
    model: Annotated[str | None, typer.Option(help="Where the recorded model is now.")] = None,
    sample: Annotated[
        int | None, typer.Option(min=1, help="Make only so many clips again, chosen by the seed.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Chooses the sample. Default: a new one.")
    ] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Go on although inputs or programs differ.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Make an artifact again from its manifest alone, and compare.

    Every clip is scored; the cache is neither read nor written. Exit code 1 when inputs or programs
    are not those recorded, or when a number came out otherwise.
    """
    if seed is not None and sample is None:
        raise SetupError("--seed chooses a sample: give --sample too")
    path = only_manifest_at(manifest)
    folder = out or path.parent / FOLDER
    seed = secrets.randbits(SEED_BITS) if seed is None else seed
    chosen = Sample(sample, seed) if sample else None
    places = Places(root, ffmpeg, vmaf_bin, model)
    with _ended_by_signals():
        with shown_reading(None):
            prepared = prepare(path, folder, places=places, sample=chosen, anyway=anyway)
        _announce(prepared, chosen)
        with shown_progress():
            replayed = prepared.run(_argv(path, folder, places, chosen, anyway=anyway))
    if as_json:
        print_json(_document(prepared, chosen, replayed))
    else:
        typer.echo("\n".join(_lines(prepared, replayed)))
    if not replayed.identical:
        raise typer.Exit(DataError.exit_code)


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """End when interrupted, told to or hung up, children and temporary files removed.

    Python drops an interrupt that comes amid the end of some object; the next look at the progress
    raises it again.
    """
    asked = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        asked.set()
        signal.default_int_handler(number, frame)

    def still(_: Progress) -> None:
        if asked.is_set():
            raise KeyboardInterrupt

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    wanted = [number for number in numbers if before[number] is not signal.SIG_IGN]
    for number in wanted:
        signal.signal(number, end)
    try:
        with observed_by(still):
            yield
    finally:
        for number in wanted:
            signal.signal(number, before[number])


def _argv(
    path: Path, folder: Path, places: Places, sample: Sample | None, *, anyway: bool
) -> tuple[str, ...]:
    """Return the command line that makes the same replay."""
    chosen = ("--sample", str(sample.clips), "--seed", str(sample.seed)) if sample else ()
    flags = ("--anyway",) if anyway else ()
    where = ["--out", str(folder.absolute())]
    where += ["--root", str(places.root.absolute())] if places.root else []
    programs = {"ffmpeg": places.ffmpeg, "vmaf-bin": places.vmaf_bin, "model": places.model}
    for name, value in programs.items():
        where += [f"--{name}", value] if value else []
    return (*REPLAY, str(path.absolute()), *where, *chosen, *flags)


def _announce(prepared: Replay, sample: Sample | None) -> None:
    """Say what begins, on standard error."""
    for obstacle in prepared.obstacles:
        typer.echo(f"not as recorded: {obstacle}", err=True)
    if sample:
        clips = ", ".join(list(prepared.clips)[:CLIPS_SHOWN])
        count = len(prepared.clips)
        typer.echo(f"sample of {count} clips, --seed {sample.seed}: {clips}", err=True)


def _lines(prepared: Replay, replayed: Replayed) -> Iterator[str]:
    made = replayed.built.manifest.artifact
    recorded = prepared.manifest.artifact
    if prepared.sampled:
        verdict = "as recorded" if replayed.identical else "DRIFTED"
        yield f"{verdict}: {len(prepared.clips)} clips, {made.rows} rows"
    elif replayed.identical:
        yield f"identical: {made.rows} rows, content_sha256 {made.content_sha256}"
    elif not replayed.same_splits and made.content_sha256 == recorded.content_sha256:
        yield "DRIFTED: the same rows with other splits: the inputs' manifests tell other contents"
        return
    else:
        yield f"DRIFTED: content_sha256 {made.content_sha256}, recorded {recorded.content_sha256}"
    reasons = failed_keys(replayed.built.manifest)
    for key in replayed.failed[:CLIPS_SHOWN]:
        yield f"failed now: {shown(key)}: {shown(reasons[key])}"
    for name in replayed.changed[:CLIPS_SHOWN]:
        yield f"input was not as recorded: {shown(name)}"
    if replayed.drift:
        yield from drift_lines(replayed.drift, Sides("recorded", "now"))
    elif not replayed.identical:
        yield "the recorded table is not there, so that the clips that drifted cannot be named"
    if replayed.other:
        yield f"not looked at: {replayed.other} is not the recorded table; verify says why"
    yield f"made again: {made.path}"


def _document(prepared: Replay, sample: Sample | None, replayed: Replayed) -> dict[str, Any]:
    built = replayed.built
    return {
        "manifest": str(prepared.path),
        "made": str(built.manifest_path),
        "identical": replayed.identical,
        "same_splits": replayed.same_splits,
        "sample": asdict(sample) | {"keys": list(prepared.clips)} if sample else None,
        "not_as_recorded": list(map(asdict, prepared.obstacles)),
        "failed": list(replayed.failed),
        "changed_inputs": list(replayed.changed),
        "recorded_table": str(replayed.table) if replayed.table else None,
        "content_sha256": {
            "recorded": prepared.manifest.artifact.content_sha256,
            "made": built.content_sha256,
        },
        "drift": asdict(replayed.drift) if replayed.drift else None,
    }
