"""Every kind of manifest, by the name of its schema."""

from __future__ import annotations

from corpus_assets.manifests.rows import CorpusRowsManifest
from corpus_assets.manifests.scored import BviFullManifest, KonvidPairsManifest, NetflixManifest

Manifest = NetflixManifest | KonvidPairsManifest | BviFullManifest | CorpusRowsManifest
KINDS: dict[str, type[Manifest]] = {
    str(kind.model_fields["schema_"].default): kind
    for kind in (NetflixManifest, KonvidPairsManifest, BviFullManifest, CorpusRowsManifest)
}
