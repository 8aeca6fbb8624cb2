"""Reading corpus rows once for everything that they must be."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pydantic

from corpus_assets.tables.corpus_row import CORPUS_ROWS, STATISTICS, CorpusRow, out_of_range
from corpus_assets.tables.examination import Examination
from corpus_assets.tables.merged_row import DEDUP_KEY

if TYPE_CHECKING:
    from pathlib import Path

NAMES = [column.name for column in CORPUS_ROWS.columns]
VALUE_ERRORS = {
    *("finite_number", "greater_than_equal", "value_error"),
    *("literal_error", "string_pattern_mismatch"),
}
"""What pydantic calls a value of the right type that is not allowed."""


def examine_rows(path: Path) -> Examination:
    """Hold every line of a file against the corpus row. Raises OSError."""
    reader = RowsReader()
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            reader.update(f"line {number}", line)
    return reader.found


class RowsReader:
    """Holds lines against the corpus row, and against those before."""

    def __init__(self) -> None:
        """Start before the first line."""
        self.found = Examination(tuple((c.name, c.type_name) for c in CORPUS_ROWS.columns))
        self._lines: dict[str, str] = {}
        self.encodes: dict[tuple[Any, ...], str] = {}
        self._last = ""

    def update(self, where: str, line: bytes) -> None:
        """Add a line."""
        self.found.rows += 1
        row = self.read(where, line)
        if row is not None:
            self.found.clips += 1
            self.check_keys(where, row)
            self._check_values(where, row)

    def read(self, where: str, line: bytes) -> dict[str, Any] | None:
        """Return a row's values; None where it is no row, which is then a finding."""
        try:
            names = list(json.loads(line))
            row = CorpusRow.model_validate_json(line, strict=True)
        except pydantic.ValidationError as error:
            self._name(where, error)
            return None
        except (ValueError, TypeError, RecursionError):
            self.unreadable(where, "no JSON object")
            return None
        if names != NAMES:
            self.found.shape.add("keys in another order", [where])
        return row.model_dump()

    def _name(self, where: str, error: pydantic.ValidationError) -> None:
        for one in error.errors(include_url=False):
            field = ".".join(map(str, one["loc"]))
            findings = self.found.values if one["type"] in VALUE_ERRORS else self.found.shape
            findings.add(f"{field or 'row'}: {one['msg']}", [where])
        self.unreadable(where, "no row")

    def unreadable(self, where: str, what: str) -> None:
        """Let a line that is no row be right in no respect."""
        for findings in (self.found.shape, self.found.keys, self.found.values):
            findings.add(what, [where])

    def check_keys(self, where: str, row: dict[str, Any]) -> None:
        """Hold a row's keys against those of the rows before."""
        src = row["src"]
        first = self._lines.setdefault(src, where)
        if first != where:
            self.found.keys.add("src twice", [f"{src} in {first} and {where}"])
        elif src < self._last:
            self.found.keys.add("src not in order", [f"{src} after {self._last}"])
        self._last = src
        encode = tuple(row[name] for name in DEDUP_KEY)
        like = self.encodes.setdefault(encode, src)
        if like != src:
            self.found.alike.add(f"same {', '.join(DEDUP_KEY)}", [f"{src} as {like}"])

    def _check_values(self, where: str, row: dict[str, Any]) -> None:
        self.found.incomplete += any(math.isnan(row[name]) for name in STATISTICS)
        for name, allowed in out_of_range(row):
            value = f"{row[name]:.10g} in {row['src']}, {where}"
            self.found.values.add(f"{name} is not {allowed}", [value])
