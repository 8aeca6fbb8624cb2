"""Learning what a program can do by trying, and remembering it by the program's hash.

Nothing is assumed of a build: whether it has an extractor or a model, and which keys its reports
then hold, is what two made-up frames show. The results are kept in one small file a program.
"""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import pydantic

from corpus_assets.descriptors import read_all
from corpus_assets.errors import ClipError
from corpus_assets.files import write_whole
from corpus_assets.libvmaf.measurement import measuring
from corpus_assets.libvmaf.process import Children
from corpus_assets.libvmaf.report import parse_report
from corpus_assets.locks import shared_folder

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from corpus_assets.libvmaf.model import Model
    from corpus_assets.libvmaf.process import ProcessRun
    from corpus_assets.libvmaf.program import Program

SIZES = ((256, 224), (960, 540), (1920, 1080))
"""Frames of a trial: no extractor needs more than the first, but some models do."""
AT_ONCE = 4
TAIL_LINES = 2


class Trial(pydantic.BaseModel, frozen=True):
    """What a trial showed: the keys that a report holds, or why there is no report."""

    libvmaf_version: str = ""
    keys: tuple[str, ...] = ()
    refusal: str = ""


class _Remembered(pydantic.BaseModel):
    format: Literal[1] = 1
    trials: dict[str, Trial] = {}


@dataclass
class Trials:
    """The trials of one program; `folder` is where they are remembered, if anywhere."""

    program: Program
    folder: Path | None = None
    _known: dict[str, Trial] | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def of(self, model: Model, extractors: tuple[str, ...]) -> Trial:
        """Return the trial of a model with some extractors. Raises EngineError."""
        return self.all_of([(model, extractors)])[0]

    def all_of(self, wanted: Iterable[tuple[Model, tuple[str, ...]]]) -> list[Trial]:
        """Return several trials, making those that are not known side by side."""
        wanted = list(wanted)
        with self._lock:
            known = self._load()
            new = {_name(*pair): pair for pair in wanted if _name(*pair) not in known}
            if new:
                with ThreadPoolExecutor(AT_ONCE) as pool:
                    made = list(pool.map(lambda pair: self._make(*pair), new.values()))
                for name, (trial, certain) in zip(new, made, strict=True):
                    known[name] = trial
                    if not certain:
                        self.folder = None
                self._save(known)
            return [known[_name(*pair)] for pair in wanted]

    def _make(self, model: Model, extractors: tuple[str, ...]) -> tuple[Trial, bool]:
        """Try, and say whether the result is certain: a killed process proves nothing."""
        _ = self.program.version  # what is no such program at all is said first
        for size in SIZES:
            with measuring(model, extractors) as measurement:
                run = self.program.try_out(measurement, size, Children())
                data = read_all(measurement.report_descriptor)
            try:
                report = parse_report(data)
            except ClipError as error:
                trial = Trial(refusal=_refusal(run, error))
            else:
                if run.ended_well:
                    keys = tuple(sorted(report.keys))
                    return Trial(libvmaf_version=report.version, keys=keys), True
                trial = Trial(refusal=run.describe())
            if run.exit_code:
                return trial, True
        return trial, False

    @property
    def _file(self) -> Path | None:
        return self.folder / f"{self.program.binary.fingerprint}.json" if self.folder else None

    def _load(self) -> dict[str, Trial]:
        if self._known is None:
            self._known = {}
            with contextlib.suppress(OSError, pydantic.ValidationError):  # then it is tried again
                if self._file:
                    remembered = _Remembered.model_validate_json(self._file.read_bytes())
                    self._known = remembered.trials
        return self._known

    def _save(self, known: dict[str, Trial]) -> None:
        with contextlib.suppress(OSError):  # only the time of trying again is lost
            if self._file:
                self._file.parent.mkdir(parents=True, exist_ok=True)
                with shared_folder(self._file.parent):
                    write_whole(self._file, _Remembered(trials=known).model_dump_json().encode())


def _name(model: Model, extractors: tuple[str, ...]) -> str:
    return f"{model.identity} {','.join(extractors)}"


def _refusal(run: ProcessRun, error: ClipError) -> str:
    """Say in a line why there is no report."""
    reason = error.reason if run.ended_well else run.describe()
    return "; ".join([reason, *run.stderr_tail[:TAIL_LINES]])
