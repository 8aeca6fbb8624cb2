"""The last materialization that wrote the file which a run with default settings would write."""

import os
from dataclasses import dataclass
from typing import Any

import dagster as dg

from corpus_assets.artifacts.environment import Environment
from corpus_assets.artifacts.finding import place_in
from corpus_assets.artifacts.request import Asset
from corpus_assets.artifacts.settings import SharedSettings
from corpus_assets.orchestration.observing import CORPUS_VERSION

CODE_VERSION = "dagster/code_version"
LOOKED_BACK = 100
"""Materializations; those of other files, made by hand, are passed over."""


@dataclass(frozen=True, slots=True)
class Made:
    """The number of a materialization's event, 0 when there is none, and the corpus version."""

    event: int = 0
    version: str = ""


def last_made(instance: dg.DagsterInstance, asset: Asset[Any], part: str | None) -> Made:
    """Find what an asset's usual file was last made of. Raises SetupError.

    Where that was with other settings, or by another version of the code, it counts as not made.
    """
    parts = (part,) if part else ()
    (request,) = asset.resolve(asset.settings(), SharedSettings(), os.environ, parts)
    settings = request.settings
    record = _last(instance, asset, part, settings.get("out", settings.get("output")))
    event = record.asset_materialization if record else None
    if record is None or event is None:
        return Made()
    usual = _settings(event).items() >= settings.items()
    current = (event.tags or {}).get(CODE_VERSION) == asset.code_version
    version = str(_value(event, CORPUS_VERSION) or "")
    return Made(record.storage_id, version) if usual and current else Made()


def last_written(instance: dg.DagsterInstance, asset: Asset[Any], part: str | None) -> int:
    """Return the event of the last run that wrote an asset's usual file, in whatever way.

    It is 0 where there is none. No corpus needs to be set up.
    """
    folder = Environment(os.environ).output_dir(SharedSettings())
    record = _last(instance, asset, part, str(place_in(folder, asset, part).table))
    return record.storage_id if record else 0


def _last(
    instance: dg.DagsterInstance, asset: Asset[Any], part: str | None, file: str
) -> dg.EventLogRecord | None:
    """Find the last materialization that wrote a file."""
    parts = [part] if part else None
    wanted = dg.AssetRecordsFilter(dg.AssetKey(list(asset.key)), asset_partitions=parts)
    for limit in (1, LOOKED_BACK):  # it is nearly always the very last, and they are large
        for record in instance.fetch_materializations(wanted, limit=limit).records:
            event = record.asset_materialization
            if event and _value(event, "artifact") == file:
                return record
    return None


def _value(event: dg.AssetMaterialization, name: str) -> Any:  # noqa: ANN401 (whatever it holds)
    return event.metadata[name].value if name in event.metadata else None


def _settings(event: dg.AssetMaterialization) -> dict[str, Any]:
    recorded = _value(event, "settings")
    return recorded if isinstance(recorded, dict) else {}
