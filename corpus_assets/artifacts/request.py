"""What launchers need to know of an asset and of a run: the same for every kind of artifact."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

import pydantic

from corpus_assets.artifacts.lineage import Lineage
from corpus_assets.artifacts.settings import SharedSettings
from corpus_assets.manifests.run_parts import DagsterPart

if TYPE_CHECKING:
    from pathlib import Path

    from corpus_assets.manifests.kinds import Manifest
    from corpus_assets.manifests.scored import ScoredManifest
    from corpus_assets.tables.schema import TableSpec


class Plan(Protocol):
    """What a run would do."""

    def as_dict(self) -> dict[str, Any]:
        """Return the plan for machines."""

    def text(self) -> str:
        """Return the plan for people."""


class Built(Protocol):
    """A published artifact."""

    @property
    def manifest(self) -> Manifest | ScoredManifest:
        """What it was made from."""

    @property
    def manifest_path(self) -> Path:
        """Where its manifest is."""

    @property
    def content_sha256(self) -> str:
        """The digest of its content."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A clip that a table could have: its input files, and what names it in the table's rows."""

    sources: tuple[str, ...]
    row_name: str


class Request(Protocol):
    """Every setting of one artifact's run, resolved; nothing more is looked up."""

    @property
    def partition(self) -> str | None:
        """Which part of the asset it makes, where the asset is made in parts."""

    @property
    def settings(self) -> dict[str, Any]:
        """The effective value of every setting of the asset, by the setting's name."""

    @property
    def shared(self) -> dict[str, Any]:
        """The effective value of what resources carry and the artifact depends on."""

    def check(self) -> None:
        """Look at inputs and outputs, without writing. Raises SetupError or DataError."""

    def check_writable(self) -> None:
        """Try the folders that the run will write. Raises StorageError."""

    def plan(self) -> Plan:
        """Say what the run would do, without doing it. Raises SetupError or DataError."""

    def candidates(self) -> dict[str, Candidate]:
        """Find all clips by key, also those that are not selected.

        Raises RootError or EmptyCorpusError.
        """

    def limited_to(self, keys: frozenset[str]) -> Self:
        """Return the request that is about exactly these clips."""


RequestT = TypeVar("RequestT", bound=Request)
Log = Callable[[str], None]
WARNING = "WARNING: "
"""How a line of the log begins that must not be overlooked."""


@dataclass(frozen=True, slots=True)
class Launch:
    """Who launched a run: the command line that repeats it, and Dagster's facts."""

    argv: tuple[str, ...]
    dagster: DagsterPart | None = None


@dataclass(frozen=True, slots=True)
class Partitions:
    """The parts that an asset is made in: the setting that names one, and all there may be."""

    setting: str
    keys: tuple[str, ...]
    description: str


@dataclass(frozen=True)
class Asset(Generic[RequestT]):
    """An asset: everything that launchers need to know of it.

    `resolve` finds every setting and returns one request an artifact: one, or one for each of the
    partitions asked for (of those that the corpus has, where none is named). `upstream` are the
    keys of the assets that it is made of, `lineage` the same by column; `shared_settings` those of
    `SharedSettings` that make sense as a flag; `manifest` is the kind of its manifests; `table` is
    the name of its file, with `{partition}` in it where there are some. Of assets in one run that
    do not wait for each other, those of higher `priority` come first.
    """

    key: tuple[str, str]
    summary: str
    settings: type[pydantic.BaseModel]
    resolver: Callable[
        [Any, SharedSettings, Mapping[str, str], tuple[str, ...]], tuple[RequestT, ...]
    ]
    builder: Callable[[Asset[RequestT], RequestT, Launch, Log], Built]
    spec: TableSpec
    table: str
    manifest: type[Manifest]
    code_version: str
    module: str
    partitions: Partitions | None = None
    upstream: tuple[tuple[str, str], ...] = ()
    lineage: Lineage = field(default_factory=dict)
    priority: int = 0
    shared_settings: tuple[str, ...] = (
        *("workers", "memory_gib", "dask_address"),
        *("output_dir", "ffmpeg"),
    )

    @property
    def name(self) -> str:
        """The asset key as people write it."""
        return "/".join(self.key)

    def file_name(self, partition: str | None = None) -> str:
        """Return the name of the table's file in the folder of artifacts."""
        return self.table.format(partition=partition)

    @property
    def op(self) -> str:
        """The name under which Dagster's run config knows the asset."""
        return "__".join(self.key)

    def resolve(
        self,
        settings: pydantic.BaseModel,
        shared: SharedSettings,
        variables: Mapping[str, str],
        partitions: tuple[str, ...] = (),
    ) -> tuple[RequestT, ...]:
        """Find every setting of every artifact that is asked for. Raises SetupError."""
        return self.resolver(settings, shared, variables, partitions)

    def build(self, request: RequestT, launch: Launch, log: Log) -> Built:
        """Make and publish one artifact. Raises SetupError or DataError."""
        return self.builder(self, request, launch, log)

    def args(self, request: RequestT) -> dict[str, Any]:
        """Return every effective setting, as manifests record them."""
        part = {self.partitions.setting: request.partition} if self.partitions else {}
        return request.settings | request.shared | part
