"""`corpus-assets verify PATH…`: whether artifacts are what their manifests say."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from corpus_assets.cli.progress import shown_reading
from corpus_assets.cli.summary import print_json
from corpus_assets.errors import DataError
from corpus_assets.manifests.pair import manifests_at
from corpus_assets.manifests.verification import Verification, bytes_to_read
from corpus_assets.manifests.verification import verify as verified


def verify(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Manifests, artifacts or folders.")
    ],
    inputs: Annotated[
        bool, typer.Option("--inputs", help="Every input file and the engine too.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the mismatches as JSON.")] = False,
) -> None:
    """Say whether artifacts are there and are what their manifests say.

    Bytes, SHA-256, rows, columns, content, and whether the manifest is valid and its counts add up.
    Exit code 1 when something is not right, 2 when there is no manifest.
    """
    manifests = dict.fromkeys(manifest for path in paths for manifest in manifests_at(path))
    with shown_reading(sum(bytes_to_read(manifest, inputs=inputs) for manifest in manifests)):
        found = {manifest: verified(manifest, inputs=inputs) for manifest in manifests}
    if as_json:
        print_json({str(manifest): _document(one) for manifest, one in found.items()})
    else:
        for manifest, one in found.items():
            typer.echo(f"{manifest}: {_verdict(manifest, one)}")
            for mismatch in one.mismatches:
                typer.echo(f"  {mismatch}")
            for unproved in one.unproved:
                typer.echo(f"  not proved: {unproved}")
    if any(one.mismatches for one in found.values()):
        raise typer.Exit(DataError.exit_code)


def _verdict(manifest: Path, one: Verification) -> str:
    """Say how it is, and of which file where that is not beside the manifest."""
    verdict = "not right" if one.mismatches else "fine"
    elsewhere = (
        one.artifact is not None and one.artifact.parent.resolve() != manifest.parent.resolve()
    )
    return f"{verdict}, with the artifact at {one.artifact}" if elsewhere else verdict


def _document(one: Verification) -> dict[str, Any]:
    return asdict(one) | {"artifact": str(one.artifact) if one.artifact else None}
