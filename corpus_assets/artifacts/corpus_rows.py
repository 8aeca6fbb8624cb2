"""`bvi_dvc/corpus_rows`: every report in BVI-DVC's cache folder as a vmaf-tune corpus row."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from corpus_assets.artifacts.build_rows import build
from corpus_assets.artifacts.environment import BVI_CACHE_VARIABLE, Environment, absolute
from corpus_assets.artifacts.lineage import made_of
from corpus_assets.artifacts.request import Asset, Candidate
from corpus_assets.artifacts.settings import CorpusRowsSettings
from corpus_assets.artifacts.storage import ROWS, check_outputs, check_writable, output_remedy
from corpus_assets.corpora.bvi_dvc import CORPUS
from corpus_assets.errors import EmptyCorpusError, RootError
from corpus_assets.manifests.document import manifest_path
from corpus_assets.manifests.rows import CorpusRowsManifest
from corpus_assets.tables.corpus_row import CORPUS_ROWS, ROW_SCHEMA_VERSION
from corpus_assets.tables.report_row import MADE_OF, Labels, source_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corpus_assets.artifacts.settings import SharedSettings

TABLE_NAME = "bvi_dvc_corpus.jsonl"
TABLE_VERSION = 1
FULL_FEATURES = (CORPUS, "full_features")
OTHERS_FOLDER = "~/.cache/vmaf-tiny-ai-bvi-dvc-full"
REMEDY = (
    f"materialize bvi_dvc/full_features first, or set cache_dir or {BVI_CACHE_VARIABLE} to the "
    f"folder of your reports (other tools' default is {OTHERS_FOLDER})"
)


@dataclass(frozen=True, slots=True)
class RowsPlan:
    """What a run would read and write."""

    reports: int
    bytes: int
    output: str

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return asdict(self)

    def text(self) -> str:
        """Return one line."""
        return f"{self.reports} reports, {self.bytes / 1e6:.1f} MB, to {self.output}"


@dataclass(frozen=True, slots=True)
class CorpusRowsRequest:
    """Every setting of a run, resolved."""

    cache_dir: Path
    output: Path
    manifest_out: Path
    labels: Labels
    keys: frozenset[str] | None = None
    """The reports to read; None for all."""

    @property
    def partition(self) -> None:
        """None: all tiers' reports are in one folder and make one table."""

    @property
    def settings(self) -> dict[str, Any]:
        """The effective value of every setting, by name."""
        return {
            "cache_dir": str(self.cache_dir),
            "output": str(self.output),
            "manifest_out": str(self.manifest_out),
            **asdict(self.labels),
        }

    @property
    def shared(self) -> dict[str, Any]:
        """Nothing: no program runs."""
        return {}

    def reports(self) -> list[Path]:
        """List the reports in key order. Raises RootError or EmptyCorpusError."""
        if not self.cache_dir.is_dir():
            raise RootError(f"cache_dir: {self.cache_dir} is not a folder; {REMEDY}")
        try:
            found = [path for path in self.cache_dir.iterdir() if path.suffix == ".json"]
        except OSError as error:
            reason = f"{self.cache_dir} cannot be read: {error.strerror}"
            raise RootError(f"cache_dir: {reason}; {REMEDY}") from error
        if not found:
            raise EmptyCorpusError(f"no report (*.json) in {self.cache_dir}; {REMEDY}")
        wanted = [path for path in found if self.keys is None or path.stem in self.keys]
        return sorted(wanted, key=lambda path: path.stem)

    def check(self) -> None:
        """Look for reports and at the outputs. Raises SetupError or EmptyCorpusError."""
        self.reports()
        check_outputs("output", self.output, ROWS, self.manifest_out, [self.cache_dir])

    def check_writable(self) -> None:
        """Try the folders that the run will write. Raises StorageError."""
        for path in (self.output, self.manifest_out):
            check_writable("output", path.parent, output_remedy("output"))

    def candidates(self) -> dict[str, Candidate]:
        """Find all reports by key. Raises RootError or EmptyCorpusError."""
        paths = replace(self, keys=None).reports()
        return {path.stem: Candidate((path.name,), source_name(path.stem)) for path in paths}

    def limited_to(self, keys: frozenset[str]) -> Self:
        """Return the request that reads exactly these reports."""
        return replace(self, keys=keys)

    def plan(self) -> RowsPlan:
        """Count what is there. Raises SetupError or EmptyCorpusError."""
        reports = self.reports()
        size = sum(path.stat().st_size for path in reports if path.is_file())
        return RowsPlan(len(reports), size, str(self.output))


def resolve(
    settings: CorpusRowsSettings,
    shared: SharedSettings,
    variables: Mapping[str, str],
    _: tuple[str, ...],
) -> tuple[CorpusRowsRequest]:
    """Find every setting."""
    environment = Environment(variables)
    output = absolute(settings.output or environment.output_dir(shared) / TABLE_NAME)
    request = CorpusRowsRequest(
        cache_dir=environment.bvi_cache_dir(settings.cache_dir, shared),
        output=output,
        manifest_out=absolute(settings.manifest_out or manifest_path(output)),
        labels=Labels(settings.encoder, settings.preset, settings.crf, settings.pix_fmt),
    )
    return (request,)


CORPUS_ROWS_ASSET: Asset[CorpusRowsRequest] = Asset(
    key=(CORPUS, "corpus_rows"),
    summary="One vmaf-tune corpus row for every cached report of BVI-DVC.",
    settings=CorpusRowsSettings,
    resolver=resolve,
    builder=build,
    spec=CORPUS_ROWS,
    code_version=f"table {TABLE_VERSION}, row schema {ROW_SCHEMA_VERSION}",
    table=TABLE_NAME,
    manifest=CorpusRowsManifest,
    module=__name__,
    upstream=(FULL_FEATURES,),
    lineage=made_of(FULL_FEATURES, MADE_OF),
    shared_settings=("output_dir",),
)
