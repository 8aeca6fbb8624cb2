"""`corpus-assets replay MANIFEST`: the artifact made again, and compared with what is recorded."""

from __future__ import annotations

import contextlib
import secrets
import signal
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from corpus_assets.artifacts.recorded import REPLAY
from corpus_assets.artifacts.replaying import Replay, Replayed, Sample, prepare
from corpus_assets.cli.drift import CLIPS_SHOWN, drift_lines
from corpus_assets.cli.progress import shown_progress, shown_reading
from corpus_assets.cli.summary import print_json
from corpus_assets.errors import DataError
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
    path = only_manifest_at(manifest)
    folder = out or path.parent / FOLDER
    seed = secrets.randbits(SEED_BITS) if seed is None else seed
    chosen = Sample(sample, seed) if sample else None
    with _ended_by_signals():
        with shown_reading(None):
            prepared = prepare(path, folder, root=root, sample=chosen, anyway=anyway)
        _announce(prepared, chosen)
        with shown_progress():
            replayed = prepared.run(_argv(path, folder, root, chosen, anyway=anyway))
    if as_json:
        print_json(_document(prepared, chosen, replayed))
    else:
        typer.echo("\n".join(_lines(prepared, replayed)))
    if not replayed.identical:
        raise typer.Exit(DataError.exit_code)


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """End as Ctrl-C does, children and temporary files removed, when told to or hung up."""
    wanted = [
        number
        for number in (signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(number) is signal.SIG_DFL
    ]
    for number in wanted:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number in wanted:
            signal.signal(number, signal.SIG_DFL)


def _argv(
    path: Path, folder: Path, root: Path | None, sample: Sample | None, *, anyway: bool
) -> tuple[str, ...]:
    """Return the command line that makes the same replay."""
    chosen = ("--sample", str(sample.clips), "--seed", str(sample.seed)) if sample else ()
    flags = ("--anyway",) if anyway else ()
    where = ["--out", str(folder.absolute())]
    where += ["--root", str(root.absolute())] if root else []
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
    else:
        yield f"DRIFTED: content_sha256 {made.content_sha256}, recorded {recorded.content_sha256}"
    for key in replayed.failed[:CLIPS_SHOWN]:
        reason = next(one.reason for one in replayed.built.manifest.failures if one.key == key)
        yield f"failed now: {key}: {reason}"
    if replayed.drift:
        yield from drift_lines(replayed.drift)
    elif not replayed.identical:
        yield "the recorded table is not there, so that the clips that drifted cannot be named"
    yield f"made again: {made.path}"


def _document(prepared: Replay, sample: Sample | None, replayed: Replayed) -> dict[str, Any]:
    built = replayed.built
    return {
        "manifest": str(prepared.path),
        "made": str(built.manifest_path),
        "identical": replayed.identical,
        "sample": asdict(sample) | {"keys": list(prepared.clips)} if sample else None,
        "not_as_recorded": list(map(asdict, prepared.obstacles)),
        "failed": list(replayed.failed),
        "content_sha256": {
            "recorded": prepared.manifest.artifact.content_sha256,
            "made": built.content_sha256,
        },
        "drift": asdict(replayed.drift) if replayed.drift else None,
    }
