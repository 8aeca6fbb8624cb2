"""Corpora on disk as observable sources: their data version says when a table is behind."""

import os

import dagster as dg

from corpus_assets.artifacts.environment import Environment
from corpus_assets.corpora.bvi_dvc import CORPUS, TIERS
from corpus_assets.orchestration.beta import relied_on
from corpus_assets.orchestration.failures import shown_as_failures


def _bvi_versions() -> dg.DataVersionsByPartition:
    """Return the version of every tier, of one without clips too: it may have had some."""
    with shown_as_failures():
        inventory = Environment(os.environ).bvi_inventory(None, None)
        versions = {str(tier): inventory.version(tier) for tier in TIERS}
    with relied_on():
        return dg.DataVersionsByPartition(versions)


with relied_on():
    bvi_videos = dg.observable_source_asset(
        key=[CORPUS, "videos"],
        group_name=CORPUS,
        partitions_def=dg.StaticPartitionsDefinition(list(TIERS)),
        description=(
            "BVI-DVC on disk, by tier. An observation reads the directory of the archive (names, "
            "sizes, checksums), or names, sizes and times of the files in the folder; a tier's "
            "data version changes when its own clips do."
        ),
    )(_bvi_versions)
