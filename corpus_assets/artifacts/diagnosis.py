"""What a machine is set up for: engine, corpora and folders. No clip is scored."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from corpus_assets.artifacts.accelerating import missed_columns
from corpus_assets.artifacts.catalog import SCORED
from corpus_assets.artifacts.environment import Environment
from corpus_assets.artifacts.scoring import Scoring, common_scoring
from corpus_assets.artifacts.settings import EMBEDDED, SharedSettings
from corpus_assets.artifacts.storage import check_writable, output_remedy
from corpus_assets.errors import CorpusAssetsError, StorageError, UnsetRootError
from corpus_assets.extraction.cache import CACHE_REMEDY
from corpus_assets.extraction.workers import available_processors
from corpus_assets.libvmaf.engine import LARGE
from corpus_assets.libvmaf.features import EXTRACTORS, FULL
from corpus_assets.libvmaf.model import BUILT_IN_NAMES, DEFAULT_MODEL, Model

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from corpus_assets.artifacts.scored import ScoredAsset
    from corpus_assets.libvmaf.acceleration import Accelerate
    from corpus_assets.libvmaf.engine import Engine


SOUND = SharedSettings(
    model=DEFAULT_MODEL, ffmpeg=EMBEDDED, vmaf_bin=EMBEDDED, workers=1, accelerate="off"
)
"""Values that cannot be wrong, so that a corpus is looked at whatever else is."""


@dataclass(frozen=True, slots=True)
class EngineState:
    """The program that computes and what it can do, for frames of 1920x1080.

    `extractors` maps each that some column may come from to whether this build has it;
    `null_columns` maps the columns of `full` that will be null to the reason.
    """

    kind: str
    binary: str
    binary_sha256: str
    version: str
    libvmaf_version: str
    encoder: str | None
    model: str
    extractors: Mapping[str, bool]
    null_columns: Mapping[str, str]
    models: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KernelsState:
    """The setting `accelerate`, and the columns of 1920x1080 frames that kernels compute.

    `version` and `numba`, that of their compiler, are None where libvmaf computes everything;
    `missed` are the columns that kernels would compute if Numba were installed.
    """

    setting: Accelerate
    version: int | None
    numba: str | None
    columns: tuple[str, ...]
    missed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RootState:
    """A corpus: `found` and `skipped` count its clips, or `message` says what is not right."""

    status: Literal["found", "not set", "wrong"]
    path: str | None = None
    clips: int = 0
    skipped: int = 0
    message: str = ""


@dataclass(frozen=True, slots=True)
class FolderState:
    """A folder that runs write; `message` says why they could not."""

    path: str
    writable: bool
    message: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Everything that was looked at; `problems` must be mended before assets can be made.

    `dask` are the threads of the workers of a Dask cluster by address, where one is set.
    """

    engine: EngineState | None
    kernels: KernelsState | None
    roots: Mapping[str, RootState]
    folders: Mapping[str, FolderState]
    workers: int | None
    processors: int
    dask: Mapping[str, int] | None
    problems: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the diagnosis for machines."""
        return asdict(self)


def diagnose(shared: SharedSettings, variables: Mapping[str, str]) -> Diagnosis:
    """Look at everything; what is wrong is in the result, and hides nothing else."""
    scoring, engine, kernels, dask, problems = None, None, None, None, []
    try:
        scoring = common_scoring(shared, Environment(variables))
        program = scoring.engine(FULL)
        engine, kernels = _engine(program, scoring), _kernels(program, scoring)
        dask = scoring.cluster_threads(program)
    except CorpusAssetsError as error:
        problems.append(str(error))
    roots = {asset.key[0]: _root(asset, variables) for asset in SCORED}
    folders = _folders(shared, Environment(variables))
    states: list[RootState | FolderState] = [*roots.values(), *folders.values()]
    return Diagnosis(
        engine=engine,
        kernels=kernels,
        roots=roots,
        folders=folders,
        workers=scoring.workers if scoring else None,
        processors=available_processors(),
        dask=dask,
        problems=(*problems, *(state.message for state in states if _is_wrong(state))),
    )


def _engine(engine: Engine, scoring: Scoring) -> EngineState:
    """Ask the program. Raises EngineError."""
    identity = engine.identity
    return EngineState(
        kind=identity.kind,
        binary=identity.binary.path,
        binary_sha256=identity.binary.sha256,
        version=identity.version,
        libvmaf_version=identity.libvmaf_version,
        encoder=identity.encoder.binary.path if identity.encoder else None,
        model=scoring.model.path or scoring.model.name,
        extractors=_extractors(engine),
        null_columns=engine.computation(*LARGE).unavailable,
        models=_models(engine),
    )


def _kernels(engine: Engine, scoring: Scoring) -> KernelsState:
    """Say what kernels would do in a run. Raises EngineError."""
    return KernelsState(
        setting=scoring.accelerate,
        version=engine.kernels.version if engine.kernels else None,
        numba=engine.kernels.numba if engine.kernels else None,
        columns=tuple(sorted(engine.computation(*LARGE).kernels)),
        missed=missed_columns(engine, scoring.accelerate),
    )


def _extractors(engine: Engine) -> dict[str, bool]:
    trials = engine.trials.all_of((engine.model, (name,)) for name in EXTRACTORS)
    return {name: bool(trial.keys) for name, trial in zip(EXTRACTORS, trials, strict=True)}


def _models(engine: Engine) -> tuple[str, ...]:
    """Return the built-in models that this program can score with."""
    trials = engine.trials.all_of((Model(name), ()) for name in BUILT_IN_NAMES)
    both = zip(BUILT_IN_NAMES, trials, strict=True)
    return tuple(name for name, trial in both if trial.keys)


def _root(asset: ScoredAsset, variables: Mapping[str, str]) -> RootState:
    """Find a corpus as its asset would."""
    try:
        requests = asset.resolve(asset.settings(), SOUND, variables)
    except UnsetRootError as error:
        return RootState("not set", message=str(error))
    except CorpusAssetsError as error:
        return RootState("wrong", message=str(error))
    root = str(requests[0].root)
    try:
        found = [request.discover() for request in requests]
    except CorpusAssetsError as error:
        return RootState("wrong", root, message=str(error))
    clips = sum(len(discovery.clips) for discovery in found)
    return RootState("found", root, clips, len(found[0].skipped))


def _folders(shared: SharedSettings, environment: Environment) -> dict[str, FolderState]:
    output, cache = environment.output_dir(shared), environment.cache_dir(shared)
    return {
        "output": _folder("output", output, output_remedy("out")),
        "cache": _folder("cache", cache, CACHE_REMEDY),
    }


def _folder(what: str, folder: Path, remedy: str) -> FolderState:
    """Try the folder, or where it would be made, without making it."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        check_writable(what, there, remedy)
    except StorageError as error:
        return FolderState(str(folder), writable=False, message=str(error))
    return FolderState(str(folder), writable=True)


def _is_wrong(state: RootState | FolderState) -> bool:
    if isinstance(state, RootState):
        return state.status == "wrong"
    return not state.writable
