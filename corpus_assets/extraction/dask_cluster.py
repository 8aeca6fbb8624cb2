"""Connecting to a Dask cluster, and looking at its workers before any clip is sent."""

from __future__ import annotations

import contextlib
import logging
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from distributed import Client
from distributed.comm.core import connect
from distributed.security import Security
from distributed.utils import LoopRunner

from corpus_assets.corpora.texts import bounded
from corpus_assets.errors import ClipError, ClusterError, SettingError
from corpus_assets.extraction.dask_workers import DaskWorkers
from corpus_assets.extraction.peers import Facts, Landmarks, differences, package_and_code, said
from corpus_assets.extraction.remote import RemoteScorer
from corpus_assets.files import temporary_beside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from corpus_assets.corpora.clip import Clip, Source, Stamp
    from corpus_assets.extraction.scorer_spec import ScorerSpec
    from corpus_assets.libvmaf.engine import Engine

CONNECT_SECONDS = 10
WORKERS_NAMED = 3
REMEDY = "set dask_address or CORPUS_ASSETS_DASK_ADDRESS to a scheduler's address, or unset it"


@contextlib.contextmanager
def cluster_workers(
    address: str,
    spec: ScorerSpec,
    engine: Engine,
    clips: Sequence[Clip],
    log: Callable[[str], None],
) -> Iterator[tuple[DaskWorkers, RemoteScorer]]:
    """Give the workers of a cluster, and the work that they do for every clip.

    `engine` is that of `spec` in this process, which workers are compared with.

    Raises ClusterError when the scheduler cannot be reached or has another package, or a worker
    would not give the same results or does not see the same files.
    """
    with _connected(address) as client, _landmarks(spec, clips) as landmarks:
        work = RemoteScorer(spec, Facts.of(engine), landmarks, uuid.uuid4().hex)
        _check(client, work)
        workers = DaskWorkers(client, work.run, log)
        try:
            yield workers, work
        finally:
            workers.cancel()


def cluster_threads(address: str, spec: ScorerSpec, engine: Engine) -> dict[str, int]:
    """Return the threads of each worker by its address, once all would give the same results.

    Raises ClusterError or EngineError.
    """
    with _connected(address) as client:
        _check(client, RemoteScorer(spec, Facts.of(engine), Landmarks(None, None), ""))
        return dict(client.nthreads())


@contextlib.contextmanager
def _connected(address: str) -> Iterator[Client]:
    try:
        LoopRunner(asynchronous=False).run_sync(_reach, address)
        client = Client(
            address, timeout=CONNECT_SECONDS, set_as_default=False, name="corpus_assets"
        )
    except (ValueError, TypeError, RuntimeError) as error:  # by scheme, TLS settings, libraries
        raise SettingError("dask_address", address, f"{error}; {REMEDY}") from error
    except OSError as error:
        raise ClusterError(f"no Dask scheduler answers at {address}; {REMEDY}") from error
    with _quiet("distributed.client"), client:
        yield client


async def _reach(address: str) -> None:
    """Try the address: a client that cannot connect leaves a thread and warnings behind."""
    arguments = Security().get_connection_args("client")
    comm = await connect(address, timeout=CONNECT_SECONDS, **arguments)
    await comm.close()


@contextlib.contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Keep a logger from telling, with tracebacks, what an error of ours says."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


@contextlib.contextmanager
def _landmarks(spec: ScorerSpec, clips: Sequence[Clip]) -> Iterator[Landmarks]:
    """Put a file into the cache folder for as long as workers may look for it."""
    source = next(filter(None, map(_found, clips[:1])), None)
    if spec.policy == "off":
        yield Landmarks(None, source)
        return
    marker = temporary_beside(spec.cache_dir / "dask")
    marker.touch()
    try:
        yield Landmarks(marker, source)
    finally:
        marker.unlink(missing_ok=True)


def _found(clip: Clip) -> tuple[Source, Stamp] | None:
    with contextlib.suppress(ClipError, OSError):
        return clip.reference.source, clip.reference.source.stamp()
    return None


def _check(client: Client, work: RemoteScorer) -> None:
    """Ask the scheduler and all workers. Raises ClusterError naming the first that will not do."""
    _check_scheduler(client, work.facts)
    answers = client.run(differences, work.facts, work.spec, work.landmarks, on_error="return")
    wrong = [(worker, said(answer)) for worker, answer in answers.items() if answer]
    if wrong:
        lines = bounded(wrong, WORKERS_NAMED, lambda one: f"{one[0]}: {one[1]}")
        raise ClusterError(
            f"{len(wrong)} of {len(answers)} Dask workers cannot take part; nothing was scored. "
            "Give them the package, engine, Numba and folders of this run:"
            + "".join(f"\n  {line}" for line in lines)
        )


def _check_scheduler(client: Client, facts: Facts) -> None:
    """Look at the scheduler, which reads every task. Raises ClusterError."""
    try:
        package, code = client.run_on_scheduler(package_and_code)
        different = facts.differences(replace(facts, package=package, code=code))
    except Exception as error:  # noqa: BLE001 (of whatever kind reading has failed with over there)
        different = [said(error)]
    if different:
        raise ClusterError(
            f"the Dask scheduler cannot take part; nothing was scored. Give it the package of this "
            f"run: {'; '.join(different)}"
        )
