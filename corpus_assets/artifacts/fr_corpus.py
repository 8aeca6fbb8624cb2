"""`training/fr_corpus`: corpus rows of BVI-DVC and of other tools as one, each encode once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus_assets.artifacts.build_merged import build
from corpus_assets.artifacts.corpus_rows import CORPUS_ROWS_ASSET
from corpus_assets.artifacts.corpus_rows import TABLE_NAME as CORPUS_ROWS_NAME
from corpus_assets.artifacts.environment import Environment, absolute
from corpus_assets.artifacts.lineage import same_names
from corpus_assets.artifacts.request import Asset
from corpus_assets.artifacts.storage import MERGED
from corpus_assets.artifacts.training_inputs import InputTable
from corpus_assets.artifacts.training_request import CORPUS, TrainingRequest
from corpus_assets.artifacts.training_settings import NONE, MergedSettings
from corpus_assets.manifests.document import manifest_path
from corpus_assets.manifests.training import MergedManifest
from corpus_assets.tables.corpus_row import CORPUS_ROWS, ROW_SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corpus_assets.artifacts.settings import SharedSettings
    from corpus_assets.artifacts.storage import Kind

TABLE_NAME = "fr_train_corpus.jsonl"
TABLE_VERSION = 1
ROWS_LABEL = CORPUS_ROWS_ASSET.name


@dataclass(frozen=True, slots=True)
class MergedRequest(TrainingRequest):
    """Every setting of a run, resolved."""

    corpus_rows: str
    shards: tuple[str, ...]

    @property
    def setting(self) -> str:
        """The setting of the table's path."""
        return "output"

    @property
    def kind(self) -> Kind:
        """The kind of file that it writes."""
        return MERGED

    @property
    def own_settings(self) -> dict[str, Any]:
        """The inputs, as they were given or found."""
        return {"corpus_rows": self.corpus_rows, "shards": list(self.shards)}


def resolve(
    settings: MergedSettings,
    shared: SharedSettings,
    variables: Mapping[str, str],
    _: tuple[str, ...],
) -> tuple[MergedRequest]:
    """Find the inputs: our rows first, then the shards as given. Raises SettingError."""
    folder = Environment(variables).output_dir(shared)
    rows, shards = _rows(settings, folder), [str(absolute(path)) for path in settings.shards]
    made_by = ROWS_LABEL if settings.corpus_rows is None else None
    ours = [] if rows == NONE else [Path(rows)]
    inputs = [InputTable.at("corpus_rows", ROWS_LABEL, path, made_by) for path in ours]
    inputs += [
        InputTable.at("shards", f"shard {number}", Path(path))
        for number, path in enumerate(shards, 1)
    ]
    output = absolute(settings.output or folder / TABLE_NAME)
    request = MergedRequest(
        inputs=tuple(inputs),
        output=output,
        manifest_out=absolute(settings.manifest_out or manifest_path(output)),
        shares=settings.shares,
        splitting=settings.splits,
        missing=f"there is nothing to merge: {CORPUS_ROWS_NAME} is not in {folder}; materialize "
        f"{ROWS_LABEL} first, or set corpus_rows or shards",
        corpus_rows=rows,
        shards=tuple(shards),
    )
    return (request,)


def _rows(settings: MergedSettings, folder: Path) -> str:
    """Return the path of our rows, or that they are left out."""
    usual = folder / CORPUS_ROWS_NAME
    if settings.corpus_rows is None:
        return str(usual) if usual.is_file() else NONE
    return (
        settings.corpus_rows
        if settings.corpus_rows == NONE
        else str(absolute(settings.corpus_rows))
    )


FR_CORPUS: Asset[MergedRequest] = Asset(
    key=(CORPUS, "fr_corpus"),
    summary="Corpus rows of BVI-DVC and of other tools as one, each encode once.",
    settings=MergedSettings,
    resolver=resolve,
    builder=build,
    spec=CORPUS_ROWS,
    code_version=f"table {TABLE_VERSION}, row schema {ROW_SCHEMA_VERSION}",
    table=TABLE_NAME,
    manifest=MergedManifest,
    module=__name__,
    upstream=(CORPUS_ROWS_ASSET.key,),
    lineage=same_names(CORPUS_ROWS, {CORPUS_ROWS_ASSET.key: CORPUS_ROWS}),
    shared_settings=("output_dir",),
)
