"""Progress on standard error: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    TextColumn,
    TransferSpeedColumn,
)
from rich.progress import Progress as Bar

from corpus_assets.extraction.progress import Progress, observed_by
from corpus_assets.files import hashing_heard_by

LINE_SECONDS = 5.0


@contextlib.contextmanager
def shown_progress() -> Iterator[None]:
    """Show how far the extractions inside the context are."""
    console = Console(stderr=True)
    if not console.is_terminal:
        with observed_by(_Lines()):
            yield
        return
    columns = (
        TextColumn("clips"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rest]}"),
    )
    with Bar(*columns, console=console) as bar:
        task = bar.add_task("clips", total=None, rest="", visible=False)

        def listen(progress: Progress) -> None:
            counts = progress.counts
            rest = progress.line().split(" clips, ", 1)[1]
            done, total = counts.done, counts.selected
            bar.update(task, total=total, completed=done, rest=rest, visible=True)

        with observed_by(listen):
            yield


@contextlib.contextmanager
def shown_reading(total: int | None) -> Iterator[None]:
    """Show how many bytes of files have been read inside the context, of so many if it is known."""
    console = Console(stderr=True)
    if not console.is_terminal:
        with hashing_heard_by(_BytesLines(total)):
            yield
        return
    columns = (TextColumn("read"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("read", total=total)
        with hashing_heard_by(lambda count: bar.advance(task, count)):
            yield


@dataclass
class _BytesLines:
    total: int | None
    read: int = 0
    told: float = field(default_factory=time.monotonic)

    def __call__(self, count: int) -> None:
        self.read += count
        if time.monotonic() - self.told >= LINE_SECONDS:
            self.told = time.monotonic()
            of = "" if self.total is None else f" of {self.total / 1e9:.1f}"
            typer.echo(f"read {self.read / 1e9:.1f}{of} GB", err=True)


@dataclass
class _Lines:
    told: float = field(default_factory=time.monotonic)

    def __call__(self, progress: Progress) -> None:
        done = progress.counts.done == progress.counts.selected
        if done or time.monotonic() - self.told >= LINE_SECONDS:
            self.told = time.monotonic()
            typer.echo(progress.line(), err=True)
