"""Entry point: the commands, and errors of the project as one line and an exit code."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from corpus_assets import __version__
from corpus_assets.cli.demo import demo
from corpus_assets.cli.run import run_commands
from corpus_assets.errors import CorpusAssetsError

app = typer.Typer(
    name="corpus-assets",
    help="Training tables for VMAF-like models, made by libvmaf over video corpora.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(demo)
app.add_typer(run_commands(), name="run")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"corpus-assets {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; errors of the project are one line on standard error."""
    try:
        app()
    except CorpusAssetsError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
