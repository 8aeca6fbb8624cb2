"""Clips on an existing Dask cluster, behind the same protocol as threads.

What a clip's task does is in `remote.py`. Here it is sent, and what comes back is told apart: an
outcome, an error that concerns every clip, a lost cluster, or a worker that the clip has killed.
"""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from distributed import KilledWorker
from distributed.client import ClosedClientError, FutureCancelledError
from distributed.comm.core import CommClosedError

from corpus_assets.errors import CancelledError, ClusterError
from corpus_assets.extraction.outcome import Failed
from corpus_assets.extraction.peers import said
from corpus_assets.extraction.remote import clips_running, run_clip

if TYPE_CHECKING:
    from collections.abc import Callable

    from distributed import Client
    from distributed import Future as Task

    from corpus_assets.corpora.clip import Clip
    from corpus_assets.extraction.outcome import Outcome
    from corpus_assets.extraction.workers import Work

LOOK_SECONDS = 5.0
"""How often the cluster is asked for its workers."""
ANSWER_SECONDS = 10.0
"""How long the scheduler may take to answer."""
POLL_SECONDS = 0.1
END_SECONDS = 20.0
"""How long the clips of a cancelled run may take to end on the workers."""
UNKNOWN, SILENT = -1, -2
"""Instead of a number of threads."""
LOST_ERRORS = (FutureCancelledError, ClosedClientError, CommClosedError, TimeoutError, OSError)
"""What a client raises once it has no scheduler."""


@dataclass(slots=True)
class _Sent:
    """A clip on its way; `suspected` once workers have died over it."""

    work: Work
    clip: Clip
    outcome: Future[Outcome]
    suspected: bool = False


class DaskWorkers:
    """The workers of the cluster that a client is connected to; `run` names what is sent.

    A clip over which Dask gave up, because the workers that had it died, is sent once more, and no
    other such clip beside it: perhaps a neighbour has killed them.
    """

    def __init__(self, client: Client, run: str, log: Callable[[str], None]) -> None:
        """Use a connected client, which stays open."""
        self._client, self._run, self._log = client, run, log
        self._lock = threading.RLock()
        self._in_work: dict[str, tuple[_Sent, Task[Any]]] = {}
        self._suspects: deque[_Sent] = deque()
        self._cancelled = False
        self._threads = UNKNOWN
        self._looked = -LOOK_SECONDS

    @property
    def count(self) -> int:
        """Threads of all workers that are there now; 1 while there are none."""
        if time.monotonic() - self._looked >= LOOK_SECONDS:
            try:
                self._note(self._client.nthreads(callback_timeout=ANSWER_SECONDS))
            except LOST_ERRORS:
                self._note_silence()
            self._looked = time.monotonic()
        return max(1, self._threads)

    def _note(self, threads: dict[str, int]) -> None:
        """Log how large the cluster is, when that changes."""
        total = sum(threads.values())
        if total != self._threads:
            wait = "" if total else "; clips wait for some"
            self._log(f"Dask: {len(threads)} workers, {total} clips at once{wait}")
        self._threads = total

    def _note_silence(self) -> None:
        """Log once that the scheduler does not answer; where it is gone, clips say so."""
        if self._threads != SILENT:
            self._log("Dask: the scheduler does not answer; clips wait for it")
        self._threads = SILENT

    def submit(self, work: Work, clip: Clip) -> Future[Outcome]:
        """Send one clip."""
        sent = _Sent(work, clip, Future())
        self._send(sent)
        return sent.outcome

    def cancel(self) -> None:
        """Take back what was sent, and wait until nothing of it runs on a worker that answers."""
        with self._lock:
            self._cancelled = True
            taken = list(self._in_work.values())
            self._in_work.clear()
        for sent, _ in taken:
            sent.outcome.cancel()
        if taken and self._client.status == "running":
            with contextlib.suppress(*LOST_ERRORS):
                self._client.cancel([task for _, task in taken], force=True)
                self._wait_for_end()

    def _wait_for_end(self) -> None:
        started = time.monotonic()
        while time.monotonic() - started < END_SECONDS:
            running = self._client.run(
                clips_running, self._run, on_error="ignore", callback_timeout=ANSWER_SECONDS
            )
            if not any(running.values()):
                return
            time.sleep(POLL_SECONDS)
        self._log("clips of this run may still run on Dask workers; they end within seconds")

    def _send(self, sent: _Sent) -> None:
        key = f"corpus_assets-{uuid.uuid4().hex}"
        with self._lock:
            if self._cancelled:
                sent.outcome.cancel()
                return
            try:
                task = self._client.submit(
                    run_clip, sent.work, sent.clip, self._run, key, key=key, pure=False
                )
            except Exception as error:  # noqa: BLE001 (else nobody would hear of it)
                sent.outcome.set_exception(_of_every_clip(error))
                return
            self._in_work[key] = (sent, task)
        task.add_done_callback(partial(self._settle, key))

    def _settle(self, key: str, task: Task[Any]) -> None:
        """Take what came back, in a thread of the client; nobody waits for what was cancelled."""
        try:
            result: Outcome | Exception = task.result()
        except KilledWorker as error:
            result = error
        except Exception as error:  # noqa: BLE001 (what the work raises comes as a result)
            result = _of_every_clip(error)
        with self._lock:
            found = self._in_work.pop(key, None)
        if found is None:
            return
        sent, _ = found
        again = sent.suspected
        self._take(sent, result)
        if again and sent.outcome.done():
            self._next_suspect()

    def _take(self, sent: _Sent, result: Outcome | Exception) -> None:
        if isinstance(result, KilledWorker):
            self._suspect(sent, result)
        elif isinstance(result, CancelledError):  # the worker was closed: it is nobody's fault
            self._send(sent)
        elif isinstance(result, Exception):
            sent.outcome.set_exception(result)
        else:
            sent.outcome.set_result(result)

    def _suspect(self, sent: _Sent, error: KilledWorker) -> None:
        """Try a clip again when its turn among such clips comes; the second time it has failed."""
        if sent.suspected:
            deaths = 2 * (error.allowed_failures + 1)
            reason = (
                f"{deaths} Dask workers died over it, the last of them {error.last_worker.address}:"
                " look into their logs, for memory that ran out or a file that crashes them"
            )
            sent.outcome.set_result(Failed(clip=sent.clip, stage="run", reason=reason))
            return
        sent.suspected = True
        with self._lock:
            self._suspects.append(sent)
            first = len(self._suspects) == 1
        if first:
            self._send(sent)

    def _next_suspect(self) -> None:
        with self._lock:
            self._suspects.popleft()
            following = self._suspects[0] if self._suspects else None
        if following:
            self._send(following)


def _of_every_clip(error: Exception) -> ClusterError:
    """Say why no clip can be sent: there is no cluster, or a worker cannot read what is sent."""
    if not isinstance(error, LOST_ERRORS):
        return ClusterError(f"a Dask worker cannot take a clip: {said(error)}")
    reason = error.reason if isinstance(error, FutureCancelledError) else str(error)
    return ClusterError(
        f"the Dask cluster is gone ({reason}); clips that had ended are in the cache: run it again "
        "when there is a cluster, or without dask_address"
    )
