"""`corpus-assets cache`: what the caches hold, and removing entries from them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

import typer

from corpus_assets.artifacts.caches import CacheState, cache_folders, look
from corpus_assets.artifacts.environment import Environment
from corpus_assets.artifacts.machine_code import MachineCode, machine_code, remove_stale_code
from corpus_assets.artifacts.pruning import Criteria, Pruned, prune
from corpus_assets.artifacts.quantities import parse_duration, parse_size, size_text
from corpus_assets.artifacts.settings import SharedSettings, validated
from corpus_assets.cli.summary import print_json
from corpus_assets.errors import SetupError

AsJson = Annotated[bool, typer.Option("--json", help="Print everything as JSON.")]
CacheDir = Annotated[
    str | None, typer.Option(help="Folder of caches, instead of $CORPUS_ASSETS_CACHE_DIR.")
]
KERNELS = "kernels"
"""How the line, and in JSON the key, of machine code is called beside those of the corpora."""
Corpus = Literal["netflix_public", "konvid_1k", "bvi_dvc"]


def cache_commands() -> typer.Typer:
    """Return the sub-commands of `cache`; without one it shows."""
    app = typer.Typer(help="Say what the caches hold, or remove entries from them.")
    app.callback(invoke_without_command=True)(_show_without_command)
    app.command("show")(show)
    app.command("prune")(prune_command)
    return app


def show(cache_dir: CacheDir = None, as_json: AsJson = False) -> None:
    """Say what every corpus' cache folder holds. No engine is started."""
    shared = validated(SharedSettings, {"cache_dir": cache_dir})
    states, code = look(shared, os.environ), machine_code(shared, os.environ)
    if as_json:
        documents = {corpus: state.as_dict() for corpus, state in states.items()}
        print_json(documents | {KERNELS: code.as_dict()})
    else:
        _print_lines(line for corpus, state in states.items() for line in _state(corpus, state))
        _print_lines(_code(code))
    _end_with(state.message for state in states.values())


def prune_command(  # noqa: PLR0913 (one a flag)
    *,
    corpus: Annotated[Corpus | None, typer.Argument(help="Default: all corpora.")] = None,
    older_than: Annotated[
        str | None, typer.Option(help="Remove what was not used for so long, such as 30d.")
    ] = None,
    max_size: Annotated[
        str | None,
        typer.Option(help="Remove the oldest until each folder is no larger, such as 20GB."),
    ] = None,
    stale: Annotated[
        bool, typer.Option("--stale", help="Remove what no run with the present engine could use.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be removed, and remove nothing.")
    ] = False,
    cache_dir: CacheDir = None,
    ffmpeg: Annotated[
        str | None, typer.Option(help="With --stale: instead of $CORPUS_ASSETS_FFMPEG.")
    ] = None,
    vmaf_bin: Annotated[
        str | None, typer.Option(help="With --stale: instead of $VMAF_BIN.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Remove entries; they are scored again when they are needed.

    Without a corpus, --stale also removes the machine code of other versions of the kernels.
    Other tools' reports are never removed. Takes at least one of --older-than, --max-size, --stale.
    """
    criteria = Criteria(
        older_than=parse_duration("--older-than", older_than) if older_than is not None else None,
        max_size=parse_size("--max-size", max_size) if max_size is not None else None,
        stale=stale,
    )
    if criteria.none:
        raise SetupError("cache prune needs at least one of --older-than, --max-size, --stale")
    given = {"cache_dir": cache_dir, "ffmpeg": ffmpeg, "vmaf_bin": vmaf_bin}
    shared = validated(SharedSettings, given)
    corpora = [corpus] if corpus else list(cache_folders(shared, Environment(os.environ)))
    results = prune(corpora, criteria, shared, os.environ, dry_run=dry_run)
    code = machine_code(shared, os.environ) if stale and not corpus else None
    if code and not dry_run:
        remove_stale_code(shared, os.environ)
    if as_json:
        documents = {name: result.as_dict() for name, result in results.items()}
        print_json(documents | ({KERNELS: code.as_dict()} if code else {}))
    else:
        _print_lines(line for name, result in results.items() for line in _pruned(name, result))
        _print_lines(_code_pruned(code, dry_run=dry_run) if code else ())
    _end_with(result.message for result in results.values())


def _show_without_command(
    context: typer.Context, cache_dir: CacheDir = None, as_json: AsJson = False
) -> None:
    """Say what the caches hold, or remove entries from them."""
    if context.invoked_subcommand is None:
        show(cache_dir, as_json)
    elif cache_dir or as_json:
        raise SetupError(f"give --cache-dir and --json after {context.invoked_subcommand}")


def _print_lines(lines: Iterable[tuple[str, str]]) -> None:
    for name, text in lines:
        typer.echo(f"{name:16} {text}")


def _state(corpus: str, state: CacheState) -> Iterator[tuple[str, str]]:
    yield corpus, state.folder
    if state.message:
        yield "", "cannot be read"
        return
    counts = f"{state.entries} entries, {state.foreign} other tools' reports"
    yield "", f"{counts}, {state.damaged} damaged, {size_text(state.bytes)}"
    if state.oldest_use:
        yield "", f"used from {state.oldest_use} to {state.newest_use}"
    if state.other_format:
        yield "", f"{state.other_format} of another format, which cannot be reused"
    if state.unknown:
        yield "", f"{state.unknown} that hold nothing or cannot be read"


def _pruned(corpus: str, result: Pruned) -> Iterator[tuple[str, str]]:
    what = "would be removed" if result.dry_run else "removed"
    yield corpus, f"{result.removed} entries {what}, {size_text(result.removed_bytes)}"
    foreign = f", of which other tools' {size_text(result.left_foreign_bytes)}"
    left = f"{result.left} files left, {size_text(result.left_bytes)}"
    yield "", left + (foreign if result.left_foreign_bytes else "")
    if result.refused:
        yield "", f"{result.refused} could not be removed"


def _code(code: MachineCode) -> Iterator[tuple[str, str]]:
    if code.folders:
        yield KERNELS, code.folder
        others = f", of which {size_text(code.stale_bytes)} of other versions" if code.stale else ""
        yield "", f"machine code, {size_text(code.bytes)}{others}"


def _code_pruned(code: MachineCode, *, dry_run: bool) -> Iterator[tuple[str, str]]:
    if code.stale:
        what = "would be removed" if dry_run else "removed"
        yield KERNELS, f"machine code of other versions {what}, {size_text(code.stale_bytes)}"


def _end_with(messages: Iterable[str]) -> None:
    """Print what went wrong, and end with an exit code where something did."""
    wrong = [message for message in messages if message]
    for message in wrong:
        typer.echo(f"error: {message}", err=True)
    if wrong:
        raise typer.Exit(SetupError.exit_code)
