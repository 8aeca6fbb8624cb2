"""Making artifacts in tests, with and without Dagster."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus_assets.artifacts.build import ScoredBuilt
from corpus_assets.artifacts.konvid_pairs import VMAF_PAIRS
from corpus_assets.artifacts.netflix_full import FULL_FEATURES
from corpus_assets.artifacts.request import Launch
from corpus_assets.artifacts.scored import ScoredAsset
from corpus_assets.artifacts.settings import SharedSettings
from corpus_assets.libvmaf.engine import Engine
from corpus_assets.libvmaf.features import CANONICAL6, FeatureSet
from corpus_assets.libvmaf.ffmpeg import FfmpegProgram
from corpus_assets.libvmaf.model import DEFAULT_MODEL, resolve_model
from corpus_assets.libvmaf.process import Children
from corpus_assets.libvmaf.trials import Trials

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pytest

    from corpus_assets.libvmaf.process import ProcessRun


def build_pairs(
    root: Path, *, workers: int = 2, ffmpeg: str | None = None, **settings: Any
) -> ScoredBuilt:
    """Make the table of KoNViD-1k in this process, with settings by their names."""
    shared = SharedSettings(workers=workers, ffmpeg=ffmpeg)
    return build_asset(VMAF_PAIRS, shared, konvid_root=str(root), **settings)


def build_netflix(
    root: Path, *, workers: int = 2, ffmpeg: str | None = None, **settings: Any
) -> ScoredBuilt:
    """Make the table of Netflix Public in this process, with settings by their names."""
    shared = SharedSettings(workers=workers, ffmpeg=ffmpeg)
    return build_asset(FULL_FEATURES, shared, data_root=str(root), **settings)


def build_asset(asset: ScoredAsset, shared: SharedSettings, **settings: Any) -> ScoredBuilt:
    """Make the table of an asset in this process."""
    (request,) = asset.resolve(asset.settings(**settings), shared, os.environ)
    built = asset.build(request, Launch(argv=("test",)), lambda _: None)
    assert isinstance(built, ScoredBuilt)
    return built


def engine_of(ffmpeg: str, features: FeatureSet = CANONICAL6, model: str = DEFAULT_MODEL) -> Engine:
    """Return an engine that remembers nothing of other runs."""
    return Engine(Trials(FfmpegProgram(ffmpeg)), resolve_model(model), features)


def manifest_of(built: ScoredBuilt) -> dict[str, Any]:
    """Return the manifest as it stands on disk."""
    manifest: dict[str, Any] = json.loads(built.manifest_path.read_text())
    return manifest


@contextmanager
def counted_scorings(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Collect the input URL of every process that is started to score a clip."""
    started: list[str] = []
    real = Children.run

    def run(self: Children, argv: Sequence[str], **options: Any) -> ProcessRun:
        started.extend(argument for argument in argv if argument.startswith("file:"))
        return real(self, argv, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Children, "run", run)
        yield started
