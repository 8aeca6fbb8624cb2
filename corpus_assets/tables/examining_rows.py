"""Reading corpus rows once for everything that they must be."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pydantic

from corpus_assets.libvmaf.features import CANONICAL6, TEACHER
from corpus_assets.libvmaf.ranges import RANGES, Range
from corpus_assets.tables.corpus_row import CORPUS_ROWS, CorpusRow
from corpus_assets.tables.examination import Examination

if TYPE_CHECKING:
    from pathlib import Path

NAMES = [column.name for column in CORPUS_ROWS.columns]
SAME_ENCODE = ("src_sha256", "encoder", "preset", "crf")
"""What trainers take for the key of a row when they remove duplicates."""
STATISTICS = {
    "vmaf_score": RANGES[TEACHER],
    **{f"{name}_mean": RANGES[name] for name in CANONICAL6.columns},
    **{f"{name}_std": Range(0) for name in CANONICAL6.columns},
}
VALUE_ERRORS = {
    *("finite_number", "greater_than_equal", "value_error"),
    *("literal_error", "string_pattern_mismatch"),
}
"""What pydantic calls a value of the right type that is not allowed."""


def examine_rows(path: Path) -> Examination:
    """Hold every line of a file against the corpus row. Raises OSError."""
    reader = _Reader()
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            reader.update(f"line {number}", line)
    return reader.found


class _Reader:
    def __init__(self) -> None:
        self.found = Examination(tuple((c.name, c.type_name) for c in CORPUS_ROWS.columns))
        self._lines: dict[str, str] = {}
        self._encodes: dict[tuple[Any, ...], str] = {}
        self._last = ""

    def update(self, where: str, line: bytes) -> None:
        self.found.rows += 1
        try:
            names = list(json.loads(line))
            row = CorpusRow.model_validate_json(line, strict=True)
        except pydantic.ValidationError as error:
            self._name(where, error)
            return
        except (ValueError, TypeError, RecursionError):
            self._unreadable(where, "no JSON object")
            return
        if names != NAMES:
            self.found.shape.add("keys in another order", [where])
        self.found.clips += 1
        self._check_keys(where, row)
        self._check_values(where, row)

    def _name(self, where: str, error: pydantic.ValidationError) -> None:
        for one in error.errors(include_url=False):
            field = ".".join(map(str, one["loc"]))
            findings = self.found.values if one["type"] in VALUE_ERRORS else self.found.shape
            findings.add(f"{field or 'row'}: {one['msg']}", [where])
        self._unreadable(where, "no row")

    def _unreadable(self, where: str, what: str) -> None:
        """Let a line that is no row be right in no respect."""
        for findings in (self.found.shape, self.found.keys, self.found.values):
            findings.add(what, [where])

    def _check_keys(self, where: str, row: CorpusRow) -> None:
        first = self._lines.setdefault(row.src, where)
        if first != where:
            self.found.keys.add("src twice", [f"{row.src} in {first} and {where}"])
        elif row.src < self._last:
            self.found.keys.add("src not in order", [f"{row.src} after {self._last}"])
        self._last = row.src
        encode = tuple(getattr(row, name) for name in SAME_ENCODE)
        like = self._encodes.setdefault(encode, row.src)
        if like != row.src:
            self.found.alike.add(f"same {', '.join(SAME_ENCODE)}", [f"{row.src} as {like}"])

    def _check_values(self, where: str, row: CorpusRow) -> None:
        statistics = {name: getattr(row, name) for name in STATISTICS}
        self.found.incomplete += any(map(math.isnan, statistics.values()))
        for name, value in statistics.items():
            if not math.isnan(value) and value not in STATISTICS[name]:
                rule = f"{name} is not {STATISTICS[name]}"
                self.found.values.add(rule, [f"{value:.10g} in {row.src}, {where}"])
