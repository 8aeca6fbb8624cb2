"""What libvmaf is asked for in one run, and the files it writes and reads for it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corpus_assets.descriptors import memory_file, opened_file, path_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from corpus_assets.libvmaf.model import Model


@dataclass(frozen=True, slots=True)
class Measurement:
    """Model, extractors, and the descriptors that the child inherits for report and model.

    `pairs_descriptor` is an end of a pipe for those who score frames beside libvmaf: it takes each
    reference frame with its distorted one below it, raw. It is handed over, and closed here.
    """

    model: Model
    extractors: tuple[str, ...]
    report_descriptor: int
    model_descriptor: int | None = None
    pairs_descriptor: int | None = None

    @property
    def report_path(self) -> str:
        """The name under which the child opens its report."""
        return path_of(self.report_descriptor)

    @property
    def model_option(self) -> str:
        """The model as libvmaf's tools and filter take it."""
        if self.model_descriptor is not None:
            return f"path={path_of(self.model_descriptor)}"
        return f"version={self.model.name}"

    @property
    def handed_over(self) -> tuple[int, ...]:
        """What the child must inherit, and this process must then have no more."""
        return () if self.pairs_descriptor is None else (self.pairs_descriptor,)

    @property
    def descriptors(self) -> tuple[int, ...]:
        """What the child must inherit."""
        model = () if self.model_descriptor is None else (self.model_descriptor,)
        return (self.report_descriptor, *model)


@contextlib.contextmanager
def measuring(model: Model, extractors: tuple[str, ...]) -> Iterator[Measurement]:
    """Open a memory file for the report, and the model where it is a file. Raises OSError."""
    with contextlib.ExitStack() as stack:
        report = stack.enter_context(memory_file("report"))
        opened = stack.enter_context(opened_file(model.path)) if model.path else None
        yield Measurement(model, extractors, report, opened)
