"""Progress on standard error: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar

from corpus_assets.extraction.progress import Progress, observed_by

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
        task = bar.add_task("clips", total=None, rest="")

        def listen(progress: Progress) -> None:
            counts = progress.counts
            rest = progress.line().split(" clips, ", 1)[1]
            bar.update(task, total=counts.selected, completed=counts.done, rest=rest)

        with observed_by(listen):
            yield


@dataclass
class _Lines:
    told: float = field(default_factory=time.monotonic)

    def __call__(self, progress: Progress) -> None:
        done = progress.counts.done == progress.counts.selected
        if done or time.monotonic() - self.told >= LINE_SECONDS:
            self.told = time.monotonic()
            typer.echo(progress.line(), err=True)
