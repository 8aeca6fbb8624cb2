"""How the columns of two tables of one kind differ."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from corpus_assets.tables.schema import TYPE_NAMES

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class SchemaDrift:
    """How the columns differ: those of one table alone, and types that changed, by name.

    `reordered` are those of both in another order.
    """

    only_old: tuple[str, ...] = ()
    only_new: tuple[str, ...] = ()
    types: dict[str, tuple[str, str]] = field(default_factory=dict)
    reordered: bool = False

    @classmethod
    def of(cls, old: pa.Schema, new: pa.Schema) -> Self:
        """Compare two schemas."""
        both = [name for name in old.names if name in new.names]
        types = {name: (_type(old, name), _type(new, name)) for name in both}
        return cls(
            only_old=tuple(name for name in old.names if name not in both),
            only_new=tuple(name for name in new.names if name not in both),
            types={name: pair for name, pair in types.items() if pair[0] != pair[1]},
            reordered=both != [name for name in new.names if name in both],
        )

    @property
    def different(self) -> bool:
        """Whether anything differs."""
        return self != SchemaDrift()


def _type(schema: pa.Schema, name: str) -> str:
    kind = schema.field(name).type
    return TYPE_NAMES.get(kind, str(kind))
