"""Every kind of manifest, by the name of its schema."""

from __future__ import annotations

from typing import get_args

from corpus_assets.manifests.rows import CorpusRowsManifest
from corpus_assets.manifests.scored import (
    BviFullManifest,
    KonvidFullManifest,
    KonvidPairsManifest,
    NetflixManifest,
)
from corpus_assets.manifests.training import CombinedManifest, MergedManifest
from corpus_assets.tables.clip_rows import COMBINED_NAMES, MERGED_NAMES

OfCorpus = (
    NetflixManifest
    | KonvidFullManifest
    | KonvidPairsManifest
    | BviFullManifest
    | CorpusRowsManifest
)
OfTraining = CombinedManifest | MergedManifest
Manifest = OfCorpus | OfTraining
NAMED_BY = {
    "full-feature-parquet-combine-manifest-v1": COMBINED_NAMES,
    "vmaf-tune-corpus-merge-manifest-v1": MERGED_NAMES,
}
"""The columns that name the rows of training tables, by the schema of the manifest."""
KINDS: dict[str, type[Manifest]] = {
    str(kind.model_fields["schema_"].default): kind for kind in get_args(Manifest)
}
