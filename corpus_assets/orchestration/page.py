"""What the page of an asset says before anything was materialized."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from corpus_assets.artifacts.request import Asset, RequestT
from corpus_assets.orchestration.beta import relied_on
from corpus_assets.tables.schema import FRAME_INDEX, TableSpec


def definition_metadata(asset: Asset[RequestT]) -> dict[str, Any]:
    """Return the columns of an asset's table, what they are made of, and where its code is."""
    return {
        "dagster/column_schema": column_schema(asset.spec),
        **lineage_metadata(asset),
        **_code_reference(asset.module),
    }


def tags_of(asset: Asset[RequestT]) -> dict[str, str]:
    """Return what assets are searched by, as in `tag:corpus=bvi_dvc`."""
    of_frames = FRAME_INDEX in asset.spec.columns
    return {
        "corpus": asset.key[0],
        "modality": "video",
        "row": "frame" if of_frames else "clip",
    }


def owned_by(
    owners: Sequence[str], assets: Iterable[dg.AssetsDefinition | dg.SourceAsset]
) -> list[dg.AssetsDefinition | dg.SourceAsset]:
    """Return assets with owners, sources as they are. Raises dg.DagsterInvalidDefinitionError."""

    def owned(spec: dg.AssetSpec) -> dg.AssetSpec:
        return spec.replace_attributes(owners=owners)

    return [
        asset.map_asset_specs(owned) if owners and isinstance(asset, dg.AssetsDefinition) else asset
        for asset in assets
    ]


def column_schema(spec: TableSpec) -> dg.TableSchema:
    """Return a declared table as Dagster shows it."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(column.name, column.type_name, description=column.description)
            for column in spec.columns
        ]
    )


def lineage_metadata(asset: Asset[RequestT]) -> dict[str, Any]:
    """Return which columns of other assets an asset's columns are made of, if of any."""
    if not asset.lineage:
        return {}
    deps = {
        name: [dg.TableColumnDep(dg.AssetKey(list(key)), column) for key, column in origins]
        for name, origins in asset.lineage.items()
    }
    return {"dagster/column_lineage": dg.TableColumnLineage(deps)}


def _code_reference(module: str) -> dict[str, Any]:
    """Return where the module of an asset is on this machine, unless it is no file here."""
    file = Path(sys.modules[module].__file__ or "")
    if not file.is_file():
        return {}
    with relied_on():
        reference = dg.LocalFileCodeReference(file_path=str(file), line_number=1, label=file.name)
        references = dg.CodeReferencesMetadataValue(code_references=[reference])
    return {"dagster/code_references": references}
