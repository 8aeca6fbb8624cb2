"""The corpora on disk: where each is, which assets are made of it, and what version it has now."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus_assets.artifacts.bvi_full import FULL_FEATURES as BVI_FULL
from corpus_assets.artifacts.environment import Environment
from corpus_assets.artifacts.konvid_pairs import VMAF_PAIRS
from corpus_assets.artifacts.netflix_full import FULL_FEATURES as NETFLIX_FULL
from corpus_assets.artifacts.scored import ScoredAsset, ScoredRequest
from corpus_assets.artifacts.settings import EMBEDDED, SharedSettings
from corpus_assets.corpora.clip import Source
from corpus_assets.corpora.file_source import FileSource
from corpus_assets.errors import CorpusAssetsError, EmptyCorpusError
from corpus_assets.extraction.corpus_version import Look, Version, content_in
from corpus_assets.extraction.file_memory import FileMemory
from corpus_assets.files import sha256_of_bytes
from corpus_assets.libvmaf.model import DEFAULT_MODEL

FOLDER = "inventories"
"""Below the folder of caches: what is remembered of the files of each corpus root."""
ROOT_DIGITS = 16
EVERY_LINK = {"follow_symlinks": True, "symlink_roots": ["/"]}
"""What a link leads to is looked at, though never read, whether or not runs follow it."""

Partition = str | None


@dataclass(frozen=True, slots=True)
class CorpusSource:
    """A corpus: the asset that finds its clips, and the settings that say where it is."""

    key: tuple[str, str]
    asset: ScoredAsset
    where: tuple[str, ...]

    @property
    def partitions(self) -> tuple[str, ...]:
        """The parts that it has a version each of; none where it has one version."""
        return self.asset.partitions.keys if self.asset.partitions else ()


@dataclass(frozen=True, slots=True)
class Observed:
    """A corpus as it was found.

    `versions` has that of each part, or under None that of the whole; `hashed` counts the files
    that were read, and `remembered` says whether the next look will know of this one.
    """

    root: Path
    versions: Mapping[Partition, Version]
    hashed: int
    seconds: float
    remembered: bool


SOURCES = tuple(
    CorpusSource((asset.key[0], "videos"), asset, where)
    for asset, where in (
        (NETFLIX_FULL, ("data_root",)),
        (VMAF_PAIRS, ("konvid_root",)),
        (BVI_FULL, ("bvi_zip", "bvi_dir")),
    )
)


def observe(
    source: CorpusSource,
    settings: Mapping[str, Any],
    shared: SharedSettings,
    variables: Mapping[str, str],
) -> Observed:
    """Look at a corpus; of `settings`, where it is and where its reports are kept count.

    Files whose size, time and inode are as remembered are not read, those of an archive never.
    With `cache_policy: off` nothing is written. Raises RootError, or EmptyCorpusError when it has
    no clip.
    """
    started = time.monotonic()
    requests = _requests(source, settings, shared, variables)
    found = {request.partition: _found(request) for request in requests}
    if not any(found.values()):
        requests[0].discover()
    memory = FileMemory(_memory_of(requests[0], source, shared, variables))
    writes = settings.get("cache_policy") != "off"
    with memory.locked() if writes else contextlib.nullcontext(False) as mine:
        look = _look(requests[0], found, memory)
        versions = {part: look.version([*sources]) for part, sources in found.items()}
        remembered = look.after == look.before or (mine and memory.write(look.after))
    seconds = time.monotonic() - started
    return Observed(requests[0].root, versions, look.hashed, seconds, remembered)


def is_usual_root(
    source: CorpusSource, root: Path, shared: SharedSettings, variables: Mapping[str, str]
) -> bool:
    """Say whether a root is where the corpus is without any setting."""
    with contextlib.suppress(CorpusAssetsError):
        return _requests(source, {}, shared, variables)[0].root == root
    return False


def _requests(
    source: CorpusSource,
    settings: Mapping[str, Any],
    shared: SharedSettings,
    variables: Mapping[str, str],
) -> tuple[ScoredRequest, ...]:
    """Resolve as a run would that takes every clip; nothing that looking needs can be wrong."""
    wanted = (*source.where, "cache_dir", "cache_policy")
    given = {name: settings[name] for name in wanted if settings.get(name) is not None}
    sound = SharedSettings(
        model=DEFAULT_MODEL,
        ffmpeg=EMBEDDED,
        vmaf_bin=EMBEDDED,
        workers=1,
        cache_dir=shared.cache_dir,
    )
    asset = source.asset
    return asset.resolve(asset.settings(**given, **EVERY_LINK), sound, variables, source.partitions)


def _found(request: ScoredRequest) -> dict[Source, list[str]]:
    """Return the files of a part with the keys of their clips; none where the part has no clip."""
    found: dict[Source, list[str]] = {}
    with contextlib.suppress(EmptyCorpusError):
        for clip in request.discover().clips:
            for source in clip.sources:
                found.setdefault(source, []).append(clip.key)
    return found


def _look(
    request: ScoredRequest,
    found: Mapping[Partition, Mapping[Source, Sequence[str]]],
    memory: FileMemory,
) -> Look:
    root = os.path.realpath(request.root)

    def is_inside(source: Source) -> bool:
        if not isinstance(source, FileSource):
            return False
        return Path(os.path.realpath(source.path)).is_relative_to(root)

    keys = {source: keys for part in found.values() for source, keys in part.items()}
    return Look(memory.read(), content_in(request.scoring.cache, keys), is_inside)


def _memory_of(
    request: ScoredRequest,
    source: CorpusSource,
    shared: SharedSettings,
    variables: Mapping[str, str],
) -> Path:
    digest = sha256_of_bytes(os.fsencode(request.root))[:ROOT_DIGITS]
    folder = Environment(variables).cache_dir(shared) / FOLDER
    return folder / f"{source.key[0]}-{digest}.json"
