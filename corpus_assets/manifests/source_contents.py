"""The content of every source of a scored table, from its manifest."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from corpus_assets.corpora.citations import NETFLIX_PUBLIC
from corpus_assets.corpora.konvid_1k import VIDEOS_FOLDER
from corpus_assets.corpora.netflix_public import REFERENCE_NAME, REFERENCES
from corpus_assets.manifests.citing import corpus_of

if TYPE_CHECKING:
    from corpus_assets.manifests.statement import Statement


def source_contents(said: Statement) -> dict[str, str]:
    """Return the SHA-256 of the references by the names that combined rows have for them.

    Of reports that were taken on trust, no content is known, and of other tables none at all.
    """
    if said.engine is None or said.inventory is None:
        return {}
    name = _reference if corpus_of(said.schema_) is NETFLIX_PUBLIC else _key
    named = {name(file.path): file.sha256 for file in said.inventory.files}
    return {source: sha256 for source, sha256 in named.items() if source is not None}


def _reference(path: str) -> str | None:
    """Return the source of a reference; None for a distorted file, whose content is no source."""
    folder, _, name = path.partition("/")
    found = REFERENCE_NAME.fullmatch(name) if folder == REFERENCES else None
    return found["source"] if found else None


def _key(path: str) -> str | None:
    """Return the key of a clip."""
    clip = PurePosixPath(path)
    return f"{VIDEOS_FOLDER}_{clip.stem}" if clip.parts[0] == VIDEOS_FOLDER else clip.stem
