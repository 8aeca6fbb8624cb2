r"""Rows as JSON lines, one object a line, with Python's `NaN` token where a number is not known.

The digest of the content is the SHA-256 of every row in order as `json.dumps` prints it with keys
sorted, separators "," and ":" and a newline, without the keys that differ from run to run.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pydantic


class RowsDigest:
    """Digests the content of rows given one after the other."""

    def __init__(self, volatile: tuple[str, ...] = ()) -> None:
        """Start without a row; `volatile` keys are left out."""
        self._volatile = volatile
        self._digest = hashlib.sha256()
        self.rows = 0

    def update(self, values: Mapping[str, Any]) -> None:
        """Add a row."""
        lasting = {name: value for name, value in values.items() if name not in self._volatile}
        text = json.dumps(lasting, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        self._digest.update(f"{text}\n".encode())
        self.rows += 1

    def hexdigest(self) -> str:
        """Return the digest of the rows so far as 64 hex digits."""
        return self._digest.hexdigest()


class JsonLines:
    """Writes valid rows, and digests their content."""

    def __init__(self, path: Path, volatile: tuple[str, ...] = ()) -> None:
        """Open the file; `volatile` keys are left out of the digest. Raises OSError."""
        self._file = path.open("wb")
        self._digest = RowsDigest(volatile)

    @property
    def rows(self) -> int:
        """Rows given so far."""
        return self._digest.rows

    @property
    def content_sha256(self) -> str:
        """The digest of the rows given so far."""
        return self._digest.hexdigest()

    def append(self, row: pydantic.BaseModel) -> None:
        """Add a row. Raises OSError."""
        values = row.model_dump()
        self.append_line(json.dumps(values).encode("ascii"), values)

    def append_line(self, line: bytes, values: Mapping[str, Any]) -> None:
        """Add a row with the bytes that it came in. Raises OSError."""
        self._file.write(line if line.endswith(b"\n") else line + b"\n")
        self._digest.update(values)

    def close(self) -> None:
        """Write what is buffered. Raises OSError."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
