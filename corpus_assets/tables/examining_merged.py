"""Reading merged rows once for everything that they must be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from corpus_assets.tables.examining_rows import RowsReader
from corpus_assets.tables.merged_row import DEDUP_KEY, read_row

if TYPE_CHECKING:
    from pathlib import Path

    from corpus_assets.tables.examination import Examination


def examine_merged(path: Path) -> Examination:
    """Hold every line of merged rows against what a row of any tool must be. Raises OSError."""
    reader = _MergedReader()
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            reader.update(f"line {number}", line)
    reader.found.contents = len({key[0] for key in reader.encodes})
    return reader.found


class _MergedReader(RowsReader):
    """Rows of any tool, of which no two are of one encode."""

    def read(self, where: str, line: bytes) -> dict[str, Any] | None:
        try:
            return read_row(line)
        except ValueError as error:
            self.unreadable(f"{where}: {error}", "no corpus row")
            return None

    def check_keys(self, where: str, row: dict[str, Any]) -> None:
        key = tuple(row[name] for name in DEDUP_KEY)
        first = self.encodes.setdefault(key, where)
        if first != where:
            rule = f"same {', '.join(DEDUP_KEY)}"
            self.found.keys.add(rule, [f"{row['src']} in {first} and {where}"])
