"""What the builds of training tables have in common: what manifests say, and the splits."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from corpus_assets.files import sha256_of_bytes
from corpus_assets.manifests.document import to_bytes
from corpus_assets.manifests.parts import InventoryPart
from corpus_assets.manifests.provenance import InputRecord, RunProvenance, entry_point
from corpus_assets.manifests.source_parts import SourcesPart
from corpus_assets.manifests.splits import SplitsDocument
from corpus_assets.manifests.training_parts import SplitsPart

if TYPE_CHECKING:
    from pathlib import Path

    from corpus_assets.artifacts.proved_inputs import ProvedInput
    from corpus_assets.artifacts.request import Asset, Launch
    from corpus_assets.artifacts.training_request import TrainingRequest
    from corpus_assets.manifests.parts import ArtifactPart
    from corpus_assets.manifests.training import CombinedManifest, MergedManifest
    from corpus_assets.tables.sources import Contents


@dataclass(frozen=True, slots=True)
class TrainingBuilt:
    """A published training table."""

    manifest: CombinedManifest | MergedManifest
    manifest_path: Path
    elapsed_seconds: float

    @property
    def content_sha256(self) -> str:
        """The digest of the table's content."""
        return self.manifest.artifact.content_sha256


@dataclass(frozen=True, slots=True)
class Finished:
    """A table that is not yet published: what it was made of, and its sources."""

    artifact: ArtifactPart
    inputs: list[ProvedInput]
    contents: Contents

    def splits(self, request: TrainingRequest) -> bytes | None:
        """Return the splits as a file, where they are wanted."""
        if not request.splitting:
            return None
        document = SplitsDocument.of(
            request.output.name, self.artifact.content_sha256, self.contents, request.shares
        )
        return to_bytes(document)

    def common(
        self,
        asset: Asset[Any],
        request: TrainingRequest,
        launch: Launch,
        inputs_name: str,
        splits: bytes | None,
    ) -> dict[str, Any]:
        """Return what the manifests of both kinds have; `inputs_name` is that of its inputs."""
        kind = request.output.suffix.removeprefix(".")
        outputs = {kind: str(request.output), "manifest": str(request.manifest_out)}
        return {
            "run_provenance": RunProvenance(
                entrypoint=entry_point(asset.module),
                argv=launch.argv,
                args=asset.args(request),
                inputs={inputs_name: self._records()},
                outputs=outputs | ({"splits_json": str(request.splits)} if splits else {}),
            ),
            "created": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "artifact": self.artifact,
            "inventory": InventoryPart.of(
                request.root, [one.record(request.root) for one in self.inputs]
            ),
            "sources": SourcesPart.of(self.contents),
            "splits": _part(request.splits, splits) if splits else None,
            "dagster": launch.dagster,
        }

    def _records(self) -> list[InputRecord]:
        return [
            InputRecord(path=str(one.input.table), exists=True, kind="file", sha256=one.sha256)
            for one in self.inputs
        ]


def _part(path: Path, data: bytes) -> SplitsPart:
    return SplitsPart(path=str(path), bytes=len(data), sha256=sha256_of_bytes(data))
