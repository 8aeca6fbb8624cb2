"""A parquet file written clip by clip: bounded memory, equal bytes for equal data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import pyarrow as pa
import pyarrow.parquet as pq

from corpus_assets.tables.content import ContentDigest

if TYPE_CHECKING:
    from pathlib import Path

    from corpus_assets.extraction.outcome import Extracted
    from corpus_assets.tables.schema import TableSpec

ROW_GROUP_ROWS = 1 << 16
ZSTD_LEVEL = 3


class ParquetTable:
    """Writes row groups of about 64k rows (zstd, BYTE_STREAM_SPLIT), and digests the content."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        """Open the file. Raises OSError."""
        self._schema = schema
        self._digest = ContentDigest(schema)
        self._waiting: list[pa.Table] = []
        self._waiting_rows = 0
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
        """Rows written so far: all of them once the table is closed."""
        return self._digest.rows

    @property
    def content_sha256(self) -> str:
        """The digest of the rows written so far: of all of them once the table is closed."""
        return self._digest.hexdigest()

    def append(self, rows: pa.Table) -> None:
        """Add rows of the table's schema. Raises OSError."""
        self._waiting.append(rows)
        self._waiting_rows += rows.num_rows
        if self._waiting_rows >= ROW_GROUP_ROWS:
            self._flush()

    def close(self) -> None:
        """Write what waits and the footer. Raises OSError."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._waiting:
            group = pa.concat_tables(self._waiting).combine_chunks()
            self._digest.update(group)
            self._writer.write_table(group, row_group_size=max(group.num_rows, 1))
            self._waiting.clear()
            self._waiting_rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        if error is None:
            self.close()
        else:
            self._writer.close()


class ClipTable(ParquetTable):
    """A table of the rows of clips, which are made for many clips at once."""

    def __init__(self, path: Path, spec: TableSpec) -> None:
        """Open the file. Raises OSError."""
        super().__init__(path, spec.schema)
        self._spec = spec
        self._clips: list[Extracted] = []
        self._frames = 0

    def add(self, clip: Extracted) -> None:
        """Add the rows of a clip. Raises OSError."""
        self._clips.append(clip)
        self._frames += clip.frames
        if self._frames >= ROW_GROUP_ROWS:
            self._make_rows()

    def close(self) -> None:
        """Write what waits and the footer. Raises OSError."""
        self._make_rows()
        super().close()

    def _make_rows(self) -> None:
        if self._clips:
            self.append(self._spec.rows_of(self._clips))
            self._clips.clear()
            self._frames = 0
