"""Entry point: the commands, and errors of the project as one line and an exit code."""

from __future__ import annotations

import sys
from typing import Annotated, NoReturn

import typer
from typer.exceptions import TyperException

from corpus_assets import __version__
from corpus_assets.cli.cache import cache_commands
from corpus_assets.cli.cite import cite
from corpus_assets.cli.demo import demo
from corpus_assets.cli.diff import diff
from corpus_assets.cli.doctor import doctor
from corpus_assets.cli.replay import replay
from corpus_assets.cli.run import run_commands
from corpus_assets.cli.verify import verify
from corpus_assets.errors import CancelledError, CorpusAssetsError, SetupError

app = typer.Typer(
    name="corpus-assets",
    help="Training tables for VMAF-like models, made by libvmaf over video corpora.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(demo)
app.command()(doctor)
app.add_typer(cache_commands(), name="cache")
app.command()(verify)
app.command()(replay)
app.command()(diff)
app.command()(cite)
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
    """Run the command line; mistakes are one line on standard error."""
    try:
        code = app(standalone_mode=False)
    except CorpusAssetsError as error:
        _end(str(error), error.exit_code)
    except TyperException as error:
        if error.format_message():  # empty where the help was shown for want of arguments
            _end(error.format_message().replace("Value error, ", ""), error.exit_code)
        sys.exit(error.exit_code)
    except OSError as error:  # a folder that may not be searched, a path that is too long
        where = f"{error.filename}: " if error.filename else ""
        _end(f"{where}{error.strerror or error}", SetupError.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        _end("cancelled", CancelledError.exit_code)

    if code == CancelledError.exit_code:  # typer has caught the interrupt
        _end("cancelled", code)
    sys.exit(code)


def _end(message: str, exit_code: int) -> NoReturn:
    typer.echo(f"error: {message}", err=True)
    sys.exit(exit_code)
