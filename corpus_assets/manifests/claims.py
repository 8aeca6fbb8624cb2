"""What a manifest says of the table that it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corpus_assets.errors import DataError
from corpus_assets.libvmaf.features import CANONICAL6, FeatureSet, feature_set
from corpus_assets.manifests.rows import CorpusRowsManifest
from corpus_assets.manifests.scored import BviFullManifest, KonvidFullManifest, NetflixManifest
from corpus_assets.manifests.training import CombinedManifest, MergedManifest
from corpus_assets.tables.combined import COMBINED
from corpus_assets.tables.corpus_row import CORPUS_ROWS
from corpus_assets.tables.examining import Claims
from corpus_assets.tables.examining_combined import InputClaims
from corpus_assets.tables.schema import (
    DIS_BASENAME,
    KEY,
    KONVID_VMAF_PAIRS,
    bvi_spec,
    konvid_full_spec,
    netflix_spec,
)

if TYPE_CHECKING:
    from corpus_assets.manifests.kinds import Manifest
    from corpus_assets.manifests.scored import ScoredManifest
    from corpus_assets.tables.schema import TableSpec

CUSTOM = "custom"
RAW = ".yuv"


def declared_features(manifest: ScoredManifest) -> FeatureSet:
    """Return the features that were chosen. Raises DataError when there are no such."""
    if not isinstance(manifest, NetflixManifest | KonvidFullManifest | BviFullManifest):
        return CANONICAL6
    choice = manifest.features if manifest.feature_set == CUSTOM else manifest.feature_set
    try:
        return feature_set(choice)
    except ValueError as error:
        raise DataError(f"feature_set {manifest.feature_set}: {error}") from error


def declared_spec(manifest: Manifest | ScoredManifest) -> TableSpec:
    """Return the table that the asset declares, with the features chosen. Raises DataError."""
    if isinstance(manifest, CombinedManifest):
        return COMBINED
    if isinstance(manifest, CorpusRowsManifest | MergedManifest):
        return CORPUS_ROWS
    if isinstance(manifest, NetflixManifest):
        return netflix_spec(declared_features(manifest))
    if isinstance(manifest, BviFullManifest):
        return bvi_spec(declared_features(manifest))
    if isinstance(manifest, KonvidFullManifest):
        return konvid_full_spec(declared_features(manifest))
    return KONVID_VMAF_PAIRS


def claims_of(manifest: ScoredManifest) -> Claims:
    """Return what the rows are held against. Raises DataError."""
    raw = isinstance(manifest, NetflixManifest)
    unavailable: dict[str, set[str] | None] = {}
    for part in manifest.unavailable_features:
        known = unavailable.setdefault(part.feature, set())
        if part.clips is None or known is None:
            unavailable[part.feature] = None
        else:
            known.update(f"{key}{RAW}" if raw else key for key in part.clips)
    key = DIS_BASENAME if raw else KEY
    return Claims(declared_spec(manifest), key.name, unavailable)


def input_claims(manifest: CombinedManifest) -> tuple[InputClaims, ...]:
    """Return what the rows of every input are held against."""
    return tuple(
        InputClaims(one.label, one.corpus, one.rows, one.nulls, one.missing_features)
        for one in manifest.inputs
    )
