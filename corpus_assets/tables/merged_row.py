"""A vmaf-tune corpus row of any tool, schema version 3: what a merge demands of one.

Where a row of ours has one fixed form, another tool's may have its own `run_id`, `clip_mode` and
order of keys, and keys besides. Types, ranges and all 54 keys are demanded of each, and that encode
and score ended well: a row of an encode that failed would be taken for its only one.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import pydantic

from corpus_assets.tables.corpus_row import CORPUS_ROWS, CorpusRow, out_of_range

if TYPE_CHECKING:
    from collections.abc import Sequence

REQUIRED_KEYS = tuple(column.name for column in CORPUS_ROWS.columns)
DEDUP_KEY = ("src_sha256", "encoder", "preset", "crf")
"""What trainers take for the key of a row when they remove duplicates."""
SCORE_TOLERANCE = 1e-6
"""VMAF points by which the scores of one encode may differ between two tools."""
ERRORS_SHOWN = 3
LONGEST_LINE = 1 << 20
"""Bytes; a row has some 2,000."""
MOST_BRACKETS = 200
"""More stand in no row; nesting without end would exhaust the stack of a reader."""

Finite = Annotated[float, pydantic.Field(allow_inf_nan=False)]


class AnyCorpusRow(CorpusRow, frozen=True, extra="allow"):
    """A row of any tool; of encoders' internals, some may be negative."""

    run_id: str
    clip_mode: str  # type: ignore[assignment] # wider than ours, as the row is
    enc_internal_qp_mean: Finite
    enc_internal_mv_mean: Finite


class EncodeKey(NamedTuple):
    """What two rows of one encode have in common (`DEDUP_KEY`)."""

    src_sha256: str
    encoder: str
    preset: str
    crf: int


def read_row(line: bytes) -> dict[str, Any]:
    """Return the values of a line as they stand in it.

    Raises ValueError naming the keys that are missing or wrong.
    """
    if line.count(b"[") + line.count(b"{") > MOST_BRACKETS:
        raise ValueError(f"more than {MOST_BRACKETS} brackets")
    try:
        values = json.loads(line)
    except ValueError as error:
        raise ValueError(f"no JSON object: {error}") from None
    if not isinstance(values, dict):
        raise ValueError("no JSON object")  # noqa: TRY004 (a value, whatever its type)
    if missing := [name for name in REQUIRED_KEYS if name not in values]:
        raise ValueError(f"no {', '.join(missing)}")
    try:
        AnyCorpusRow.model_validate_json(line, strict=True)
    except pydantic.ValidationError as error:
        raise ValueError(_named(error)) from None
    return values


def read_sound_row(line: bytes) -> dict[str, Any]:
    """Return the values of a line whose numbers can be. Raises ValueError naming the keys."""
    values = read_row(line)
    wrong = [f"{name}: {values[name]:.10g} is not {it}" for name, it in out_of_range(values)]
    if wrong:
        raise ValueError(_joined(wrong))
    return values


def key_of(values: dict[str, Any]) -> EncodeKey:
    """Return what a valid row is de-duplicated by."""
    return EncodeKey(*(values[name] for name in DEDUP_KEY))


def _named(error: pydantic.ValidationError) -> str:
    """Name the keys, with what is wrong with each."""
    return _joined(
        [
            f"{'.'.join(map(str, one['loc'])) or 'row'}: "
            f"{str(one['msg']).removeprefix('Value error, ')}"
            for one in error.errors(include_url=False)
        ]
    )


def _joined(wrong: Sequence[str]) -> str:
    more = len(wrong) - ERRORS_SHOWN
    return "; ".join([*wrong[:ERRORS_SHOWN], *([f"and {more} more keys"] if more > 0 else [])])
