"""What differs between two manifests, as people read it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from corpus_assets.cli.drift import Sides, drift_lines
from corpus_assets.cli.text import bounded, plain
from corpus_assets.corpora.listing import shown
from corpus_assets.manifests.comparable import LISTS
from corpus_assets.tables.drift import SCORES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from corpus_assets.manifests.changes import Change
    from corpus_assets.manifests.diffing import Difference
    from corpus_assets.manifests.scores import Scores
    from corpus_assets.tables.drift import Drift

SIGNS = {"added": "+", "removed": "-", "changed": "~"}


def difference_lines(found: Difference) -> Iterator[str]:
    """Say whether anything differs, and what; how far scores moved, or why it is not known."""
    if found.different:
        yield f"old: {plain(found.old)}"
        yield f"new: {plain(found.new)}"
        yield from _groups(found)
    elif found.identical:
        yield f"no difference: {found.schema}"
    else:
        yield f"nothing that was compared differs: {found.schema}"
    yield from _scores(found.scores)
    for change in found.told:
        yield f"besides: {_of(change)}"
    for side, missing in found.not_recorded.items():
        if missing:
            yield f"not recorded in {side}: {plain('; '.join(missing))}"


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
    """Name what one list has more often; items may be lists themselves."""
    values = {repr(one): one for one in (*old, *new)}
    before, after = Counter(map(repr, old)), Counter(map(repr, new))
    gone = [f"- {plain(values[one])}" for one in (before - after).elements()]
    come = [f"+ {plain(values[one])}" for one in (after - before).elements()]
    return ", ".join(bounded([*gone, *come], str)) or "the same in another order"


def _scores(scores: Scores) -> Iterator[str]:
    if scores.state == "same":
        yield "scores: the same (one content_sha256)"
    elif scores.drift is None:
        yield f"scores: not compared: {shown(scores.reason or '')}"
    elif not scores.drift.different:
        yield f"scores: equal in all {scores.drift.clips} clips"
    else:
        first, *rest = drift_lines(scores.drift, Sides("in old", "in new"))
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
