"""Tables of earlier scripts, whose manifests say where they are and how many rows they have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corpus_assets.errors import DataError
from corpus_assets.manifests.pair import Mismatch, located
from corpus_assets.tables.reading import read_facts

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
    try:
        rows = read_facts(artifact).rows
    except DataError as error:
        yield Mismatch("artifact", "a table", str(error))
        return
    if said.rows is not None and said.rows != rows:
        yield Mismatch("rows", str(said.rows), str(rows))
