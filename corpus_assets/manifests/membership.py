"""Which clips, or reports, a corpus has now that it had not when an artifact was made, and back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from corpus_assets.corpora import konvid_1k, netflix_public
from corpus_assets.corpora.bvi_dvc import look_in_folder, look_in_zip, recipe
from corpus_assets.corpora.listing import Links, shown
from corpus_assets.corpora.netflix_public import Geometry
from corpus_assets.errors import EmptyCorpusError, RootError
from corpus_assets.manifests.rows import CorpusRowsManifest
from corpus_assets.manifests.scored import BviFullManifest, KonvidManifest
from corpus_assets.manifests.training import TrainingManifest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from corpus_assets.corpora.clip import Clip, Discovery
    from corpus_assets.manifests.kinds import Manifest
    from corpus_assets.manifests.scored import ScoredManifest

REPORT = ".json"


@dataclass(frozen=True, slots=True)
class Membership:
    """Keys that came, and keys that went although no file of theirs is in the inventory."""

    added: tuple[str, ...]
    removed: tuple[str, ...]


def compare_members(manifest: Manifest) -> Membership:
    """List the corpus again, without any selection. Raises SetupError when it cannot be listed.

    A training table has no corpus: its inputs are all in its inventory.
    """
    if isinstance(manifest, TrainingManifest):
        return Membership((), ())
    if isinstance(manifest, CorpusRowsManifest):
        return _reports(manifest)
    try:
        clips = _discovery(manifest, Path(manifest.inventory.root)).clips
    except EmptyCorpusError:
        clips = ()
    read = {file.path for file in manifest.inventory.files}
    left_out = {skip.name for skip in manifest.skipped}
    failed = {failure.key for failure in manifest.failures}
    trusted = {report.key for report in manifest.trusted_reports}

    def known(clip: Clip) -> bool:
        names = {source.name for source in clip.sources}
        if clip.key in failed | trusted:
            return True
        return names <= read or _listed(clip) in left_out

    return _compared(
        added=(clip.key for clip in clips if not known(clip)),
        removed=(failed | trusted) - {clip.key for clip in clips},
    )


def _listed(clip: Clip) -> str:
    """Return the name under which a clip is listed when it is left out."""
    return clip.sources[-1].name.removeprefix(f"{konvid_1k.VIDEOS_FOLDER}/")


def _compared(added: Iterable[str], removed: Iterable[str]) -> Membership:
    return Membership(tuple(sorted(added)), tuple(sorted(removed)))


def _discovery(manifest: ScoredManifest, root: Path) -> Discovery:
    args = manifest.run_provenance.args
    given = args.get("symlink_roots")
    roots = map(str, given) if isinstance(given, list) else ()
    links = Links.of(args.get("follow_symlinks") is True, roots)
    if isinstance(manifest, KonvidManifest):
        return konvid_1k.discover(root, manifest.crf, links=links)
    if isinstance(manifest, BviFullManifest):
        corpus = look_in_zip(root) if root.is_file() else look_in_folder(root, links)
        return corpus.discover(manifest.stats.tier, recipe(manifest.crf))
    return netflix_public.discover(root, Geometry(), links=links)


def _reports(manifest: CorpusRowsManifest) -> Membership:
    folder = Path(manifest.inventory.root)
    try:
        there = {shown(path.stem) for path in folder.iterdir() if path.suffix == REPORT}
    except OSError as error:
        raise RootError(f"{folder} cannot be read: {error.strerror}") from error
    read = {shown(Path(file.path).stem) for file in manifest.inventory.files}
    failed = {failure.key for failure in manifest.failures}
    return _compared(added=there - read - failed, removed=failed - there)
