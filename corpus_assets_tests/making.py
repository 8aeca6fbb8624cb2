"""Making artifacts in tests, with and without Dagster."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus_assets.artifacts.build import ScoredBuilt
from corpus_assets.artifacts.build_rows import RowsBuilt
from corpus_assets.artifacts.bvi_full import FULL_FEATURES as BVI_FULL
from corpus_assets.artifacts.catalog import COMBINED
from corpus_assets.artifacts.corpus_rows import CORPUS_ROWS_ASSET
from corpus_assets.artifacts.fr_corpus import FR_CORPUS
from corpus_assets.artifacts.konvid_full import FULL_FEATURES as KONVID_FULL
from corpus_assets.artifacts.konvid_pairs import VMAF_PAIRS
from corpus_assets.artifacts.netflix_full import FULL_FEATURES
from corpus_assets.artifacts.request import Asset, Built, Launch
from corpus_assets.artifacts.scored import ScoredAsset
from corpus_assets.artifacts.settings import CorpusRowsSettings, SharedSettings, validated
from corpus_assets.artifacts.training_build import TrainingBuilt
from corpus_assets.descriptors import path_of
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

INPUTS = ("file:", "subfile,,")
"""How the URLs of a clip's sources start."""
UNNAMED = f"file:{path_of(0)[:-1]}"
"""How those of descriptors start."""


def build_pairs(
    root: Path, *, workers: int = 2, ffmpeg: str | None = None, **settings: Any
) -> ScoredBuilt:
    """Make the table of KoNViD-1k in this process, with settings by their names."""
    shared = SharedSettings(workers=workers, ffmpeg=ffmpeg)
    return build_asset(VMAF_PAIRS, shared, konvid_root=str(root), **settings)


def build_konvid_full(root: Path, **settings: Any) -> ScoredBuilt:
    """Make the table of KoNViD-1k with more features in this process."""
    return build_asset(KONVID_FULL, SharedSettings(workers=2), konvid_root=str(root), **settings)


def build_netflix(
    root: Path, *, workers: int = 2, ffmpeg: str | None = None, **settings: Any
) -> ScoredBuilt:
    """Make the table of Netflix Public in this process, with settings by their names."""
    shared = SharedSettings(workers=workers, ffmpeg=ffmpeg)
    return build_asset(FULL_FEATURES, shared, data_root=str(root), **settings)


def build_bvi(*, tier: str = "D", **settings: Any) -> ScoredBuilt:
    """Make the table of a tier of BVI-DVC in this process, with settings by their names."""
    return build_asset(BVI_FULL, SharedSettings(workers=2), (tier,), **settings)


def build_rows(**settings: Any) -> RowsBuilt:
    """Make BVI-DVC's corpus rows in this process, with settings by their names."""
    (request,) = CORPUS_ROWS_ASSET.resolve(
        CorpusRowsSettings(**settings), SharedSettings(), os.environ
    )
    built = CORPUS_ROWS_ASSET.build(request, Launch(argv=("test",)), lambda _: None)
    assert isinstance(built, RowsBuilt)
    return built


def build_combined(**settings: Any) -> TrainingBuilt:
    """Make the combined table in this process, with settings by their names."""
    return _build_training(COMBINED, settings)


def build_merged(**settings: Any) -> TrainingBuilt:
    """Make the merged rows in this process, with settings by their names."""
    return _build_training(FR_CORPUS, settings)


def _build_training(asset: Asset[Any], settings: dict[str, Any]) -> TrainingBuilt:
    given = validated(asset.settings, settings)
    (request,) = asset.resolve(given, SharedSettings(), os.environ)
    built = asset.build(request, Launch(argv=("test",)), lambda _: None)
    assert isinstance(built, TrainingBuilt)
    return built


def build_asset(
    asset: ScoredAsset, shared: SharedSettings, partitions: tuple[str, ...] = (), **settings: Any
) -> ScoredBuilt:
    """Make the table of an asset in this process."""
    (request,) = asset.resolve(asset.settings(**settings), shared, os.environ, partitions)
    built = asset.build(request, Launch(argv=("test",)), lambda _: None)
    assert isinstance(built, ScoredBuilt)
    return built


def engine_of(ffmpeg: str, features: FeatureSet = CANONICAL6, model: str = DEFAULT_MODEL) -> Engine:
    """Return an engine that remembers nothing of other runs."""
    return Engine(Trials(FfmpegProgram(ffmpeg)), resolve_model(model), features)


def manifest_of(built: Built) -> dict[str, Any]:
    """Return the manifest as it stands on disk."""
    manifest: dict[str, Any] = json.loads(built.manifest_path.read_text())
    return manifest


@contextmanager
def counted_scorings(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Collect the input URL of every process that is started to score a clip.

    Frames that kernels are held against, and those that leave for them, have no name.
    """
    started: list[str] = []
    real = Children.run

    def run(self: Children, argv: Sequence[str], **options: Any) -> ProcessRun:
        urls = (argument for argument in argv if argument.startswith(INPUTS))
        started.extend(url for url in urls if not url.startswith(UNNAMED))
        return real(self, argv, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Children, "run", run)
        yield started
