"""Published tables as inputs of other code: held against their manifests, and read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

import pyarrow as pa
import pyarrow.dataset as ds

from corpus_assets.artifacts.environment import Environment
from corpus_assets.artifacts.finding import asset_named, missing, parts_of, places_in
from corpus_assets.artifacts.settings import SharedSettings
from corpus_assets.artifacts.stamped import stamp_of, unchanged
from corpus_assets.errors import DataError, MissingManifestError, SettingError
from corpus_assets.files import sha256_of_open
from corpus_assets.manifests.reading import read_manifest
from corpus_assets.manifests.scored import ScoredManifest
from corpus_assets.tables.whole import is_json_lines, read_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from corpus_assets.artifacts.finding import Place
    from corpus_assets.artifacts.request import Asset
    from corpus_assets.manifests.kinds import Manifest
    from corpus_assets.manifests.parts import ArtifactPart

ReadT = TypeVar("ReadT")
KINDS = "pandas.DataFrame, pyarrow.Table or pyarrow.dataset.Dataset"


def load(
    name: str,
    kind: object,
    partitions: str | Sequence[str],
    output_dir: str | os.PathLike[str] | None,
) -> Any:  # noqa: ANN401 (of the kind asked for)
    """Load the table of an asset from a folder of artifacts, as `corpus_assets.load` says."""
    asset = asset_named(name)
    convert = converter(kind, asset, "kind")
    shared = SharedSettings(output_dir=os.fspath(output_dir) if output_dir is not None else None)
    folder = Environment(os.environ).output_dir(shared)
    return convert(places_in(folder, asset, parts_of(asset, partitions)))


def converter(kind: object, asset: Asset[Any], setting: str) -> Callable[[Sequence[Place]], Any]:
    """Return what loads an asset's tables as one of a kind; None is pandas.DataFrame.

    What it returns raises MissingTableError, MissingManifestError and DataError. Raises
    SettingError, naming the setting, for another kind, and for a dataset of JSON lines.
    """
    import pandas as pd  # noqa: PLC0415 (takes half a second, and is not always needed)

    if kind is None or kind is pd.DataFrame:
        return lambda places: table_of(asset, places).to_pandas()
    if kind is pa.Table:
        return lambda places: table_of(asset, places)
    if kind is not ds.Dataset:
        raise SettingError(setting, kind, f"it takes {KINDS}")
    if is_json_lines(Path(asset.table)):
        raise SettingError(
            setting, kind, f"{asset.name} is JSON lines: it takes pandas.DataFrame or pyarrow.Table"
        )
    return lambda places: dataset_of(asset, places)


def table_of(asset: Asset[Any], places: Sequence[Place]) -> pa.Table:
    """Read tables, one after the other; each file is read as it was when it was hashed."""

    def whole(place: Place, manifest: Manifest, file: BinaryIO) -> pa.Table:
        columns = ((column.name, column.type) for column in manifest.artifact.columns)
        return read_whole(file, place.table, columns)

    return pa.concat_tables(_each(asset, places, whole))


def dataset_of(asset: Asset[Any], places: Sequence[Place]) -> ds.Dataset:
    """Return parquet tables as one dataset, whose rows are read when it is used."""
    paths = _each(asset, places, lambda place, _, __: str(place.table))
    return ds.dataset(paths, format="parquet")


def _each(
    asset: Asset[Any], places: Sequence[Place], read: Callable[[Place, Manifest, BinaryIO], ReadT]
) -> list[ReadT]:
    """Read each table, open and found to be what its manifest says; it must stay so meanwhile."""
    manifests = [_manifest(asset, place) for place in places]
    _check_alike(places, manifests)
    return [
        _read(asset, place, manifest, read)
        for place, manifest in zip(places, manifests, strict=True)
    ]


def _read(
    asset: Asset[Any],
    place: Place,
    manifest: Manifest,
    read: Callable[[Place, Manifest, BinaryIO], ReadT],
) -> ReadT:
    try:
        with place.table.open("rb") as file, unchanged(file, place.table, stamp_of(file)):
            _check(asset, place, manifest.artifact, file)
            file.seek(0)
            return read(place, manifest, file)
    except OSError as error:
        raise DataError(f"{place.table} cannot be read: {error.strerror or error}") from error


def _manifest(asset: Asset[Any], place: Place) -> Manifest:
    if not place.is_there:
        raise missing(asset, place)
    try:
        manifest = read_manifest(place.manifest)
    except MissingManifestError as error:
        raise MissingManifestError(
            f"{place.table} has no manifest, which says what it is ({error}); {_again(asset)}"
        ) from error
    if not isinstance(manifest, asset.manifest):
        raise DataError(f"{place.manifest} is the manifest of another asset than {asset.name}")
    return manifest


def _check(asset: Asset[Any], place: Place, said: ArtifactPart, file: BinaryIO) -> None:
    """Hold a table against its manifest, and this against what a run has told."""
    facts = {
        "bytes": (said.bytes, os.fstat(file.fileno()).st_size),
        "sha256": (said.sha256, sha256_of_open(file)),
    }
    wrong = [f"{name}: expected {x}, found {y}" for name, (x, y) in facts.items() if x != y]
    if wrong:
        raise DataError(
            f"{place.table} does not match {place.manifest.name}: {'; '.join(wrong)}; "
            f"{_again(asset)}, or put back the file that was made"
        )
    if place.content_sha256 not in {None, said.content_sha256}:
        raise DataError(
            f"{place.table} has other content than the latest materialization of {asset.name} "
            f"that this Dagster instance knows: a run elsewhere has replaced it; {_again(asset)} "
            "here, or set output_dir of CorpusTables to take what lies in a folder"
        )


def _check_alike(places: Sequence[Place], manifests: Sequence[Manifest]) -> None:
    """Refuse to put together tables of other columns, or with scores of another model."""
    for place, manifest in zip(places[1:], manifests[1:], strict=True):
        both = places[0].table.name, place.table.name
        for what, one, other in (
            ("columns", manifests[0].artifact.columns, manifest.artifact.columns),
            ("teacher models", _model(manifests[0]), _model(manifest)),
        ):
            if one != other:
                raise DataError(
                    f"{both[0]} and {both[1]} have different {what}: load them one by one, or "
                    "materialize them with the same settings"
                )


def _model(manifest: Manifest) -> tuple[str, str | None] | None:
    if not isinstance(manifest, ScoredManifest):
        return None
    return manifest.engine.model.name, manifest.engine.model.sha256


def _again(asset: Asset[Any]) -> str:
    return f"materialize {asset.name} again"
