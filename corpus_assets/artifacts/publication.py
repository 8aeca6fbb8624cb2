"""Publishing an artifact with its manifest, and with its splits: by one run at a time.

Both are written under temporary names first. Then the artifact gets its name, and at once the
manifest gets its own. A run that is killed between the two leaves the finished manifest under its
temporary name, and the next run for the same output gives it its name; killed at any other moment,
it leaves the pair that was there before, and temporary files, which the next run removes. Splits,
of artifacts that may have some, get their name between the two. Those of before lose theirs first,
so that no splits ever stand beside an artifact that they are not of; where the artifact did not get
its name, the next run gives them theirs again.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from corpus_assets.artifacts.storage import output_remedy
from corpus_assets.errors import StorageError
from corpus_assets.files import (
    sha256_of_file,
    sync_file,
    sync_folder,
    temporaries_of,
    temporary_beside,
)
from corpus_assets.locks import held
from corpus_assets.manifests.document import to_bytes
from corpus_assets.manifests.pair import are_splits, describes, recorded_splits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pydantic

    from corpus_assets.artifacts.request import Log


@dataclass(frozen=True, slots=True)
class Publication:
    """An artifact that is being made: `temporary` is where it is written first.

    `aside` is where splits of before go.
    """

    artifact: Path
    manifest: Path
    temporary: Path
    staged: Path
    splits: Path | None = None
    aside: Path | None = None

    @classmethod
    def of(cls, artifact: Path, manifest: Path, splits: Path | None) -> Self:
        """Choose unused names."""
        staged, aside = temporary_beside(manifest), temporary_beside(splits) if splits else None
        return cls(artifact, manifest, temporary_beside(artifact), staged, splits, aside)

    def publish(self, manifest: pydantic.BaseModel, splits: bytes | None = None) -> None:
        """Give the finished artifact, its splits and this manifest their names. Raises OSError."""
        staged_splits = self._stage_splits(splits)
        self.staged.write_bytes(to_bytes(manifest))
        sync_file(self.staged)
        sync_folder(self.staged.parent)
        sync_file(self.temporary)
        self._set_aside()
        self.temporary.replace(self.artifact)
        sync_folder(self.artifact.parent)
        if self.splits and staged_splits:
            staged_splits.replace(self.splits)
            sync_folder(self.splits.parent)
        self.staged.replace(self.manifest)
        sync_folder(self.manifest.parent)
        if self.aside:
            self.aside.unlink(missing_ok=True)

    def restore(self) -> None:
        """Remove everything of an artifact that did not get its name. Raises OSError."""
        self.staged.unlink(missing_ok=True)
        if self.splits and self.aside and self.aside.exists():
            self.aside.replace(self.splits)
        for left in temporaries_of(self.splits) if self.splits else ():
            left.unlink(missing_ok=True)
        self.temporary.unlink()

    def _set_aside(self) -> None:
        if self.splits and self.aside and are_splits(self.splits):
            self.splits.replace(self.aside)
            sync_folder(self.splits.parent)

    def _stage_splits(self, splits: bytes | None) -> Path | None:
        if self.splits is None or splits is None:
            return None
        staged = temporary_beside(self.splits)
        staged.write_bytes(splits)
        sync_file(staged)
        return staged


@contextlib.contextmanager
def publishing(
    artifact: Path, manifest: Path, setting: str, log: Log, splits: Path | None = None
) -> Iterator[Publication]:
    """Hold an artifact's and its manifest's path while the artifact is made.

    `setting` is the setting of the artifact's path, `splits` where its splits may be. What is not
    published by the end leaves no file. Raises BusyError when another run holds one of the paths,
    StorageError when one cannot be written.
    """
    try:
        with contextlib.ExitStack() as stack:
            for path in sorted({artifact, manifest} | ({splits} if splits else set())):
                stack.enter_context(held(path))
            _settle(artifact, manifest, splits, log)
            publication = Publication.of(artifact, manifest, splits)
            with _cleaned(publication):
                yield publication
    except OSError as error:
        raise StorageError.of("output", artifact.parent, error, output_remedy(setting)) from error


@contextlib.contextmanager
def _cleaned(publication: Publication) -> Iterator[None]:
    """Remove what was not published.

    Where the artifact already has its name, its manifest is kept for the next run.
    """
    try:
        yield
    except BaseException:
        if publication.temporary.exists():
            publication.restore()
        raise


def _settle(artifact: Path, manifest: Path, splits: Path | None, log: Log) -> None:
    """Complete the publication of a run that was killed, and remove what such runs have left."""
    for staged in temporaries_of(manifest):
        if describes(staged, artifact):
            _settle_splits(staged, splits)
            staged.replace(manifest)
            sync_folder(manifest.parent)
            log(f"completed a publication that was interrupted: {manifest}")
    if splits and temporaries_of(splits) and describes(manifest, artifact):
        _settle_splits(manifest, splits)
    for path in (artifact, manifest, *([splits] if splits else [])):
        for left in temporaries_of(path):
            left.unlink(missing_ok=True)


def _settle_splits(manifest: Path, splits: Path | None) -> None:
    """Give the splits that a manifest records their name, or remove those of before."""
    if splits is None:
        return
    recorded = recorded_splits(manifest)
    if recorded is None:
        if are_splits(splits):
            splits.unlink()
        return
    for left in temporaries_of(splits):
        if sha256_of_file(left) == recorded.sha256:
            left.replace(splits)
            sync_folder(splits.parent)
