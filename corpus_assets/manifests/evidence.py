"""An artifact and its manifest, read when they are first asked for, and once."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from corpus_assets.errors import CorpusAssetsError, DataError
from corpus_assets.files import read_regular, sha256_of_bytes
from corpus_assets.manifests.claims import claims_of, input_claims
from corpus_assets.manifests.pair import LARGEST_MANIFEST, located
from corpus_assets.manifests.reading import read_manifest
from corpus_assets.manifests.scored import ScoredManifest
from corpus_assets.manifests.training import CombinedManifest, MergedManifest
from corpus_assets.tables.examining import examine_table
from corpus_assets.tables.examining_combined import examine_combined
from corpus_assets.tables.examining_merged import examine_merged
from corpus_assets.tables.examining_rows import examine_rows

if TYPE_CHECKING:
    from pathlib import Path

    from corpus_assets.manifests.kinds import Manifest
    from corpus_assets.tables.examination import Examination


@dataclass
class Evidence:
    """What checks look at: the manifest at `path`, and its table.

    `since` is when the run that made them began, seconds since 1970; `content_sha256` is the digest
    of the content that it made. None where they are not known.
    """

    path: Path
    since: float | None = None
    content_sha256: str | None = None

    def __post_init__(self) -> None:
        """Remember which manifest is there before anything is looked at."""
        self._before = self._digest()

    def foreign(self) -> bool:
        """Say whether the artifact has other content than was made, so that another run made it."""
        if self.content_sha256 is None or isinstance(self._manifest, CorpusAssetsError):
            return False
        return self._manifest.artifact.content_sha256 != self.content_sha256

    def replaced(self) -> bool:
        """Say whether another manifest is there than before."""
        return self._digest() != self._before

    @property
    def manifest(self) -> Manifest:
        """The manifest. Raises MissingManifestError or DataError."""
        if isinstance(self._manifest, CorpusAssetsError):
            raise self._manifest
        return self._manifest

    @property
    def table(self) -> Examination:
        """What reading the table has shown. Raises as the manifest, and DataError without table."""
        if isinstance(self._table, CorpusAssetsError):
            raise self._table
        return self._table

    def _digest(self) -> str | None:
        with contextlib.suppress(OSError):
            return sha256_of_bytes(read_regular(self.path, LARGEST_MANIFEST))
        return None

    @cached_property
    def _manifest(self) -> Manifest | CorpusAssetsError:
        try:
            return read_manifest(self.path)
        except CorpusAssetsError as error:
            return error

    @cached_property
    def _table(self) -> Examination | CorpusAssetsError:
        try:
            manifest = self.manifest
            path = located(self.path, manifest.artifact.path)
            if not path.is_file():
                return DataError(f"table {path}: no such file")
            return _examined(path, manifest)
        except OSError as error:
            return DataError(f"the table of {self.path}: {error.strerror or error}")
        except CorpusAssetsError as error:
            return error


def _examined(path: Path, manifest: Manifest) -> Examination:
    """Read a table of any kind. Raises OSError, DataError."""
    if isinstance(manifest, ScoredManifest):
        return examine_table(path, claims_of(manifest))
    if isinstance(manifest, CombinedManifest):
        return examine_combined(path, input_claims(manifest))
    return examine_merged(path) if isinstance(manifest, MergedManifest) else examine_rows(path)
