"""A parquet file written clip by clip: bounded memory, equal bytes for equal data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import pyarrow as pa
import pyarrow.parquet as pq

from corpus_assets.tables.content import ContentDigest

if TYPE_CHECKING:
    from pathlib import Path

ROW_GROUP_ROWS = 1 << 16
ZSTD_LEVEL = 3


class ParquetTable:
    """Writes row groups of about 64k rows (zstd, BYTE_STREAM_SPLIT), and digests the content."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        """Open the file. Raises OSError."""
        self._schema = schema
        self._digest = ContentDigest(schema)
        self._waiting: list[pa.Table] = []
        floats = [c.name for c in schema if pa.types.is_floating(c.type)]
        texts = [c.name for c in schema if pa.types.is_string(c.type)]
        self._writer = pq.ParquetWriter(
            path,
            schema,
            compression="zstd",
            compression_level=ZSTD_LEVEL,
            use_dictionary=texts,
            use_byte_stream_split=floats,
        )

    @property
    def rows(self) -> int:
        """Rows given so far."""
        return self._digest.rows

    @property
    def content_sha256(self) -> str:
        """The digest of the rows given so far."""
        return self._digest.hexdigest()

    def append(self, rows: pa.Table) -> None:
        """Add rows of the table's schema. Raises OSError."""
        self._digest.update(rows)
        self._waiting.append(rows)
        if sum(table.num_rows for table in self._waiting) >= ROW_GROUP_ROWS:
            self._flush()

    def close(self) -> None:
        """Write what waits and the footer. Raises OSError."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._waiting:
            group = pa.concat_tables(self._waiting)
            self._writer.write_table(group, row_group_size=max(group.num_rows, 1))
            self._waiting.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        if error is None:
            self.close()
        else:
            self._writer.close()
