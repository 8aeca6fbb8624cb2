"""Runs that make a training table of other tables: what both kinds have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from corpus_assets.artifacts.publication import publishing
from corpus_assets.artifacts.request import Candidate
from corpus_assets.artifacts.storage import (
    SPLITS,
    check_outputs,
    check_replaceable,
    check_writable,
    output_remedy,
)
from corpus_assets.artifacts.training_inputs import common_root
from corpus_assets.errors import EmptyCorpusError, SettingError
from corpus_assets.manifests.document import splits_path

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from corpus_assets.artifacts.publication import Publication
    from corpus_assets.artifacts.request import Log
    from corpus_assets.artifacts.storage import Kind
    from corpus_assets.artifacts.training_inputs import InputTable
    from corpus_assets.manifests.splits import Shares

CORPUS = "training"


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """What a run would read and write."""

    inputs: dict[str, str]
    bytes: int
    output: str

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return asdict(self)

    def text(self) -> str:
        """Return a line an input, and one for all."""
        lines = [f"{label}: {path}" for label, path in self.inputs.items()]
        total = f"{len(lines)} inputs, {self.bytes / 1e6:.1f} MB, to {self.output}"
        return "\n".join([*lines, total])


@dataclass(frozen=True, slots=True)
class TrainingRequest(ABC):
    """Every setting of a run, resolved; `missing` says what to do where there is no input.

    `splitting` says whether splits are wanted.
    """

    inputs: tuple[InputTable, ...]
    output: Path
    manifest_out: Path
    shares: Shares
    splitting: bool
    missing: str

    @property
    @abstractmethod
    def setting(self) -> str:
        """The setting of the table's path."""

    @property
    @abstractmethod
    def kind(self) -> Kind:
        """The kind of file that it writes."""

    @property
    @abstractmethod
    def own_settings(self) -> dict[str, Any]:
        """The effective value of the settings that only this asset takes, by name."""

    @property
    def partition(self) -> str | None:
        """None: a training table is made as a whole."""
        return None

    @property
    def root(self) -> Path:
        """The folder below which all inputs are."""
        return common_root(self.inputs)

    @property
    def splits(self) -> Path:
        """Where the splits are, if they are wanted."""
        return splits_path(self.output)

    @property
    def settings(self) -> dict[str, Any]:
        """The effective value of every setting, by name."""
        return {
            **self.own_settings,
            self.setting: str(self.output),
            "manifest_out": str(self.manifest_out),
            "splits": self.splitting,
            "validation_share": self.shares.validation,
            "test_share": self.shares.test,
        }

    @property
    def shared(self) -> dict[str, Any]:
        """Nothing: no program runs."""
        return {}

    def check(self) -> None:
        """Look at inputs and outputs. Raises SetupError or EmptyCorpusError."""
        if not self.inputs:
            raise EmptyCorpusError(self.missing)
        check_outputs(self.setting, self.output, self.kind, self.manifest_out, [])
        if self.splitting:
            self._check_splits()
        for one in self.inputs:
            if self.output.resolve() == one.table.resolve():
                raise SettingError(self.setting, str(self.output), f"it is the input {one.label}")

    def _check_splits(self) -> None:
        if self.splits == self.manifest_out:
            raise SettingError("manifest_out", str(self.splits), "the splits go there")
        check_replaceable("splits", self.splits, SPLITS)

    def publishing(self, log: Log) -> AbstractContextManager[Publication]:
        """Hold the outputs while they are made. Raises BusyError or StorageError."""
        return publishing(self.output, self.manifest_out, self.setting, log, self.splits)

    def check_writable(self) -> None:
        """Try the folders that the run will write. Raises StorageError."""
        for path in (self.output, self.manifest_out):
            check_writable("output", path.parent, output_remedy(self.setting))

    def candidates(self) -> dict[str, Candidate]:
        """Return the inputs by label. Raises EmptyCorpusError."""
        if not self.inputs:
            raise EmptyCorpusError(self.missing)
        return {
            one.label: Candidate((one.table.relative_to(self.root).as_posix(),), one.label)
            for one in self.inputs
        }

    def limited_to(self, keys: frozenset[str]) -> Self:
        """Return the request that reads exactly these inputs."""
        return replace(self, inputs=tuple(one for one in self.inputs if one.label in keys))

    def plan(self) -> TrainingPlan:
        """Say what is there. Raises SetupError or EmptyCorpusError."""
        self.check()
        paths = {one.label: str(one.table) for one in self.inputs}
        size = sum(one.table.stat().st_size for one in self.inputs)
        return TrainingPlan(paths, size, str(self.output))
