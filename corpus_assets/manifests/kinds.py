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

Manifest = (
    NetflixManifest
    | KonvidFullManifest
    | KonvidPairsManifest
    | BviFullManifest
    | CorpusRowsManifest
)
KINDS: dict[str, type[Manifest]] = {
    str(kind.model_fields["schema_"].default): kind for kind in get_args(Manifest)
}
