"""What a manifest says of a run, turned into a request that can be made again."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus_assets.artifacts.catalog import BY_MANIFEST
from corpus_assets.artifacts.settings import EMBEDDED, SharedSettings, validated
from corpus_assets.errors import CorpusAssetsError, SetupError
from corpus_assets.files import temporaries_of
from corpus_assets.manifests.document import manifest_path
from corpus_assets.manifests.pair import located
from corpus_assets.manifests.reading import read_manifest
from corpus_assets.manifests.scored import ScoredManifest
from corpus_assets.manifests.training import TrainingManifest

if TYPE_CHECKING:
    from corpus_assets.artifacts.request import Asset, Candidate, Request
    from corpus_assets.manifests.kinds import Manifest

TABLES = ("inputs", "corpus_rows", "shards")
"""Settings that are tables which a training table is made of."""
REPLAY = ("corpus-assets", "replay")
"""How the command line of a replay begins."""
WORKERS_VARIABLE = "CORPUS_ASSETS_WORKERS"
"""The one variable that counts: how fast a replay is, not what it makes, is this machine's."""


def asset_of(manifest: Manifest) -> Asset[Any]:
    """Return the asset that makes such manifests."""
    return BY_MANIFEST[type(manifest)]


def moved(value: Any, old: str, new: str) -> Any:  # noqa: ANN401 (a setting of any type)
    """Return a setting with the paths below an old folder below a new one."""
    if isinstance(value, dict):
        return {name: moved(one, old, new) for name, one in value.items()}
    if isinstance(value, list):
        return [moved(one, old, new) for one in value]
    if isinstance(value, str) and Path(value).is_relative_to(old):
        return str(Path(new, Path(value).relative_to(old)))
    return value


@dataclass(frozen=True, slots=True)
class Places:
    """Where inputs and programs are now, where that is not where they were."""

    root: Path | None = None
    ffmpeg: str | None = None
    vmaf_bin: str | None = None
    model: str | None = None

    def applied(self, manifest: Manifest) -> Manifest:
        """Return the manifest as if it had been made here."""
        inventory, provenance = manifest.inventory, manifest.run_provenance
        root = str(self.root.absolute()) if self.root else inventory.root
        roots = {
            name: moved(value, inventory.root, root)
            for name, value in provenance.args.items()
            if (name in provenance.inputs and value == inventory.root) or name in TABLES
        }
        programs = {"ffmpeg": self.ffmpeg, "vmaf_bin": self.vmaf_bin, "model": self.model}
        given = {name: value for name, value in programs.items() if value is not None}
        return manifest.model_copy(
            update={
                "inventory": inventory.model_copy(update={"root": root}),
                "run_provenance": provenance.model_copy(
                    update={"args": {**provenance.args, **roots, **given}}
                ),
            }
        )


def recorded_request(manifest: Manifest, target: Path) -> Request:
    """Return the request that makes the artifact anew as `target`, without the cache.

    Raises SetupError, RootError where the corpus is not there, EmptyCorpusError.
    """
    asset, args = asset_of(manifest), manifest.run_provenance.args
    fields = asset.settings.model_fields
    given = {name: value for name, value in args.items() if name in fields}
    given |= {"out" if "out" in fields else "output": str(target)}
    given |= {"manifest_out": str(manifest_path(target))}
    if isinstance(manifest, ScoredManifest):
        given |= {"cache_policy": "off", "max_failed_share": None}
        given |= {"vmaf_bin": args.get("vmaf_bin") or EMBEDDED}
        given |= {"accelerate": "auto" if manifest.engine.kernels else "off"}
    shared = SharedSettings(ffmpeg=args.get("ffmpeg") or EMBEDDED)
    variables = {name: value for name, value in os.environ.items() if name == WORKERS_VARIABLE}
    parts = (args[asset.partitions.setting],) if asset.partitions else ()
    (request,) = asset.resolve(validated(asset.settings, given), shared, variables, parts)
    resolved: Request = request
    return resolved


def target_in(folder: Path, path: Path, manifest: Manifest, *, part: bool) -> Path:
    """Return the table to write in a folder; one with part of the clips has another name.

    Raises SetupError where that is the recorded artifact, or anything that no replay has made.
    """
    recorded = Path(manifest.artifact.path)
    name = f"{recorded.stem}_sample{recorded.suffix}" if part else recorded.name
    target = folder.absolute() / name
    pair = (target, manifest_path(target))
    taken = {located(path, manifest.artifact.path).resolve(), path.resolve()}
    if taken & {one.resolve() for one in pair}:
        raise SetupError(f"--out: {folder} is the folder of the artifact itself; name another")
    if any(one.exists() for one in pair) and not _made_by_replay(manifest_path(target)):
        raise SetupError(
            f"--out: {target} is there, and no replay has made it; name another folder"
        )
    return target


def _made_by_replay(path: Path) -> bool:
    """Say whether a manifest is a replay's; one that was interrupted left it unnamed."""
    for one in (path, *temporaries_of(path)):
        with contextlib.suppress(CorpusAssetsError):
            if read_manifest(one).run_provenance.argv[: len(REPLAY)] == REPLAY:
                return True
    return False


def recorded_clips(manifest: Manifest, candidates: dict[str, Candidate]) -> dict[str, Candidate]:
    """Return the clips that the run was about; what was added to the corpus since is not.

    Clips of which no input was read then are known by their key alone.
    """
    files = {file.path for file in manifest.inventory.files}
    keys = failed_keys(manifest).keys() | trusted_keys(manifest)
    return {
        key: candidate
        for key, candidate in candidates.items()
        if key in keys or files.issuperset(candidate.sources)
    }


def failed_keys(manifest: Manifest | ScoredManifest) -> dict[str, str]:
    """Return the clips, or reports, that failed, and why; of a training table, none."""
    if isinstance(manifest, TrainingManifest):
        return {}
    return {failure.key: failure.reason for failure in manifest.failures}


def trusted_keys(manifest: Manifest) -> set[str]:
    """Return the clips whose numbers are other tools'."""
    reports = manifest.trusted_reports if isinstance(manifest, ScoredManifest) else ()
    return {report.key for report in reports}
