"""From a request to the published table of scored clips and its manifest."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus_assets.artifacts.accelerating import acceleration_line, missed_columns, not_installed
from corpus_assets.artifacts.publication import publishing
from corpus_assets.artifacts.scored_table import ScoredTable, TableTask
from corpus_assets.libvmaf.engine import LARGE
from corpus_assets.manifests.computed import AccelerationPart, CheckPart, computed_parts
from corpus_assets.manifests.engine import EnginePart
from corpus_assets.manifests.parts import InventoryPart
from corpus_assets.manifests.provenance import (
    InputRecord,
    RunProvenance,
    entry_point,
    input_record,
)
from corpus_assets.manifests.run_parts import (
    CountsPart,
    FailurePart,
    SkippedPart,
    TrustedPart,
    cache_part,
    unavailable_parts,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corpus_assets.artifacts.request import Launch, Log
    from corpus_assets.artifacts.scored import ScoredAsset, ScoredRequest
    from corpus_assets.corpora.clip import Discovery
    from corpus_assets.libvmaf.engine import Engine
    from corpus_assets.manifests.computed import ComputedPart
    from corpus_assets.manifests.scored import ScoredManifest
    from corpus_assets.tables.schema import TableSpec


@dataclass(frozen=True, slots=True)
class ScoredBuilt:
    """A published table; `acceleration` says who computed what kernels can, "" of no such table."""

    manifest: ScoredManifest
    manifest_path: Path
    table: ScoredTable
    spec: TableSpec
    acceleration: str

    @property
    def content_sha256(self) -> str:
        """The digest of the table's content."""
        return self.manifest.artifact.content_sha256


def build(asset: ScoredAsset, request: ScoredRequest, launch: Launch, log: Log) -> ScoredBuilt:
    """Make and publish the artifact: table first, then the manifest that names its digest.

    Raises SetupError before any work, DataError when too few clips could be scored; the artifact
    that was there before is then untouched.
    """
    scoring = request.scoring
    discovery = request.checked()
    scoring.check_writable()
    kept = scoring.kept_keys(discovery.clips)
    scoring.check_space(discovery.clips, request.spec, kept)
    engine = scoring.engine(request.features)
    identity = engine.identity
    log(f"engine: {identity.kind} {identity.version}, model {scoring.model.name}{_kernels(engine)}")
    if missed := missed_columns(engine, scoring.accelerate):
        log(f"kernels are {not_installed(missed)}")
    with (
        publishing(scoring.out, scoring.manifest_out, "out", log) as publication,
        scoring.cache_shared(),
        scoring.working(engine, discovery.clips, log) as (workers, work),
    ):
        task = TableTask(
            request.spec,
            discovery.clips,
            publication.temporary,
            scoring.out,
            scoring.max_failed_share,
            scoring.costs(discovery.clips, kept),
        )
        table = task.make(work, workers, log)
        common = _common(request, discovery, engine, table)
        common["run_provenance"] = _provenance(asset, request, launch, engine)
        manifest = request.manifest(table, common | {"dagster": launch.dagster})
        publication.publish(manifest)
    said = acceleration_line(manifest, missed)
    return ScoredBuilt(manifest, scoring.manifest_out, table, request.spec, said)


def _kernels(engine: Engine) -> str:
    """Say which columns kernels compute."""
    columns = engine.computation(*LARGE).kernels
    if not columns:
        return ""
    first = "compiled where they are not yet, and checked on the first frames"
    return f"; kernels {engine.kernels} for {', '.join(sorted(columns))}, {first}"


def _common(
    request: ScoredRequest, discovery: Discovery, engine: Engine, table: ScoredTable
) -> dict[str, Any]:
    """Return the blocks that the manifests of all scored tables have."""
    scoring, evidence = request.scoring, table.evidence
    parts = computed_parts(evidence.computed, engine)
    return {
        "features": request.features.columns,
        "created": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "artifact": table.artifact,
        "engine": _engine(engine, parts),
        "inventory": InventoryPart.of(request.root, evidence.sources),
        "cache": cache_part(scoring.cache_policy, scoring.cache_dir, evidence.lookups),
        "trusted_reports": tuple(
            TrustedPart(key=key, sha256=sha256) for key, sha256 in evidence.trusted.items()
        ),
        "counts": CountsPart.of(discovery, table.counts),
        "skipped": tuple(SkippedPart(name=s.name, reason=s.reason) for s in discovery.skipped),
        "failures": tuple(map(FailurePart.of, evidence.failures)),
        "unavailable_features": unavailable_parts(evidence.unavailable, table.counts),
        "computed_by": parts,
        "acceleration": AccelerationPart(
            setting=scoring.accelerate, checks=tuple(map(CheckPart.of, evidence.verdicts))
        ),
    }


def _engine(engine: Engine, computed: Sequence[ComputedPart]) -> EnginePart:
    """Describe the engine; kernels that computed nothing, wherever clips were scored, are none."""
    part = EnginePart.of(engine)
    if any(one.by == "kernels" for one in computed):
        return part
    return part.model_copy(update={"kernels": None})


def _provenance(
    asset: ScoredAsset, request: ScoredRequest, launch: Launch, engine: Engine
) -> RunProvenance:
    scoring = request.scoring
    return RunProvenance(
        entrypoint=entry_point(asset.module),
        argv=launch.argv,
        args=asset.args(request),
        inputs=_inputs(request, engine),
        outputs={"parquet": str(scoring.out), "manifest": str(scoring.manifest_out)},
    )


def _inputs(request: ScoredRequest, engine: Engine) -> dict[str, InputRecord | list[InputRecord]]:
    """Describe folders and programs by the names that existing readers use.

    `vmaf_bin` is the program that runs libvmaf; `ffmpeg` is there where that is another one.
    """
    identity, model = engine.identity, request.scoring.model
    inputs = {**request.inputs, "cache_dir": input_record(request.scoring.cache_dir)}
    programs = {"vmaf_bin": identity.binary}
    if identity.encoder:
        programs["ffmpeg"] = identity.encoder.binary
    for name, binary in programs.items():
        inputs[name] = input_record(Path(binary.path), binary.sha256)
    if model.path:
        inputs["model"] = input_record(Path(model.path), model.sha256)
    return {**inputs}
