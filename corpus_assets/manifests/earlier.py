"""Tables of earlier scripts, whose manifests say where they are and how many rows they have."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from corpus_assets.errors import DataError
from corpus_assets.manifests.pair import Mismatch, located
from corpus_assets.tables.reading import count_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from corpus_assets.manifests.statement import Statement


def check_earlier(manifest: Path, said: Statement) -> Iterator[Mismatch]:
    """Hold the table against what is said of it. Raises OSError."""
    if said.artifact_path is None:
        yield Mismatch("manifest", "the path of its artifact", "none")
        return
    artifact = located(manifest, said.artifact_path)
    if not artifact.is_file():
        yield Mismatch("artifact", str(artifact), "no such file")
        return
    with artifact.open("rb") as file:
        yield from check_rows(file, artifact, said)


def check_rows(file: BinaryIO, path: Path, said: Statement) -> Iterator[Mismatch]:
    """Read a table, of whatever types, and hold it against the rows that are said to be there.

    `path` tells its format. Raises OSError.
    """
    try:
        rows = count_rows(file, path)
    except DataError as error:
        yield Mismatch("artifact", "a table", str(error))
        return
    if said.rows is not None and said.rows != rows:
        yield Mismatch("rows", str(said.rows), str(rows))
