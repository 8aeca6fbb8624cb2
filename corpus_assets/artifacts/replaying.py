"""An artifact made again from its manifest alone, and held against the one that is recorded.

The cache is neither read nor written: every clip is scored. What is needed is what the manifest
records: the same input files, the same programs and model, and a package that scores the same way.
Where something else is there, that is an obstacle, and all are named before any work.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from corpus_assets.artifacts.obstacles import (
    code_obstacles,
    engine_obstacles,
    input_obstacles,
    program_obstacles,
    trusted_obstacles,
)
from corpus_assets.artifacts.recorded import (
    Places,
    failed_keys,
    recorded_clips,
    recorded_request,
    target_in,
    trusted_keys,
)
from corpus_assets.artifacts.replay import Replay, Sample
from corpus_assets.errors import (
    DataError,
    EmptyCorpusError,
    ReplayRefusedError,
    RootError,
    SettingError,
    SetupError,
)
from corpus_assets.manifests.pair import Mismatch, describes, examine, located
from corpus_assets.manifests.reading import read_manifest
from corpus_assets.manifests.training import TrainingManifest
from corpus_assets.tables.reading import read_facts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from corpus_assets.artifacts.request import Candidate
    from corpus_assets.manifests.kinds import Manifest

OBSTACLES_SHOWN = 20
HERE = Places()


def prepare(
    path: Path,
    folder: Path,
    *,
    places: Places = HERE,
    sample: Sample | None = None,
    anyway: bool = False,
) -> Replay:
    """Look at everything that a replay into a folder needs.

    Raises ReplayRefusedError naming all obstacles, unless it goes on `anyway`, which it cannot
    where there is no clip. Raises SetupError or DataError when the manifest or folder will not do.
    """
    manifest = places.applied(read_manifest(path))
    if sample and isinstance(manifest, TrainingManifest):
        raise SetupError("--sample: a training table is made as a whole; leave --sample out")
    target = target_in(folder, path, manifest, part=bool(sample))
    try:
        request = recorded_request(manifest, target)
        clips = recorded_clips(manifest, request.candidates())
    except (RootError, EmptyCorpusError) as error:
        gone = Mismatch("inventory.root", manifest.inventory.root, str(error))
        raise _refused(path, [gone]) from error
    except SettingError as error:
        raise _refused(path, [Mismatch("settings", "as recorded", str(error))]) from error
    chosen = _chosen(clips, manifest, sample) if sample else clips
    programs = tuple(program_obstacles(manifest))
    obstacles = (
        *code_obstacles(manifest, request),
        *programs,
        *(() if programs and not anyway else engine_obstacles(manifest, request)),
        *input_obstacles(manifest, clips, chosen),
        *(() if sample else trusted_obstacles(manifest)),
    )
    missing = tuple(_missing(path, manifest, chosen, sample))
    if missing or (obstacles and not anyway):
        raise _refused(path, [*obstacles, *missing])
    limited = request.limited_to(frozenset(chosen))
    return Replay(path, manifest, limited, chosen, bool(sample), obstacles)


def _chosen(
    clips: dict[str, Candidate], manifest: Manifest, sample: Sample
) -> dict[str, Candidate]:
    """Choose among the clips that were scored."""
    scored = sorted(clips.keys() - failed_keys(manifest).keys() - trusted_keys(manifest))
    chooser = random.Random(sample.seed)  # noqa: S311 (a choice that can be made again)
    keys = chooser.sample(scored, min(sample.clips, len(scored)))
    return {key: clips[key] for key in sorted(keys)}


def _missing(
    path: Path, manifest: Manifest, chosen: dict[str, Candidate], sample: Sample | None
) -> Iterator[Mismatch]:
    """Find what there is no going on without: clips, and of a sample the table to compare with."""
    if not chosen:
        where = manifest.inventory.root
        yield Mismatch("inputs", "clips that were scored", f"none in {where} with its input files")
    if sample:
        table = located(path, manifest.artifact.path)
        if found := _differences(path, table, manifest.artifact.content_sha256):
            expected = "as recorded, to compare a sample with it"
            yield Mismatch(f"artifact {table}", expected, found)


def _differences(path: Path, table: Path, content_sha256: str) -> str:
    """Say in what a table is not the recorded one; empty when it is."""
    if not describes(path, table):
        return "; ".join(map(str, examine(path)))
    try:
        found = read_facts(table).content_sha256
    except DataError as error:
        return str(error)
    return "" if found == content_sha256 else f"content_sha256 {found}"


def _refused(path: Path, obstacles: Sequence[Mismatch]) -> ReplayRefusedError:
    lines = "".join(f"\n  {one}" for one in obstacles[:OBSTACLES_SHOWN])
    rest = len(obstacles) - OBSTACLES_SHOWN
    more = f"\n  and {rest} more" if rest > 0 else ""
    return ReplayRefusedError(
        f"{path} cannot be replayed as recorded; --root, --ffmpeg, --vmaf-bin and --model say "
        f"where things are now, --anyway goes on where it can:{lines}{more}"
    )
