"""Counts that say the same in two places of a manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corpus_assets.manifests.pair import Mismatch
from corpus_assets.manifests.rows import CorpusRowsManifest
from corpus_assets.manifests.scored import KonvidManifest, ScoredManifest
from corpus_assets.manifests.training import TrainingManifest
from corpus_assets.manifests.training_counts import training_counts, training_counts_of_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from corpus_assets.manifests.kinds import Manifest, OfCorpus
    from corpus_assets.tables.examination import Examination


def check_counts(model: Manifest) -> Iterator[Mismatch]:
    """Compare counts with each other, and with the lists that they count."""
    claims = {
        "inventory.count": (len(model.inventory.files), model.inventory.count),
        "inventory.bytes": (sum(f.bytes for f in model.inventory.files), model.inventory.bytes),
        **(training_counts(model) if isinstance(model, TrainingManifest) else _of_corpus(model)),
    }
    yield from contradicted(claims)


def _of_corpus(model: OfCorpus) -> dict[str, tuple[int, int]]:
    return {
        "counts.failed": (len(model.failures), model.counts.failed),
        **_stats(model),
        **(_scored(model) if isinstance(model, ScoredManifest) else {}),
    }


def check_counts_of_table(model: Manifest, table: Examination) -> Iterator[Mismatch]:
    """Compare counts with the rows and clips that the table has."""
    claims = {"rows": (model.artifact.rows, table.rows)}
    if isinstance(model, ScoredManifest):
        claims["clips in the table"] = (model.counts.extracted + model.counts.cached, table.clips)
    elif isinstance(model, CorpusRowsManifest):
        reports = model.counts.ours + model.counts.foreign
        claims["rows, of ours and foreign reports"] = (reports, table.rows)
        claims["incomplete rows"] = (model.counts.incomplete, table.incomplete)
    elif isinstance(model, TrainingManifest):
        claims |= training_counts_of_table(model, table)
    yield from contradicted(claims)


def contradicted(claims: Mapping[str, tuple[int, int]]) -> Iterator[Mismatch]:
    """Compare what is expected and found, by what it is."""
    for what, (expected, found) in claims.items():
        if expected != found:
            yield Mismatch(what, str(expected), str(found))


def _stats(model: OfCorpus) -> dict[str, tuple[int, int]]:
    """Return the counts for existing readers, each with what it must be."""
    stats, counts = model.stats.model_dump(), model.counts.model_dump()
    selected, failed = counts.get("selected", 0), counts["failed"]
    expected = {
        "rows": model.artifact.rows,
        "frames": model.artifact.rows,
        "columns": len(model.artifact.columns),
        "clips_selected": selected,
        "clips_failed": failed,
        "clips_processed": selected - failed,
        "pairs": selected - failed,
        "cache_files": counts["found"],
    }
    there = sorted(expected.keys() & stats.keys())
    return {f"stats.{name}": (expected[name], stats[name]) for name in there}


def _scored(model: ScoredManifest) -> dict[str, tuple[int, int]]:
    """Return those that only tables of scored clips have."""
    counts, cache = model.counts, model.cache
    looked_up = (cache.hits, cache.trusted, cache.misses, cache.stale, cache.damaged, cache.unread)
    failed = len({failure.key for failure in model.failures})
    claims = {
        "counts.skipped": (len(model.skipped), counts.skipped),
        "keys of failures": (counts.failed, failed),
        "clips looked up in the cache": (counts.selected, sum(looked_up)),
        "clips from the cache": (counts.cached, cache.hits + cache.trusted),
        "trusted_reports": (cache.trusted, len(model.trusted_reports)),
    }
    if isinstance(model, KonvidManifest):
        named = {*model.failed_clips} & {failure.key for failure in model.failures}
        claims["failed_clips"] = (counts.failed, len(named))
    return claims
