"""Which columns of other assets' tables a table's columns are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from corpus_assets.tables.schema import TableSpec

AssetKey = tuple[str, str]
Lineage = dict[str, tuple[tuple[AssetKey, str], ...]]
"""By column: the assets and their columns; what is made of none is left out."""


def made_of(upstream: AssetKey, columns: Mapping[str, Iterable[str]]) -> Lineage:
    """Return the lineage of a table that is made of one other, from its columns by name."""
    return {
        name: tuple((upstream, origin) for origin in origins) for name, origins in columns.items()
    }


def same_names(table: TableSpec, upstream: Mapping[AssetKey, TableSpec]) -> Lineage:
    """Return the lineage of a table whose columns are those of the same name in other tables."""
    having = {
        column.name: tuple(
            (key, column.name)
            for key, other in upstream.items()
            if column.name in other.schema.names
        )
        for column in table.columns
    }
    return {name: origins for name, origins in having.items() if origins}
