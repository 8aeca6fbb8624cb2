"""Tables as inputs of assets in a code location of one's own."""

import os
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import Field

from corpus_assets.artifacts.catalog import ASSETS
from corpus_assets.artifacts.environment import Environment
from corpus_assets.artifacts.finding import Place, asset_named, made, parts_of, place_in, places_in
from corpus_assets.artifacts.loading import converter
from corpus_assets.artifacts.request import Asset
from corpus_assets.artifacts.settings import SharedSettings
from corpus_assets.errors import SetupError
from corpus_assets.orchestration.definition import partitions_of
from corpus_assets.orchestration.failures import shown_as_failures
from corpus_assets.orchestration.page import column_schema


class CorpusTables(dg.ConfigurableIOManager):
    """Gives an asset the tables of this package as parameters, for `input_manager_key`.

    The parameter's annotation says as what: pandas.DataFrame, pyarrow.Table or
    pyarrow.dataset.Dataset. Of an asset in partitions, those that are mapped to the run come one
    after the other. A table that does not match its manifest fails the run.

    A table is the one that the latest materialization wrote, where the instance knows of one, for
    that is what Dagster records the asset as made of; else the one in the folder of artifacts.
    """

    output_dir: str | None = Field(
        default=None,
        description="Take the tables of this folder, whatever the instance knows. Default: where "
        "the latest materializations are, else $CORPUS_ASSETS_OUTPUT_DIR, else runs.",
    )

    def load_input(self, context: dg.InputContext) -> Any:  # noqa: ANN401 (as annotated)
        """Return the table of the upstream asset. Raises dg.Failure saying what is wrong."""
        with shown_as_failures():
            if not context.has_asset_key:
                raise SetupError(f"CorpusTables: the input {context.name} is no asset")
            asset = asset_named(context.asset_key.to_user_string())
            kind = context.dagster_type.typing_type
            convert = converter(kind, asset, f"annotation of {context.name}")
            places = self._places(context, asset)
            for place in places:
                context.log.info("%s: %s", asset.name, place.table)
            return convert(places)

    def handle_output(self, context: dg.OutputContext, obj: object) -> None:
        """Refuse: what assets of one's own make is for another IO manager."""
        raise dg.Failure(
            f"CorpusTables only loads, and cannot keep a {type(obj).__name__} of "
            f"{context.get_asset_identifier()[-1]}: name it as input_manager_key of an input, not "
            "as io_manager_key",
            allow_retries=False,
        )

    def _places(self, context: dg.InputContext, asset: Asset[Any]) -> tuple[Place, ...]:
        keys = context.asset_partition_keys if context.has_asset_partitions else ()
        parts = sorted(parts_of(asset, keys))  # Dagster gives them in no order
        folder = Environment(os.environ).output_dir(SharedSettings(output_dir=self.output_dir))
        if self.output_dir:
            return places_in(folder, asset, parts)
        every = asset.partitions.keys if asset.partitions else (None,)
        places = [
            latest(context.instance, asset, part) or place_in(folder, asset, part)
            for part in parts or every
        ]
        return tuple(places) if parts or not asset.partitions else made(asset, places)


def table_specs() -> list[dg.AssetSpec]:
    """Return the assets that have tables, for a code location that does not make them itself.

    Dagster must know of an asset, and of its partitions, before another can take it.
    """
    return [
        dg.AssetSpec(
            list(asset.key),
            description=asset.summary,
            group_name=asset.key[0],
            metadata={"dagster/column_schema": column_schema(asset.spec)},
            partitions_def=partitions_of(asset),
        )
        for asset in ASSETS
    ]


def latest(instance: dg.DagsterInstance, asset: Asset[Any], part: str | None) -> Place | None:
    """Return where the latest materialization wrote, if the instance knows of one."""
    key = dg.AssetKey(list(asset.key))
    wanted = dg.AssetRecordsFilter(key, asset_partitions=[part] if part else None)
    for record in instance.fetch_materializations(wanted, limit=1).records:
        facts = record.asset_materialization.metadata if record.asset_materialization else {}
        if {"artifact", "manifest", "content_sha256"} <= facts.keys():
            table, manifest = (Path(str(facts[name].value)) for name in ("artifact", "manifest"))
            return Place(table, manifest, part, str(facts["content_sha256"].value))
    return None
