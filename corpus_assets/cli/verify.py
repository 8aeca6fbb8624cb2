"""`corpus-assets verify PATH…`: whether artifacts are what their manifests say."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from corpus_assets.cli.summary import print_json
from corpus_assets.errors import DataError
from corpus_assets.manifests.pair import examine, manifests_at


def verify(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Manifests, artifacts or folders.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print the mismatches as JSON.")] = False,
) -> None:
    """Say whether artifacts are there and are what their manifests say: bytes and SHA-256.

    Exit code 1 when one is not, 2 when there is no manifest.
    """
    found = {m: examine(m) for m in dict.fromkeys(m for path in paths for m in manifests_at(path))}
    if as_json:
        print_json({str(m): [asdict(one) for one in wrong] for m, wrong in found.items()})
    else:
        for manifest, wrong in found.items():
            typer.echo(f"{manifest}: {'not right' if wrong else 'fine'}")
            for one in wrong:
                typer.echo(f"  {one}")
    if any(found.values()):
        raise typer.Exit(DataError.exit_code)
