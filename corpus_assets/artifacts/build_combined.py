"""From tables of several corpora to the published combined table and its manifest."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from corpus_assets.artifacts.combination import Combination
from corpus_assets.artifacts.proved_inputs import proved_inputs
from corpus_assets.artifacts.teachers import agreed_teacher
from corpus_assets.artifacts.training_build import Finished, TrainingBuilt
from corpus_assets.errors import EmptyCorpusError
from corpus_assets.libvmaf.features import FULL
from corpus_assets.manifests.parts import ArtifactPart
from corpus_assets.manifests.training import CombinedManifest, CombinedStats
from corpus_assets.tables.parquet import ParquetTable

if TYPE_CHECKING:
    from corpus_assets.artifacts.combined_features import CombinedRequest
    from corpus_assets.artifacts.proved_inputs import ProvedInput
    from corpus_assets.artifacts.request import Asset, Launch, Log


def build(
    asset: Asset[CombinedRequest], request: CombinedRequest, launch: Launch, log: Log
) -> TrainingBuilt:
    """Combine the tables and publish the result, in memory that does not grow with the rows.

    Raises SetupError before any work, DataError naming the inputs that will not do; what was there
    before is then untouched.
    """
    started = time.monotonic()
    request.check()
    request.check_writable()
    inputs = proved_inputs(request.inputs, log)
    manifest = _published(asset, request, launch, log, inputs)
    log(f"{manifest.stats.output_rows} rows of {manifest.stats.input_count} inputs")
    return TrainingBuilt(manifest, request.manifest_out, time.monotonic() - started)


def _published(
    asset: Asset[CombinedRequest],
    request: CombinedRequest,
    launch: Launch,
    log: Log,
    inputs: list[ProvedInput],
) -> CombinedManifest:
    teacher, combination = agreed_teacher(inputs), Combination()
    with request.publishing(log) as publication:
        with ParquetTable(publication.temporary, asset.spec.schema) as table:
            for one in inputs:
                combination.append(one, table)
        if not table.rows:
            paths = ", ".join(str(one.table) for one in request.inputs)
            raise EmptyCorpusError(f"there is no row to combine in {paths}; nothing was written")
        artifact = ArtifactPart.of(publication.temporary, request.output, table, asset.spec)
        finished = Finished(artifact, inputs, combination.contents)
        splits = finished.splits(request)
        manifest = CombinedManifest(
            inputs=tuple(combination.parts),
            features=FULL.columns,
            model=teacher,
            output_columns=tuple(column.name for column in asset.spec.columns),
            stats=CombinedStats(
                input_count=len(inputs),
                output_rows=artifact.rows,
                corpora=tuple(sorted({part.corpus for part in combination.parts})),
            ),
            **finished.common(asset, request, launch, "shards", splits),
        )
        publication.publish(manifest, splits)
    return manifest
