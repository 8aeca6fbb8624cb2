"""A process that makes a table in forks of itself and kills them at a chosen step.

A step is the moment before, amid or after a call that changes files. Each line on standard input is
`<step> <max_clips>`, step 0 for none; the answer is the fork's exit status, negative for a signal.
Run as `python -m corpus_assets_tests.killed_at ROOT`, ROOT being KoNViD-1k, or a folder of shards
`1.jsonl` and so on, of which the first `max_clips` are merged; with splits, if it is below ten, and
else the first tenth of so many without.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from corpus_assets.tables.parquet import ParquetTable
from corpus_assets_tests.making import build_merged, build_pairs

TENS = 10


class Steps:
    """Counts moments, and ends the process at one."""

    def __init__(self, last: int) -> None:
        self.last, self.count = last, 0

    def tick(self) -> None:
        self.count += 1
        if self.count == self.last:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, owner: Any, name: str) -> None:
        real: Callable[..., Any] = getattr(owner, name)

        def call(*arguments: Any, **options: Any) -> Any:
            self.tick()
            result = real(*arguments, **options)
            self.tick()
            return result

        setattr(owner, name, call)

    def amid(self, owner: Any, name: str) -> None:
        real: Callable[[Path, bytes], int] = getattr(owner, name)

        def call(path: Path, data: bytes) -> int:
            self.tick()
            real(path, data[: len(data) // 2])
            self.tick()
            written = real(path, data)
            self.tick()
            return written

        setattr(owner, name, call)


def make(root: str, step: int, max_clips: int) -> None:
    steps = Steps(step)
    for name in ("fsync", "replace", "ftruncate"):
        steps.around(os, name)
    steps.around(Path, "unlink")
    steps.around(ParquetTable, "append")
    steps.around(ParquetTable, "close")
    steps.amid(Path, "write_bytes")
    if (first := Path(root, "1.jsonl")).is_file():
        count = max_clips if max_clips < TENS else max_clips // TENS
        shards = [str(first.with_name(f"{number}.jsonl")) for number in range(1, count + 1)]
        build_merged(corpus_rows="none", shards=shards, splits=max_clips < TENS)
    else:
        build_pairs(Path(root), max_clips=max_clips)


def main() -> None:
    for line in sys.stdin:
        step, max_clips = map(int, line.split())
        child = os.fork()
        if not child:
            status = 1
            try:
                make(sys.argv[1], step, max_clips)
                status = 0
            finally:
                os._exit(status)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
