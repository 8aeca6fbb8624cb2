"""`corpus-assets diff OLD NEW`: what changed between two manifests, and how far scores moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from corpus_assets.cli.drift import drift_lines
from corpus_assets.cli.summary import print_json
from corpus_assets.cli.text import bounded, plain
from corpus_assets.corpora.listing import shown
from corpus_assets.errors import DataError
from corpus_assets.manifests.comparable import LISTS
from corpus_assets.manifests.diffing import difference
from corpus_assets.manifests.reading import only_manifest_at
from corpus_assets.tables.drift import SCORES

if TYPE_CHECKING:
    from corpus_assets.manifests.diffing import Change, Difference
    from corpus_assets.manifests.scores import Scores
    from corpus_assets.tables.drift import Drift

SIGNS = {"added": "+", "removed": "-", "changed": "~"}
Where = Annotated[Path, typer.Argument(help="A manifest, its artifact, or their folder.")]


def diff(
    old: Where,
    new: Where,
    as_json: Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")] = False,
) -> None:
    """Say why two artifacts differ: inputs, recipe, model, engine, settings, and scores by clip.

    Exit code 0 when nothing differs, 1 when something does, 2 when there is no manifest, or the two
    are of different kinds.
    """
    found = difference(only_manifest_at(old), only_manifest_at(new))
    if as_json:
        print_json(_document(found))
    else:
        typer.echo("\n".join(_lines(found)))
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


def _lines(found: Difference) -> Iterator[str]:
    if found.identical:
        yield f"no difference: {found.schema}{_told(found)}"
    else:
        yield f"old: {plain(found.old)}"
        yield f"new: {plain(found.new)}"
        yield from _groups(found)
        yield from _scores(found.scores)
        for change in found.told:
            yield f"besides: {_of(change)}"
    for side, missing in found.not_recorded.items():
        if missing:
            yield f"not recorded in {side}: {plain('; '.join(missing))}"


def _told(found: Difference) -> str:
    told = "; ".join(_of(change) for change in found.told)
    return f" (besides: {told})" if told else ""


def _groups(found: Difference) -> Iterator[str]:
    different = [group for group, changes in found.changes.items() if changes]
    same = [group for group in found.changes if group not in different]
    yield f"differ: {', '.join(different) or 'scores alone'}"
    yield f"same: {', '.join(same)}"
    for group in different:
        changes = found.changes[group]
        counts = Counter(change.kind for change in changes)
        said = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
        yield f"{group}: {said}" if group in LISTS else group
        signed = group in LISTS
        for line in bounded(changes, _signed if signed else _of):
            yield f"  {line}"


def _signed(change: Change) -> str:
    """Return an item of a list: what the name says is enough for a feature."""
    if change.kind == "changed":
        return f"~ {_of(change)}"
    value = change.old if change.kind == "removed" else change.new
    said = "" if value in {"", "column"} else f": {plain(value)}"
    return f"{SIGNS[change.kind]} {plain(change.name)}{said}"


def _of(change: Change) -> str:
    name = plain(change.name)
    if isinstance(change.old, list) and isinstance(change.new, list):
        return f"{name}: {_of_lists(change.old, change.new)}"
    old = "(none)" if change.kind == "added" else plain(change.old)
    new = "(none)" if change.kind == "removed" else plain(change.new)
    return f"{name}: {old} -> {new}"


def _of_lists(old: list[Any], new: list[Any]) -> str:
    gone = [f"- {plain(one)}" for one in old if one not in new]
    come = [f"+ {plain(one)}" for one in new if one not in old]
    return ", ".join(bounded([*gone, *come], str)) or "the same in another order"


def _scores(scores: Scores) -> Iterator[str]:
    if scores.state == "same":
        yield "scores: the same (one content_sha256)"
    elif scores.drift is None:
        yield f"scores: not compared: {scores.reason}"
    elif not scores.drift.different:
        yield f"scores: equal in all {scores.drift.clips} clips"
    else:
        first, *rest = drift_lines(scores.drift)
        yield f"scores: {first}{_furthest(scores.drift)}"
        yield from rest


def _furthest(drift: Drift) -> str:
    """Say how far the teacher score moved, which people ask for first."""
    scores = [column for column in SCORES if column in drift.largest]
    return "".join(
        f", {column} at most by {distance:.6g}, in {shown(clip)}"
        for column in scores
        for distance, clip in [drift.largest[column]]
    )
