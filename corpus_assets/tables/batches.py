"""A parquet table read piece by piece, in bounded memory."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from corpus_assets.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

BATCH_ROWS = 1 << 16


@contextlib.contextmanager
def opened(path: Path | BinaryIO) -> Iterator[pq.ParquetFile]:
    """Open a parquet file, or read an open one.

    Raises OSError, and DataError as soon as it shows that it is none.
    """
    try:
        with pq.ParquetFile(path) as file:
            yield file
    except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # of the system; what is wrong with the bytes has no number
        name = path if isinstance(path, Path) else path.name
        raise DataError(f"{name} is no parquet table: {error}") from error


def batches(file: pq.ParquetFile) -> Iterator[pa.RecordBatch]:
    """Yield the rows in order, a row group at a time, for memory grows with those read ahead."""
    for group in range(file.num_row_groups):
        yield from file.iter_batches(BATCH_ROWS, row_groups=[group])
