"""Reading a combined table once for everything that its rows must be."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus_assets.libvmaf.features import FULL, TEACHER
from corpus_assets.libvmaf.ranges import RANGES
from corpus_assets.tables.batches import batches, opened
from corpus_assets.tables.clip_order import shown_key
from corpus_assets.tables.combined import COMBINED, COMBINED_SOURCE, CORPUS
from corpus_assets.tables.examination import Examination
from corpus_assets.tables.findings import EXAMPLES
from corpus_assets.tables.schema import FRAME_INDEX, TYPE_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NUMBERS = (*FULL.columns, TEACHER)


@dataclass(frozen=True, slots=True)
class InputClaims:
    """What is said of the rows of one input, in their order.

    `nulls` counts values without a number by column; columns in `missing` have none at all.
    """

    label: str
    corpus: str
    rows: int
    nulls: dict[str, int]
    missing: tuple[str, ...]


def examine_combined(path: Path, inputs: Sequence[InputClaims]) -> Examination:
    """Hold a combined table against claims. Raises OSError, and DataError when it is none."""
    with opened(path) as file:
        schema = file.schema_arrow
        columns = tuple((c.name, TYPE_NAMES.get(c.type, str(c.type))) for c in schema)
        found = Examination(columns)
        if not schema.equals(COMBINED.schema):
            for findings in (found.keys, found.values):
                findings.add("cannot be said of other columns", [path.name])
            found.rows = file.metadata.num_rows
            return found
        pieces = [_Piece(claims) for claims in inputs]
        for batch in batches(file):
            _spread(batch, found.rows, pieces, found)
            found.rows += batch.num_rows
    for piece in pieces:
        piece.finish(found)
    _check_sources(pieces, found)
    return found


def _check_sources(pieces: Sequence[_Piece], found: Examination) -> None:
    """Demand that a source of a corpus is in one input."""
    labels: dict[tuple[str, str], str] = {}
    for piece in pieces:
        for source in sorted(piece.sources):
            claims = piece.claims
            label = labels.setdefault((claims.corpus, source), claims.label)
            if label != claims.label:
                rule = f"{label} and {claims.label} have a source in common"
                found.keys.add(rule, [source])


def _spread(
    batch: pa.RecordBatch, start: int, pieces: Sequence[_Piece], found: Examination
) -> None:
    """Give every input the rows that are its by their number."""
    first = 0
    for piece in pieces:
        last = first + piece.claims.rows
        low, high = max(first, start), min(last, start + batch.num_rows)
        if low < high:
            piece.update(batch.slice(low - start, high - low), low, found)
        first = last


@dataclass
class _Piece:
    """The rows of one input."""

    claims: InputClaims
    rows: int = 0
    nulls: Counter[str] = field(default_factory=Counter)
    sources: set[str] = field(default_factory=set)

    def update(self, batch: pa.RecordBatch, start: int, found: Examination) -> None:
        self.rows += batch.num_rows
        self._check_keys(batch, start, found)
        for name in NUMBERS:
            array = batch.column(name)
            self.nulls[name] += array.null_count
            self._check_range(name, array, start, found)

    def _check_keys(self, batch: pa.RecordBatch, start: int, found: Examination) -> None:
        label = self.claims.label
        others = set(pc.unique(batch.column(CORPUS.name)).to_pylist()) - {self.claims.corpus}
        if others:
            names = [str(one) for one in sorted(others, key=str)[:EXAMPLES]]
            rule = f"rows of {label} are not of corpus {self.claims.corpus}"
            found.keys.add(rule, names, len(others))
        names_there = pc.unique(batch.column(COMBINED_SOURCE.name).cast(pa.binary())).to_pylist()
        self.sources.update(shown_key(name) for name in names_there if name is not None)
        frames = batch.column(FRAME_INDEX.name)
        for rule, wrong in (
            (f"a row of {label} has no source", batch.column(COMBINED_SOURCE.name).is_null()),
            (f"a row of {label} has no frame", pc.fill_null(pc.less(frames, 0), True)),
        ):
            rows = np.flatnonzero(wrong.to_numpy(zero_copy_only=False))
            if len(rows):
                examples = [f"row {start + row}" for row in rows[:EXAMPLES]]
                found.keys.add(rule, examples, len(rows))

    def _check_range(self, name: str, array: pa.Array, start: int, found: Examination) -> None:
        if array.null_count == len(array):
            return
        numbers, allowed = array.to_numpy(zero_copy_only=False), RANGES[name]
        null = array.is_null().to_numpy(zero_copy_only=False)
        fine = (numbers >= allowed.lowest) & (numbers <= allowed.highest)
        rows = np.flatnonzero(~(fine | null))
        if len(rows):
            examples = [f"{numbers[row]:.10g} in row {start + row}" for row in rows[:EXAMPLES]]
            rule = f"{name} of {self.claims.label} is not {allowed}"
            found.values.add(rule, examples, len(rows))

    def finish(self, found: Examination) -> None:
        claims = self.claims
        for name in NUMBERS:
            missing = name in claims.missing
            expected = self.rows if missing else claims.nulls.get(name, 0)
            if self.nulls[name] != expected:
                rule = f"{name} of {claims.label} has other nulls than the manifest says"
                found.values.add(rule, [f"{self.nulls[name]} instead of {expected}"])
            elif name == TEACHER and expected:
                found.values.add(f"{name} of {claims.label} is null", [f"in {expected} rows"])
            elif expected == self.rows and expected and not missing:
                found.empty.add(f"{name} is null in every row of", [claims.label])
        found.clips += len(self.sources)
