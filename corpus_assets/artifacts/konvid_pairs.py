"""`konvid_1k/vmaf_pairs`: from a request to the published table and manifest."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus_assets.artifacts.scored_table import ScoredTable, TableTask
from corpus_assets.artifacts.settings import (
    Environment,
    SharedSettings,
    VmafPairsSettings,
    absolute,
)
from corpus_assets.artifacts.storage import OUTPUT_REMEDY, check_outputs, check_writable
from corpus_assets.corpora.konvid_1k import VIDEOS_FOLDER, discover, recipe
from corpus_assets.errors import SetupError, StorageError
from corpus_assets.extraction.cache import CACHE_REMEDY, ReportCache
from corpus_assets.extraction.scorer import CachePolicy, ClipScorer
from corpus_assets.extraction.workers import ThreadWorkers
from corpus_assets.files import publish, removed_on_error, temporary_beside
from corpus_assets.libvmaf.command import RECIPE_VERSION
from corpus_assets.libvmaf.embedded import FfmpegEngine, embedded_ffmpeg
from corpus_assets.libvmaf.features import CANONICAL6
from corpus_assets.libvmaf.model import Model, resolve_model
from corpus_assets.manifests.document import manifest_path, write_manifest
from corpus_assets.manifests.konvid import KonvidPairsManifest, KonvidStats
from corpus_assets.manifests.parts import (
    CountsPart,
    DagsterPart,
    EnginePart,
    FailurePart,
    InventoryPart,
    RecipePart,
    SkippedPart,
    cache_part,
)
from corpus_assets.manifests.provenance import InputRecord, RunProvenance, entry_point, input_record
from corpus_assets.tables.schema import KONVID_VMAF_PAIRS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from corpus_assets.corpora.clip import Discovery
    from corpus_assets.libvmaf.engine import Engine

ASSET_KEY = ("konvid_1k", "vmaf_pairs")
CORPUS = "konvid_1k"
TABLE_NAME = "konvid_vmaf_pairs.parquet"
TABLE_VERSION = 1
CODE_VERSION = f"table {TABLE_VERSION}, recipe {RECIPE_VERSION}"


@dataclass(frozen=True, slots=True)
class VmafPairsRequest:
    """Every setting of a run, resolved; nothing more is looked up."""

    konvid_root: Path
    out: Path
    manifest_out: Path
    crf: int
    max_clips: int | None
    cache_dir: Path
    cache_policy: CachePolicy
    model: Model
    ffmpeg: str | None
    workers: int

    @property
    def settings(self) -> dict[str, Any]:
        """The effective value of every setting of the asset, by the setting's name."""
        return {
            "cache_dir": str(self.cache_dir),
            "cache_policy": self.cache_policy,
            "crf": self.crf,
            "konvid_root": str(self.konvid_root),
            "manifest_out": str(self.manifest_out),
            "max_clips": self.max_clips,
            "model": self.model.path or self.model.name,
            "out": str(self.out),
            "vmaf_bin": None,
        }

    @property
    def shared(self) -> dict[str, Any]:
        """The effective value of what resources carry and the artifact depends on."""
        return {"ffmpeg": self.ffmpeg, "workers": self.workers}

    def discover(self) -> Discovery:
        """Find the clips. Raises RootError or EmptyCorpusError."""
        return discover(self.konvid_root, self.crf, self.max_clips)

    def engine(self) -> FfmpegEngine:
        """Return the engine. Raises EngineError."""
        return FfmpegEngine(self.ffmpeg or embedded_ffmpeg(), self.model, CANONICAL6)

    def scorer(self, engine: Engine) -> ClipScorer:
        """Return what turns the clips into outcomes."""
        return ClipScorer(engine, ReportCache(str(self.cache_dir)), self.cache_policy)

    def check(self) -> None:
        """Try the folders that the run will write. Raises SetupError."""
        check_outputs(self.out, self.manifest_out)
        if self.cache_policy != "off":
            check_writable("cache", self.cache_dir, CACHE_REMEDY)


@dataclass(frozen=True, slots=True)
class Launch:
    """Who launched a run: the command line that repeats it, and Dagster's facts."""

    argv: tuple[str, ...]
    dagster: DagsterPart | None = None


@dataclass(frozen=True, slots=True)
class Built:
    """A published artifact."""

    manifest: KonvidPairsManifest
    manifest_path: Path
    table: ScoredTable


def resolve(
    settings: VmafPairsSettings,
    shared: SharedSettings | None = None,
    variables: Mapping[str, str] | None = None,
) -> VmafPairsRequest:
    """Find every setting: run config, resources, environment, default. Raises SetupError."""
    shared = shared or SharedSettings()
    environment = Environment(os.environ if variables is None else variables)
    if vmaf_bin := environment.vmaf_bin(settings.vmaf_bin, shared):
        raise SetupError(
            f"vmaf_bin: {vmaf_bin} is set, but your own vmaf tool cannot be used as engine yet; "
            "unset vmaf_bin and VMAF_BIN to use the embedded engine"
        )
    out = absolute(settings.out or environment.output_dir(shared) / TABLE_NAME)
    return VmafPairsRequest(
        konvid_root=environment.konvid_root(settings.konvid_root),
        out=out,
        manifest_out=absolute(settings.manifest_out or manifest_path(out)),
        crf=settings.crf,
        max_clips=settings.max_clips,
        cache_dir=absolute(settings.cache_dir or environment.cache_dir(shared) / CORPUS),
        cache_policy=settings.cache_policy,
        model=resolve_model(environment.model(settings.model, shared)),
        ffmpeg=environment.ffmpeg(shared),
        workers=environment.workers(shared),
    )


def build(request: VmafPairsRequest, launch: Launch, log: Callable[[str], None]) -> Built:
    """Make and publish the artifact: table first, then the manifest that names its digest.

    Raises SetupError before any work, DataError when no clip could be scored; the artifact that
    was there before is then untouched.
    """
    discovery = request.discover()
    request.check()
    engine = request.engine()
    log(f"engine: {engine.identity.kind} {engine.identity.version}, model {request.model.name}")
    target = request.out
    try:
        with (
            removed_on_error(temporary_beside(target)) as temporary,
            ThreadWorkers(request.workers) as workers,
        ):
            task = TableTask(KONVID_VMAF_PAIRS, discovery.clips, temporary, target)
            table = task.make(request.scorer(engine), workers, log)
            manifest = _manifest(request, launch, discovery, engine, table)
            publish(temporary, target)
            write_manifest(request.manifest_out, manifest)
    except OSError as error:
        raise StorageError("output", target.parent, str(error.strerror), OUTPUT_REMEDY) from error
    return Built(manifest, request.manifest_out, table)


def _manifest(
    request: VmafPairsRequest,
    launch: Launch,
    discovery: Discovery,
    engine: Engine,
    table: ScoredTable,
) -> KonvidPairsManifest:
    counts, evidence = table.counts, table.evidence
    return KonvidPairsManifest(
        features=CANONICAL6.columns,
        crf=request.crf,
        cache_enabled=request.cache_policy != "off",
        failed_clips=tuple(failed.clip.key for failed in evidence.failures),
        stats=KonvidStats(
            clips_selected=counts.selected,
            clips_processed=counts.selected - counts.failed,
            clips_failed=counts.failed,
            frames=table.artifact.rows,
            elapsed_s=table.elapsed_seconds,
        ),
        run_provenance=RunProvenance(
            entrypoint=entry_point(__name__),
            argv=launch.argv,
            args=request.settings | request.shared,
            inputs=_inputs(request, engine),
            outputs={"parquet": str(request.out), "manifest": str(request.manifest_out)},
        ),
        created=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        artifact=table.artifact,
        engine=EnginePart.of(engine),
        recipe=RecipePart.of(recipe(request.crf)),
        inventory=InventoryPart.of(request.konvid_root, evidence.sources),
        cache=cache_part(request.cache_policy, request.cache_dir, evidence.lookups),
        counts=CountsPart.of(discovery, counts),
        skipped=tuple(SkippedPart(name=s.name, reason=s.reason) for s in discovery.skipped),
        failures=tuple(map(FailurePart.of, evidence.failures)),
        dagster=launch.dagster,
    )


def _inputs(
    request: VmafPairsRequest, engine: Engine
) -> dict[str, InputRecord | list[InputRecord]]:
    identity, model = engine.identity, request.model
    inputs = {
        "konvid_root": input_record(request.konvid_root),
        "videos_dir": input_record(request.konvid_root / VIDEOS_FOLDER),
        "cache_dir": input_record(request.cache_dir),
        "vmaf_bin": input_record(Path(identity.binary), identity.binary_sha256),
    }
    if model.path:
        inputs["model"] = input_record(Path(model.path), model.sha256)
    return {**inputs}
