"""What every scored asset resolves: outputs, cache, model, programs and workers."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from corpus_assets.artifacts.environment import absolute
from corpus_assets.artifacts.settings import ScoringSettings
from corpus_assets.artifacts.space import NUMBER_BYTES, REPORT_BYTES, Need, check_space
from corpus_assets.artifacts.storage import (
    PARQUET,
    check_outputs,
    check_outside,
    check_writable,
    output_remedy,
)
from corpus_assets.errors import ClipError, SetupError, StorageError
from corpus_assets.extraction.cache import CACHE_REMEDY, ReportCache
from corpus_assets.extraction.scorer import CachePolicy, ClipScorer
from corpus_assets.extraction.scorer_spec import ScorerSpec
from corpus_assets.extraction.workers import ThreadWorkers
from corpus_assets.libvmaf.model import Model, resolve_model
from corpus_assets.locks import shared_folder
from corpus_assets.manifests.document import manifest_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import ModuleType

    from corpus_assets.artifacts.environment import Environment
    from corpus_assets.artifacts.settings import SharedSettings
    from corpus_assets.corpora.clip import Clip
    from corpus_assets.corpora.listing import Links
    from corpus_assets.extraction.workers import Work, Workers
    from corpus_assets.libvmaf.acceleration import Accelerate
    from corpus_assets.libvmaf.engine import Engine
    from corpus_assets.libvmaf.features import FeatureSet
    from corpus_assets.tables.schema import TableSpec

GIB = 1 << 30
TRIALS_FOLDER = "engines"
"""Below the folder of caches: what trials have shown of each program."""


@dataclass(frozen=True, slots=True)
class Scoring:
    """Resolved settings; nothing more is looked up."""

    out: Path
    manifest_out: Path
    cache_dir: Path
    cache_policy: CachePolicy
    model: Model
    vmaf_bin: str | None
    ffmpeg: str | None
    workers: int
    dask_address: str | None
    memory_gib: float | None
    trials_dir: Path | None
    links: Links
    max_failed_share: float
    clip_timeout: float | None
    accelerate: Accelerate

    @classmethod
    def resolve(
        cls,
        settings: ScoringSettings,
        shared: SharedSettings,
        environment: Environment,
        *,
        table: str,
        cache_dir: Path,
    ) -> Self:
        """Find every value: run config, resources, environment, default. Raises SetupError."""
        out = absolute(settings.out or environment.output_dir(shared) / table)
        caches = environment.cache_dir(shared)
        return cls(
            out=out,
            manifest_out=absolute(settings.manifest_out or manifest_path(out)),
            cache_dir=cache_dir,
            cache_policy=settings.cache_policy,
            model=resolve_model(environment.model(settings.model, shared)),
            vmaf_bin=_program(environment.vmaf_bin(settings.vmaf_bin, shared)),
            ffmpeg=_program(environment.ffmpeg(shared)),
            workers=environment.workers(shared),
            dask_address=environment.dask_address(shared),
            memory_gib=shared.memory_gib,
            trials_dir=None if settings.cache_policy == "off" else caches / TRIALS_FOLDER,
            links=settings.links,
            max_failed_share=settings.max_failed_share,
            clip_timeout=settings.clip_timeout,
            accelerate=environment.accelerate(settings.accelerate, shared),
        )

    @property
    def settings(self) -> dict[str, Any]:
        """The effective value of the settings that all scored assets take, by name."""
        return {
            "accelerate": self.accelerate,
            "cache_dir": str(self.cache_dir),
            "cache_policy": self.cache_policy,
            "clip_timeout": self.clip_timeout,
            "follow_symlinks": self.links.follow,
            "manifest_out": str(self.manifest_out),
            "max_failed_share": self.max_failed_share,
            "model": self.model.path or self.model.name,
            "out": str(self.out),
            "symlink_roots": list(map(str, self.links.roots)),
            "vmaf_bin": self.vmaf_bin,
        }

    @property
    def shared(self) -> dict[str, Any]:
        """The effective value of what resources carry and the artifact depends on."""
        return {
            "dask_address": self.dask_address,
            "ffmpeg": self.ffmpeg,
            "memory_gib": self.memory_gib,
            "workers": self.workers,
        }

    @property
    def cache(self) -> ReportCache:
        """The reports of earlier runs."""
        return ReportCache(str(self.cache_dir))

    def spec(self, features: FeatureSet) -> ScorerSpec:
        """Return what a scorer of a feature set is made of."""
        return ScorerSpec(
            ffmpeg=self.ffmpeg,
            vmaf_bin=self.vmaf_bin,
            model=self.model,
            features=features,
            clip_timeout=self.clip_timeout,
            memory=int(self.memory_gib * GIB) if self.memory_gib else None,
            slots=self.workers,
            trials_dir=self.trials_dir,
            cache_dir=self.cache_dir,
            policy=self.cache_policy,
            accelerate=self.accelerate,
            kernels_dir=self.trials_dir,
        )

    def engine(self, features: FeatureSet) -> Engine:
        """Return the engine that computes a feature set. Raises EngineError."""
        return self.spec(features).engine()

    def scorer(self, engine: Engine) -> ClipScorer:
        """Return what turns clips into outcomes."""
        return ClipScorer(engine, self.cache, self.cache_policy)

    @contextlib.contextmanager
    def working(
        self, engine: Engine, clips: Sequence[Clip], log: Callable[[str], None]
    ) -> Iterator[tuple[Workers, Work]]:
        """Give workers, and what they do for a clip: threads here, or those of a Dask cluster.

        Raises SetupError, ClusterError among it.
        """
        if self.dask_address is None:
            with ThreadWorkers(self.workers) as threads:
                yield threads, self.scorer(engine)
            return
        cluster, spec = _dask_support(), self.spec(engine.features)
        with cluster.cluster_workers(self.dask_address, spec, engine, clips, log) as both:
            yield both

    def cluster_threads(self, engine: Engine) -> dict[str, int] | None:
        """Return the threads of the Dask workers by address; None without cluster.

        Raises SetupError where the cluster cannot be used.
        """
        if self.dask_address is None:
            return None
        threads: dict[str, int] = _dask_support().cluster_threads(
            self.dask_address, self.spec(engine.features), engine
        )
        return threads

    def kept_keys(self, clips: Sequence[Clip]) -> frozenset[str]:
        """Return the keys of the clips that have a cache entry, by one look at the folder."""
        if self.cache_policy == "off":
            return frozenset()
        return self.cache.kept(clip.key for clip in clips)

    def costs(self, clips: Sequence[Clip], kept: frozenset[str]) -> list[int]:
        """Return an estimate of the work in each clip: 1 and the bytes of its sources.

        A file's size follows frames and frame size exactly where frames are raw, and roughly where
        they are compressed. A clip with an entry, or with sources that cannot be read, costs 1.
        """
        reads = self.cache_policy in ("reuse", "trust")
        return [1 if reads and clip.key in kept else 1 + _bytes_of(clip) for clip in clips]

    def check_space(self, clips: Sequence[Clip], spec: TableSpec, kept: frozenset[str]) -> None:
        """Look at what is free where the run will write. Raises StorageError."""
        row = NUMBER_BYTES * len(spec.columns)
        needs = [Need("output", self.out.parent, len(clips), row, output_remedy("out"))]
        if self.cache_policy != "off":
            new = sum(clip.key not in kept for clip in clips)
            needs.append(Need("cache", self.cache_dir, new, REPORT_BYTES, CACHE_REMEDY))
        check_space(clips, needs)

    @contextlib.contextmanager
    def cache_shared(self) -> Iterator[None]:
        """Use the cache folder beside other runs. Raises StorageError."""
        if self.cache_policy == "off":
            yield
            return
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(shared_folder(self.cache_dir))
            except OSError as error:
                raise StorageError.of("cache", self.cache_dir, error, CACHE_REMEDY) from error
            yield

    def check_paths(self, media: Sequence[Path]) -> None:
        """Look at where the run will write, not among `media`. Raises SettingError."""
        check_outputs("out", self.out, PARQUET, self.manifest_out, [*media, self.cache_dir])
        check_outside("cache_dir", self.cache_dir, media)

    def check_writable(self) -> None:
        """Try the folders that the run will write. Raises StorageError."""
        for path in (self.out, self.manifest_out):
            check_writable("output", path.parent, output_remedy("out"))
        if self.cache_policy != "off":
            check_writable("cache", self.cache_dir, CACHE_REMEDY)


def _bytes_of(clip: Clip) -> int:
    try:
        return sum(source.stamp().size for source in clip.sources)
    except (ClipError, OSError):
        return 0


def _dask_support() -> ModuleType:
    """Import what the extra brings. Raises SetupError."""
    try:
        from corpus_assets.extraction import dask_cluster  # noqa: PLC0415 (an extra)
    except ModuleNotFoundError as error:
        raise SetupError(
            f"dask_address is set, but {error.name} is not installed: "
            "pip install 'corpus-assets[dask]', or unset CORPUS_ASSETS_DASK_ADDRESS"
        ) from error
    return dask_cluster


def common_scoring(shared: SharedSettings, environment: Environment) -> Scoring:
    """Resolve what all assets that score have in common. Raises SetupError."""
    cache_dir = environment.cache_dir(shared)
    return Scoring.resolve(ScoringSettings(), shared, environment, table="", cache_dir=cache_dir)


def _program(name: str | None) -> str | None:
    """Return a program's absolute path; a name that is found on PATH counts."""
    if name is None:
        return None
    found = shutil.which(Path(name).expanduser())
    return str(absolute(found)) if found else name
