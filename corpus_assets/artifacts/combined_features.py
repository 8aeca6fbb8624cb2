"""`training/full_features`: the tables of all corpora as one, with the `full` set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from corpus_assets.artifacts.build_combined import build
from corpus_assets.artifacts.environment import Environment, absolute
from corpus_assets.artifacts.konvid import CORPUS as KONVID
from corpus_assets.artifacts.lineage import same_names
from corpus_assets.artifacts.netflix_full import CORPUS as NETFLIX
from corpus_assets.artifacts.request import Asset
from corpus_assets.artifacts.storage import PARQUET
from corpus_assets.artifacts.training_inputs import InputTable
from corpus_assets.artifacts.training_request import CORPUS, TrainingRequest
from corpus_assets.artifacts.training_settings import CombinedSettings
from corpus_assets.corpora.bvi_dvc import CORPUS as BVI
from corpus_assets.manifests.document import manifest_path
from corpus_assets.manifests.training import CombinedManifest
from corpus_assets.tables.combined import COMBINED, COMBINED_SOURCE
from corpus_assets.tables.schema import KEY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from corpus_assets.artifacts.lineage import AssetKey, Lineage
    from corpus_assets.artifacts.settings import SharedSettings
    from corpus_assets.artifacts.storage import Kind

TABLE_NAME = "full_features_combined.parquet"
TABLE_VERSION = 1
UPSTREAM: frozenset[AssetKey] = frozenset(
    (corpus, "full_features") for corpus in (NETFLIX, KONVID, BVI)
)


class Usual(NamedTuple):
    """A table that is combined where nothing is said: the file's name, and the asset's."""

    name: str
    made_by: str


@dataclass(frozen=True, slots=True)
class CombinedRequest(TrainingRequest):
    """Every setting of a run, resolved."""

    paths: tuple[tuple[str, str], ...]

    @property
    def setting(self) -> str:
        """The setting of the table's path."""
        return "out"

    @property
    def kind(self) -> Kind:
        """The kind of file that it writes."""
        return PARQUET

    @property
    def own_settings(self) -> dict[str, Any]:
        """The inputs by label, as they were given or found."""
        return {"inputs": dict(self.paths)}


def combined_asset(catalog: Iterable[Asset[Any]]) -> Asset[CombinedRequest]:
    """Return the asset that combines those tables of a catalog that have the `full` set."""
    upstream = {asset.key: asset for asset in catalog if asset.key in UPSTREAM}
    tables = {label: one for asset in upstream.values() for label, one in _tables(asset)}

    def resolve(
        settings: CombinedSettings,
        shared: SharedSettings,
        variables: Mapping[str, str],
        _: tuple[str, ...],
    ) -> tuple[CombinedRequest]:
        return (_resolved(settings, Environment(variables).output_dir(shared), tables),)

    return Asset(
        key=(CORPUS, "full_features"),
        summary="The per-frame tables of all corpora as one.",
        settings=CombinedSettings,
        resolver=resolve,
        builder=build,
        spec=COMBINED,
        code_version=f"table {TABLE_VERSION}",
        table=TABLE_NAME,
        manifest=CombinedManifest,
        module=__name__,
        upstream=tuple(upstream),
        lineage=_lineage(upstream),
        shared_settings=("output_dir",),
    )


def _tables(asset: Asset[Any]) -> Iterator[tuple[str, Usual]]:
    """Give the label of each table of an asset, and what it is."""
    corpus, _ = asset.key
    if asset.partitions is None:
        yield corpus, Usual(asset.file_name(), asset.name)
        return
    for part in asset.partitions.keys:
        yield f"{corpus}/{part}", Usual(asset.file_name(part), asset.name)


def _resolved(
    settings: CombinedSettings, folder: Path, tables: Mapping[str, Usual]
) -> CombinedRequest:
    """Find the inputs: those that are given, else those in a folder. Raises SettingError."""
    if settings.inputs is None:
        usual = {label: folder / table.name for label, table in tables.items()}
        paths = {label: path for label, path in usual.items() if path.is_file()}
        made_by = {label: tables[label].made_by for label in paths}
    else:
        paths = {label: absolute(path) for label, path in settings.inputs.items()}
        made_by = {}
    ordered = sorted(paths.items(), key=lambda item: item[0].split("/"))
    output = absolute(settings.out or folder / TABLE_NAME)
    return CombinedRequest(
        inputs=tuple(
            InputTable.at("inputs", label, path, made_by.get(label)) for label, path in ordered
        ),
        output=output,
        manifest_out=absolute(settings.manifest_out or manifest_path(output)),
        shares=settings.shares,
        splitting=settings.splits,
        missing=f"nothing to combine: none of {', '.join(one.name for one in tables.values())} "
        f"is in {folder}; "
        "materialize a full_features asset first, or set inputs",
        paths=tuple((label, str(path)) for label, path in ordered),
    )


def _lineage(upstream: Mapping[AssetKey, Asset[Any]]) -> Lineage:
    """Return which columns each column is of; a source is the key where there is no source."""
    specs = {key: asset.spec for key, asset in upstream.items()}
    name = COMBINED_SOURCE.name
    sources = tuple(
        (key, name if name in spec.schema.names else KEY.name) for key, spec in specs.items()
    )
    return same_names(COMBINED, specs) | ({name: sources} if sources else {})
