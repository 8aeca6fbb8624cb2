"""The tables that a training table is made of: where they are, and where their manifests."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from corpus_assets.errors import SettingError
from corpus_assets.manifests.document import SUFFIX, manifest_path
from corpus_assets.manifests.pair import located
from corpus_assets.manifests.statement import read_statement

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class InputTable:
    """A table by its label, and its manifest.

    `made_by` is the asset of a table that is taken because it is there, and which must have a
    manifest; None where somebody named it in the `setting`, and vouches for it.
    """

    setting: str
    label: str
    table: Path
    manifest: Path
    made_by: str | None = None

    @classmethod
    def at(cls, setting: str, label: str, path: Path, made_by: str | None = None) -> Self:
        """Find a table, or that of a manifest.

        Raises SettingError, MissingManifestError, and DataError for a manifest that is not valid.
        """
        if path.name.endswith(SUFFIX):
            table, manifest = located(path, read_statement(path).artifact_path or ""), path
        else:
            table, manifest = path, manifest_path(path)
        if not table.is_file():
            raise SettingError(setting, str(table), "no such file")
        return cls(setting, label, table, manifest, made_by)


def common_root(tables: Sequence[InputTable]) -> Path:
    """Return the folder below which all of them are."""
    return Path(os.path.commonpath([str(one.table.parent) for one in tables]))
