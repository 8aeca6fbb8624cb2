"""Where the published tables of an asset are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from corpus_assets.artifacts.catalog import ASSETS
from corpus_assets.errors import MissingTableError, SettingError
from corpus_assets.manifests.document import manifest_path

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from corpus_assets.artifacts.request import Asset

REMEDY = "or set output_dir, or CORPUS_ASSETS_OUTPUT_DIR, to the folder that holds it"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a table, or a part of one, should be, with its manifest.

    `content_sha256` is the digest of the content that it should have, where a run has told.
    """

    table: Path
    manifest: Path
    partition: str | None = None
    content_sha256: str | None = None

    @property
    def is_there(self) -> bool:
        """Whether there is a table."""
        return self.table.is_file()


def asset_named(name: str) -> Asset[Any]:
    """Return the asset of a key as people write it. Raises SettingError."""
    for asset in ASSETS:
        if asset.name == name:
            return asset
    names = ", ".join(asset.name for asset in ASSETS)
    raise SettingError("asset", name, f"there are {names}")


def place_in(folder: Path, asset: Asset[Any], partition: str | None) -> Place:
    """Return where a run with default settings and this folder of artifacts writes."""
    table = folder / asset.file_name(partition)
    return Place(table, manifest_path(table), partition)


def parts_of(asset: Asset[Any], partitions: str | Sequence[str]) -> tuple[str, ...]:
    """Return partitions by name, which the asset must have. Raises SettingError."""
    wanted = (partitions,) if isinstance(partitions, str) else tuple(partitions)
    known = asset.partitions.keys if asset.partitions else ()
    for one in wanted:
        if one not in known:
            there = f"there are {', '.join(known)}" if known else f"{asset.name} has none"
            raise SettingError("partitions", one, there)
    return wanted


def places_in(folder: Path, asset: Asset[Any], wanted: Sequence[str] = ()) -> tuple[Place, ...]:
    """Return where the tables of a folder are: of an asset in parts, those wanted, else all made.

    Raises MissingTableError.
    """
    if wanted or not asset.partitions:
        return tuple(place_in(folder, asset, part) for part in wanted or (None,))
    places = [place_in(folder, asset, part) for part in asset.partitions.keys]
    return made(asset, places)


def made(asset: Asset[Any], places: Sequence[Place]) -> tuple[Place, ...]:
    """Return the places that have a table. Raises MissingTableError when none has."""
    there = tuple(place for place in places if place.is_there)
    if not there:
        raise missing(asset, places[0], *places[1:])
    return there


def missing(asset: Asset[Any], *places: Place) -> MissingTableError:
    """Return the error of tables that are not there."""
    if places[0].content_sha256:
        return MissingTableError(
            f"{asset.name}: the latest materialization that this Dagster instance knows wrote "
            f"{places[0].table}, which is not there; materialize it again, or set output_dir of "
            "CorpusTables to the folder that holds it"
        )
    parts = ", ".join(place.partition for place in places if place.partition)
    names = " or ".join(place.table.name for place in places)
    return MissingTableError(
        f"{asset.name} {parts}".rstrip() + f" has not been materialized: there is no {names} in "
        f"{places[0].table.parent}; materialize it (corpus-assets run {asset.name}), {REMEDY}"
    )
