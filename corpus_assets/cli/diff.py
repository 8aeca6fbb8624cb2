"""`corpus-assets diff OLD NEW`: what changed between two manifests, and how far scores moved."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from corpus_assets.cli.difference import difference_lines
from corpus_assets.cli.summary import print_json
from corpus_assets.errors import DataError
from corpus_assets.manifests.diffing import difference
from corpus_assets.manifests.reading import only_manifest_at

if TYPE_CHECKING:
    from corpus_assets.manifests.changes import Change
    from corpus_assets.manifests.diffing import Difference

Where = Annotated[Path, typer.Argument(help="A manifest, its artifact, or their folder.")]


def diff(
    old: Where,
    new: Where,
    as_json: Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")] = False,
) -> None:
    """Say why two artifacts differ: inputs, recipe, model, engine, settings, and scores by clip.

    Exit code 0 when nothing differs, 1 when something does or scores could not be compared, 2 when
    there is no manifest, or the two are of different kinds.
    """
    found = difference(only_manifest_at(old), only_manifest_at(new))
    if as_json:
        print_json(_document(found))
    else:
        typer.echo("\n".join(difference_lines(found)))
    if not found.identical:
        raise typer.Exit(DataError.exit_code)


def _document(found: Difference) -> dict[str, Any]:
    return {
        "old": str(found.old),
        "new": str(found.new),
        "schema": found.schema,
        "identical": found.identical,
        "changes": {group: _documents(changes) for group, changes in found.changes.items()},
        "told": _documents(found.told),
        "not_recorded": found.not_recorded,
        "scores": asdict(found.scores),
    }


def _documents(changes: tuple[Change, ...]) -> list[dict[str, Any]]:
    return [change._asdict() for change in changes]
