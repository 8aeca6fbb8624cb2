"""An artifact made again from its manifest alone, and held against the one that is recorded.

The cache is neither read nor written: every clip is scored. What is needed is what the manifest
records: the same input files, the same programs and model, and a package that scores the same way.
Where something else is there, that is an obstacle, and all are named before any work.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from corpus_assets.artifacts.obstacles import (
    code_obstacles,
    engine_obstacles,
    input_obstacles,
    trusted_obstacles,
)
from corpus_assets.artifacts.recorded import (
    asset_of,
    failed_keys,
    moved,
    recorded_clips,
    recorded_request,
    target_in,
    trusted_keys,
)
from corpus_assets.artifacts.request import Launch
from corpus_assets.errors import EmptyCorpusError, ReplayRefusedError, RootError
from corpus_assets.manifests.pair import Mismatch, describes, located
from corpus_assets.manifests.reading import read_manifest
from corpus_assets.tables.drift import Drift, compare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corpus_assets.artifacts.request import Built, Candidate, Request
    from corpus_assets.manifests.kinds import Manifest

OBSTACLES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Sample:
    """How many clips, and the seed that chooses them."""

    clips: int
    seed: int


@dataclass(frozen=True, slots=True)
class Replayed:
    """What was made, and how far it is from what is recorded.

    `failed` are the keys of clips that failed now and not then. `drift` is None where the content
    is identical, and where the recorded table is not there to compare with.
    """

    built: Built
    identical: bool
    failed: tuple[str, ...]
    drift: Drift | None


@dataclass(frozen=True, slots=True)
class Replay:
    """A replay that can begin: `clips` are those to score, `obstacles` what is not as recorded."""

    path: Path
    manifest: Manifest
    request: Request
    clips: dict[str, Candidate]
    sampled: bool
    obstacles: tuple[Mismatch, ...]

    def run(self, argv: tuple[str, ...]) -> Replayed:
        """Make the artifact, and compare. Raises SetupError or DataError."""
        built = asset_of(self.manifest).build(self.request, Launch(argv), lambda _: None)
        new_failures = {failure.key for failure in built.manifest.failures}
        failed = tuple(sorted(new_failures - failed_keys(self.manifest)))
        same = built.content_sha256 == self.manifest.artifact.content_sha256
        if same and not self.sampled:
            return Replayed(built, identical=True, failed=failed, drift=None)
        drift = self._drift(Path(built.manifest.artifact.path))
        identical = self.sampled and drift is not None and not drift.drifted
        return Replayed(built, identical, failed, drift)

    def _drift(self, made: Path) -> Drift | None:
        recorded = _recorded_table(self.path, self.manifest)
        names = {candidate.row_name for candidate in self.clips.values()}
        only = names if self.sampled else None
        return compare(recorded, made, only) if recorded else None


def prepare(
    path: Path, folder: Path, *, root: Path | None, sample: Sample | None, anyway: bool
) -> Replay:
    """Look at everything that a replay into a folder needs; `root` is where the inputs are now.

    Raises ReplayRefusedError naming all obstacles, unless it goes on `anyway`, which it cannot
    where there is no clip. Raises SetupError or DataError when the manifest or folder will not do.
    """
    read = read_manifest(path)
    manifest = moved(read, root.absolute()) if root else read
    target = target_in(folder, path, manifest, part=bool(sample))
    try:
        request = recorded_request(manifest, target)
        clips = recorded_clips(manifest, request.candidates())
    except (RootError, EmptyCorpusError) as error:
        gone = Mismatch("inventory.root", manifest.inventory.root, str(error))
        raise _refused(path, [gone]) from error
    chosen = _chosen(clips, manifest, sample) if sample else clips
    if not chosen:
        none = Mismatch("inputs", "clips that were scored", f"none in {manifest.inventory.root}")
        raise _refused(path, [none])
    if sample and not _recorded_table(path, manifest):
        table = located(path, manifest.artifact.path)
        raise _refused(path, [Mismatch("artifact", "the table, to compare with", f"not {table}")])
    obstacles = (
        *code_obstacles(manifest, request),
        *engine_obstacles(manifest, request),
        *input_obstacles(manifest, clips, chosen),
        *(() if sample else trusted_obstacles(manifest)),
    )
    if obstacles and not anyway:
        raise _refused(path, obstacles)
    limited = request.limited_to(frozenset(chosen))
    return Replay(path, manifest, limited, chosen, bool(sample), obstacles)


def _chosen(
    clips: dict[str, Candidate], manifest: Manifest, sample: Sample
) -> dict[str, Candidate]:
    """Choose among the clips that were scored."""
    scored = sorted(clips.keys() - failed_keys(manifest) - trusted_keys(manifest))
    chooser = random.Random(sample.seed)  # noqa: S311 (a choice that can be made again)
    keys = chooser.sample(scored, min(sample.clips, len(scored)))
    return {key: clips[key] for key in sorted(keys)}


def _recorded_table(path: Path, manifest: Manifest) -> Path | None:
    """Return the table that the manifest is about, where it is there as it was written."""
    table = located(path, manifest.artifact.path)
    return table if describes(path, table) else None


def _refused(path: Path, obstacles: Sequence[Mismatch]) -> ReplayRefusedError:
    lines = "".join(f"\n  {one}" for one in obstacles[:OBSTACLES_SHOWN])
    rest = len(obstacles) - OBSTACLES_SHOWN
    more = f"\n  and {rest} more" if rest > 0 else ""
    return ReplayRefusedError(
        f"{path} cannot be replayed as recorded; --root says where the inputs are now, --anyway "
        f"goes on where it can:{lines}{more}"
    )
