"""The assets that score clips."""

from __future__ import annotations

from corpus_assets.artifacts.konvid_pairs import VMAF_PAIRS
from corpus_assets.artifacts.netflix_full import FULL_FEATURES

SCORED = (FULL_FEATURES, VMAF_PAIRS)
