"""Running one child process: what happened is data, and nothing of it outlives the run."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

from corpus_assets.errors import CancelledError, EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from corpus_assets.libvmaf.permits import Permits

TAIL_LINES = 20
LINE_CHARACTERS = 400
ADDRESS = re.compile(r" @ 0x[0-9a-f]+")
"""Where in memory ffmpeg keeps what a line is about; differs from run to run."""
MEMORY_REMEDY = "set fewer workers, or a lower memory_gib"
EVENTS = Path("/proc/vmstat")
"""Where Linux counts the processes that it killed for want of memory."""
FIRST_TO_GO = "500"
"""Of a child, where memory runs out, before the run itself (`oom_score_adj`, proc(5))."""
CHATTER = re.compile(r"\[(info|verbose)\]( |$)")
"""Lines that ffmpeg prints at levels that say nothing about a failure."""


@dataclass(frozen=True, slots=True)
class ProcessRun:
    """All that is known of a process that has ended."""

    argv: tuple[str, ...]
    exit_code: int | None
    signal: str | None
    timed_out: bool
    out_of_memory: bool
    wall_seconds: float
    stderr_tail: tuple[str, ...]

    @property
    def program(self) -> str:
        """The name of the program, without its folder and what follows a dash."""
        return Path(self.argv[0]).name.partition("-")[0]

    @property
    def ended_well(self) -> bool:
        """Exit code 0, which by itself proves nothing about the report."""
        return self.exit_code == 0 and not self.timed_out

    def describe(self) -> str:
        """Say how it ended, in a few words."""
        if self.timed_out:
            return f"timed out after {self.wall_seconds:.0f} s"
        if self.out_of_memory:
            return f"killed by {self.signal}: the machine ran out of memory; {MEMORY_REMEDY}"
        return f"killed by {self.signal}" if self.signal else f"exit code {self.exit_code}"


@dataclass
class Children:
    """The running child processes of one run, so that a cancel can end them all."""

    permits: Permits | None = None
    _running: set[subprocess.Popen[bytes]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stopped: bool = False

    def run(
        self,
        argv: Sequence[str],
        *,
        descriptors: Sequence[int] = (),
        handed_over: Sequence[int] = (),
        timeout: float,
        on_line: Callable[[str], None] = lambda _: None,
    ) -> ProcessRun:
        """Run a command to its end; `on_line` sees every line of its standard error.

        The child inherits both kinds of descriptors; those handed over, ends of pipes, are closed
        here. Raises EngineError when the program cannot be started, CancelledError after `stop`.
        """
        started, killed_before = time.monotonic(), _killed_for_memory()
        tail: deque[str] = deque(maxlen=TAIL_LINES)
        with self._started(argv, descriptors, handed_over) as process:
            overdue = threading.Event()
            timer = threading.Timer(timeout, _end_overdue, (process, overdue))
            timer.start()
            try:
                _read_lines(process.stderr, tail, on_line)
                code = process.wait()
            finally:
                timer.cancel()
        self.refuse_if_stopped()
        return ProcessRun(
            argv=tuple(argv),
            exit_code=code if code >= 0 else None,
            signal=_signal_name(-code) if code < 0 else None,
            timed_out=overdue.is_set(),
            out_of_memory=code == -signal.SIGKILL
            and not overdue.is_set()
            and _killed_for_memory() > killed_before,
            wall_seconds=time.monotonic() - started,
            stderr_tail=tuple(tail),
        )

    def refuse_if_stopped(self) -> None:
        """Raise CancelledError after `stop`."""
        if self._stopped:
            raise CancelledError("the run is being cancelled")

    def take_turn(self) -> None:
        """Wait for this thread's turn to score, unless it has come. Raises CancelledError."""
        if self.permits is not None:
            self.permits.take(self.refuse_if_stopped)

    def end_turn(self) -> None:
        """Let another clip be scored."""
        if self.permits is not None:
            self.permits.give_back()

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Let another clip be scored while this one waits. Raises CancelledError after `stop`."""
        if self.permits is None:
            yield
            return
        with self.permits.lent(self.refuse_if_stopped):
            yield

    def stop(self) -> None:
        """End every running child, and refuse to start others."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                _kill_group(process)

    @contextlib.contextmanager
    def _started(
        self, argv: Sequence[str], descriptors: Sequence[int], handed_over: Sequence[int]
    ) -> Iterator[subprocess.Popen[bytes]]:
        with self._lock, _closed(handed_over):
            self.refuse_if_stopped()
            try:
                process = subprocess.Popen(
                    [*_ends_with_parent(), *argv],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    pass_fds=(*descriptors, *handed_over),
                    start_new_session=True,
                )
            except OSError as error:
                raise EngineError(f"cannot start {argv[0]}: {error.strerror}") from error
            self._running.add(process)
        with contextlib.suppress(OSError):  # where the platform has it not, or the child is gone
            Path(f"/proc/{process.pid}/oom_score_adj").write_text(FIRST_TO_GO)
        try:
            yield process
        finally:
            _kill_group(process)
            process.wait()
            if process.stderr:
                process.stderr.close()
            with self._lock:
                self._running.discard(process)


@contextlib.contextmanager
def _closed(descriptors: Sequence[int]) -> Iterator[None]:
    """Close descriptors at the end, whatever happens."""
    try:
        yield
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def _ends_with_parent() -> list[str]:
    """Return a prefix that makes Linux kill the child when the thread that started it ends."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []


def _read_lines(stream: IO[bytes] | None, tail: deque[str], on_line: Callable[[str], None]) -> None:
    """Feed lines to `on_line`, and what is not chatter to the tail, in bounded memory."""
    if stream is None:
        return
    while raw := stream.readline(1 << 16):
        line = ADDRESS.sub("", raw.decode("utf-8", "backslashreplace").strip())[:LINE_CHARACTERS]
        on_line(line)
        if line and not CHATTER.search(line) and (not tail or tail[-1] != line):
            tail.append(line)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # most real-time signals have none
        return f"signal {number}"


def _killed_for_memory() -> int:
    """Return how many processes Linux has killed for want of memory; 0 where it does not say."""
    with contextlib.suppress(OSError):
        for line in EVENTS.read_text().splitlines():
            name, _, count = line.partition(" ")
            if name == "oom_kill":
                return int(count)
    return 0


def _end_overdue(process: subprocess.Popen[bytes], overdue: threading.Event) -> None:
    overdue.set()
    _kill_group(process)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a child and all it started; it leads a session of its own."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
