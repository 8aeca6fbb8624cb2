"""From a folder of reports to the published corpus rows and their manifest."""

from __future__ import annotations

import datetime as dt
import math
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from corpus_assets.artifacts.clip_scores import ClipScores
from corpus_assets.artifacts.publication import publishing
from corpus_assets.corpora.bvi_dvc import size_of
from corpus_assets.corpora.listing import shown
from corpus_assets.corpora.texts import bounded
from corpus_assets.errors import ClipError, NothingScoredError
from corpus_assets.extraction.kept_report import KeptReport, read_report
from corpus_assets.extraction.outcome import SourceRecord
from corpus_assets.manifests.parts import ArtifactPart, InventoryPart
from corpus_assets.manifests.provenance import RunProvenance, entry_point, input_record
from corpus_assets.manifests.rows import (
    CorpusRowsManifest,
    RefusedPart,
    ReportCountsPart,
    RowsStats,
)
from corpus_assets.tables.corpus_row import ROW_SCHEMA_VERSION, VOLATILE
from corpus_assets.tables.jsonl import JsonLines
from corpus_assets.tables.report_row import row_of

if TYPE_CHECKING:
    from corpus_assets.artifacts.corpus_rows import CorpusRowsRequest
    from corpus_assets.artifacts.request import Asset, Launch, Log

FAILURES_LOGGED = 20
FAILURES_SHOWN = 3


@dataclass
class RowsEvidence:
    """What the reports of a run leave behind besides rows; small for every report."""

    files: list[SourceRecord] = field(default_factory=list)
    failures: list[RefusedPart] = field(default_factory=list)
    ours: int = 0
    incomplete: int = 0
    clips: ClipScores = field(default_factory=ClipScores)

    def counts(self) -> ReportCountsPart:
        """Count the reports by how they ended."""
        return ReportCountsPart(
            found=len(self.files) + len(self.failures),
            ours=self.ours,
            foreign=len(self.files) - self.ours,
            failed=len(self.failures),
            incomplete=self.incomplete,
        )


@dataclass(frozen=True, slots=True)
class RowsBuilt:
    """A published table of corpus rows."""

    manifest: CorpusRowsManifest
    manifest_path: Path
    clips: ClipScores
    elapsed_seconds: float

    @property
    def content_sha256(self) -> str:
        """The digest of the rows' content."""
        return self.manifest.artifact.content_sha256


def build(
    asset: Asset[CorpusRowsRequest], request: CorpusRowsRequest, launch: Launch, log: Log
) -> RowsBuilt:
    """Make and publish the rows: table first, then the manifest that names its digest.

    Raises SetupError before any work, DataError when no report gives a row; what was there before
    is then untouched.
    """
    started = time.monotonic()
    request.check()
    request.check_writable()
    with publishing(request.output, request.manifest_out, "output", log) as publication:
        with JsonLines(publication.temporary, VOLATILE) as table:
            evidence = _write(request, table, log)
        artifact = ArtifactPart.of(publication.temporary, request.output, table, asset.spec)
        manifest = _manifest(asset, request, launch, artifact, evidence)
        publication.publish(manifest)
    elapsed = time.monotonic() - started
    return RowsBuilt(manifest, request.manifest_out, evidence.clips, elapsed)


def _write(request: CorpusRowsRequest, table: JsonLines, log: Log) -> RowsEvidence:
    """Turn reports into rows, one after the other. Raises NothingScoredError, OSError."""
    evidence, timestamp = RowsEvidence(), dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    for path in request.reports():
        try:
            report = read_report(path)
            row = row_of(report, request.labels, timestamp)
        except ClipError as error:
            _refuse(evidence, RefusedPart(key=shown(path.stem), **_why(error)), log)
            continue
        table.append(row)
        _keep(evidence, report)
    if not table.rows:
        raise NothingScoredError(_none(request.cache_dir, evidence.failures))
    log(f"{table.rows} rows, {len(evidence.failures)} reports failed")
    return evidence


def _keep(evidence: RowsEvidence, report: KeptReport) -> None:
    summary = report.summary
    evidence.files.append(SourceRecord(report.name, report.bytes, report.sha256))
    evidence.ours += report.header is not None
    evidence.clips.add_one(report.key, summary.vmaf, size_of(report.key))
    known = (*summary.means.values(), *summary.deviations.values())
    evidence.incomplete += any(map(math.isnan, known))


def _why(error: ClipError) -> dict[str, str]:
    return {"stage": error.stage, "reason": error.reason}


def _refuse(evidence: RowsEvidence, refused: RefusedPart, log: Log) -> None:
    """Keep a failure; only the first are logged, for a log call costs more than a report."""
    evidence.failures.append(refused)
    if len(evidence.failures) <= FAILURES_LOGGED:
        log(f"failed: {refused.key}: {refused.stage}: {refused.reason}")


def _none(folder: Path, failures: list[RefusedPart]) -> str:
    lines = bounded(failures, FAILURES_SHOWN, lambda one: f"{one.key}: {one.reason}")
    examples = "".join(f"\n  {line}" for line in lines)
    return (
        f"none of the {len(failures)} reports in {folder} gives a row; nothing was written:"
        f"{examples}"
    )


def _manifest(
    asset: Asset[CorpusRowsRequest],
    request: CorpusRowsRequest,
    launch: Launch,
    artifact: ArtifactPart,
    evidence: RowsEvidence,
) -> CorpusRowsManifest:
    labels, counts = request.labels, evidence.counts()
    return CorpusRowsManifest(
        row_schema_version=ROW_SCHEMA_VERSION,
        encoder=labels.encoder,
        preset=labels.preset,
        crf=labels.crf,
        pix_fmt=labels.pix_fmt,
        stats=RowsStats(cache_files=counts.found, rows=artifact.rows),
        run_provenance=RunProvenance(
            entrypoint=entry_point(asset.module),
            argv=launch.argv,
            args=asset.args(request),
            inputs={"cache_dir": input_record(request.cache_dir)},
            outputs={"jsonl": str(request.output), "manifest": str(request.manifest_out)},
        ),
        created=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        artifact=artifact,
        inventory=InventoryPart.of(request.cache_dir, evidence.files),
        counts=counts,
        failures=tuple(evidence.failures),
        dagster=launch.dagster,
    )
