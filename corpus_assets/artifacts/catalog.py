"""The assets, upstream first, and of those that share a cache the one whose reports serve all."""

from __future__ import annotations

from typing import Any

from corpus_assets.artifacts.bvi_full import FULL_FEATURES as BVI_FULL
from corpus_assets.artifacts.combined_features import combined_asset
from corpus_assets.artifacts.corpus_rows import CORPUS_ROWS_ASSET
from corpus_assets.artifacts.fr_corpus import FR_CORPUS
from corpus_assets.artifacts.konvid_full import FULL_FEATURES as KONVID_FULL
from corpus_assets.artifacts.konvid_pairs import VMAF_PAIRS
from corpus_assets.artifacts.netflix_full import FULL_FEATURES as NETFLIX_FULL
from corpus_assets.artifacts.request import Asset
from corpus_assets.artifacts.scored import ScoredAsset
from corpus_assets.manifests.kinds import Manifest

SCORED: tuple[ScoredAsset, ...] = (NETFLIX_FULL, KONVID_FULL, VMAF_PAIRS, BVI_FULL)
COMBINED = combined_asset(SCORED)
TRAINING: tuple[Asset[Any], ...] = (COMBINED, FR_CORPUS)
ASSETS: tuple[Asset[Any], ...] = (*SCORED, CORPUS_ROWS_ASSET, *TRAINING)
BY_MANIFEST: dict[type[Manifest], Asset[Any]] = {asset.manifest: asset for asset in ASSETS}
