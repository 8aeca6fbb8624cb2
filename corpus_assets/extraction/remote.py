"""Scoring in a Dask worker: the part that runs over there.

A process makes one scorer a run, so that trials and the digests of shared references are not made
again for every clip. A clip ends as soon as its task is not wanted any more, which Dask by itself
only says: it lets a running task go on.
"""

from __future__ import annotations

import contextlib
import threading
import traceback
from collections import Counter
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from corpus_assets.errors import CorpusAssetsError, EngineError
from corpus_assets.extraction.peers import Facts, Landmarks
from corpus_assets.libvmaf.process import Children

if TYPE_CHECKING:
    from collections.abc import Iterator

    from distributed import Worker

    from corpus_assets.corpora.clip import Clip
    from corpus_assets.extraction.outcome import Outcome
    from corpus_assets.extraction.scorer import ClipScorer
    from corpus_assets.extraction.scorer_spec import ScorerSpec
    from corpus_assets.extraction.workers import Work

WATCH_SECONDS = 0.2
"""How often a clip's task is looked at."""
WANTED = frozenset({"executing", "long-running"})
"""States of a task whose result is waited for (`distributed.worker_state_machine`)."""
CLOSING = frozenset({"closing", "closed", "failed"})
"""States of a worker that takes part no more (`distributed.core.Status`)."""
RUNS_KEPT = 4


@dataclass(frozen=True, slots=True)
class RemoteScorer:
    """`Work` that can be sent to another process; `facts` are those of the run's own.

    A worker that joins later is held against them, and must find the landmarks too.
    """

    spec: ScorerSpec
    facts: Facts
    landmarks: Landmarks
    run: str

    def __call__(self, clip: Clip, children: Children) -> Outcome:
        """Return the outcome of a clip. Raises EngineError where this process has other facts."""
        with _making:
            scorer = _scorer(self)
        return scorer(clip, children)


_making = threading.Lock()


@lru_cache(maxsize=RUNS_KEPT)
def _scorer(work: RemoteScorer) -> ClipScorer:
    """Make the scorer of a run; a worker that joined later is looked at here."""
    from distributed import get_worker  # noqa: PLC0415 (this runs in a worker)

    worker = get_worker()
    spec = replace(work.spec, slots=worker.state.nthreads)
    try:
        engine = spec.engine()
        there = Facts.of(engine)
    except (EngineError, OSError) as error:
        raise EngineError(f"Dask worker {worker.address}: {error}") from error
    if different := [*work.facts.differences(there), *work.landmarks.missing()]:
        raise EngineError(f"Dask worker {worker.address} has {', '.join(different)}")
    return spec.scorer(engine)


def run_clip(work: Work, clip: Clip, run: str, key: str) -> Outcome | Exception:
    """Do the work as the task `key`, in a Dask worker's thread.

    What the work raises is returned: Dask's own way of sending errors fails with some of them.
    It is CancelledError when the task was cancelled, or the worker is closing.
    """
    from distributed import get_worker  # noqa: PLC0415 (this runs in a worker)

    children = Children()
    try:
        with _counted(run), _watched(get_worker(), key, children):
            return work(clip, children)
    except Exception as error:  # noqa: BLE001 (it is raised again where the run is)
        return _sendable(error)


def _sendable(error: Exception) -> Exception:
    """Return an error that arrives; with its traceback where it is not one of ours."""
    if isinstance(error, CorpusAssetsError):
        return error
    text = "".join(traceback.format_exception(error))
    return RuntimeError(f"a Dask worker failed: {text}")


def clips_running(run: str) -> int:
    """Return how many clips of a run are in work in this process."""
    return _running.get(run, 0)


_running: Counter[str] = Counter()
_counting = threading.Lock()


@contextlib.contextmanager
def _counted(run: str) -> Iterator[None]:
    with _counting:
        _running[run] += 1
    try:
        yield
    finally:
        with _counting:
            _running[run] -= 1
            if not _running[run]:
                del _running[run]


@contextlib.contextmanager
def _watched(worker: Worker, key: str, children: Children) -> Iterator[None]:
    """End the children once the task is not wanted any more."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(WATCH_SECONDS):
            task = worker.state.tasks.get(key)
            if task is None or task.state not in WANTED or worker.status.name in CLOSING:
                children.stop()
                return

    watcher = threading.Thread(target=watch, name=f"watch-{key}", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
