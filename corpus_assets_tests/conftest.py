"""Real clips cut short, corpora made of them, and a world without the user's settings."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pydantic
import pytest

from corpus_assets.artifacts.publication import Publication
from corpus_assets.libvmaf.ffmpeg import embedded_ffmpeg
from corpus_assets.manifests.document import to_bytes
from corpus_assets_tests.demo_run import Demo
from corpus_assets_tests.media import cut_clips, write_pair
from corpus_assets_tests.schemas import validate_manifest


@pytest.fixture(autouse=True)
def _own_world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Forget the user's variables; keep caches, outputs and history in the test's folder."""
    for name in list(os.environ):
        if name.startswith(("VMAF_", "CORPUS_ASSETS_", "DAGSTER_")):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("CORPUS_ASSETS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("CORPUS_ASSETS_OUTPUT_DIR", str(tmp_path / "runs"))
    monkeypatch.setenv("DAGSTER_DISABLE_TELEMETRY", "1")


@pytest.fixture(autouse=True)
def _published_manifests_are_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold every manifest, and its splits, that this process publishes against its JSON Schema."""
    real = Publication.publish

    def publish(
        self: Publication, manifest: pydantic.BaseModel, splits: bytes | None = None
    ) -> None:
        for document in (to_bytes(manifest), *([splits] if splits else [])):
            validate_manifest(json.loads(document))
        real(self, manifest, splits)

    monkeypatch.setattr(Publication, "publish", publish)


@pytest.fixture(scope="session")
def ffmpeg() -> str:
    return embedded_ffmpeg()


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory, ffmpeg: str) -> Path:
    """A folder of short clips; the names are in `media.py`."""
    folder = tmp_path_factory.mktemp("media")
    cut_clips(ffmpeg, folder)
    return folder


@pytest.fixture
def konvid_root(media: Path, tmp_path: Path) -> Path:
    """A corpus of three good clips: keys KoNViD_1k_videos_{10,20,30}."""
    videos = tmp_path / "konvid-1k" / "KoNViD_1k_videos"
    videos.mkdir(parents=True)
    for stem, clip in {"10": "bikes", "20": "carphone", "30": "gap"}.items():
        shutil.copy(media / f"{clip}.mp4", videos / f"{stem}.mp4")
    return videos.parent


@pytest.fixture(scope="session")
def pairs(tmp_path_factory: pytest.TempPathFactory, ffmpeg: str) -> Path:
    """Raw pairs of 8 bit in `ref` and `dis`, of the size NETFLIX_SIZE."""
    folder = tmp_path_factory.mktemp("pairs")
    write_pair(ffmpeg, "bikes", folder, "Bikes_25fps.yuv", "Bikes_30_144_200.yuv", crf=42)
    write_pair(ffmpeg, "bikes", folder, "Bikes_25fps.yuv", "Bikes_80_216_900.yuv", crf=24)
    write_pair(ffmpeg, "bigbuckbunny", folder, "Bunny_29.97fps.yuv", "Bunny_40_144_300.yuv", crf=36)
    return folder


@pytest.fixture
def netflix_root(pairs: Path, tmp_path: Path) -> Path:
    """A corpus of three good pairs: keys Bikes_30_144_200, Bikes_80_216_900, Bunny_40_144_300."""
    return Path(shutil.copytree(pairs, tmp_path / "netflix"))


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """Where the demo is run."""
    return Demo(tmp_path_factory.mktemp("work"), tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def demo_results(demo: Demo) -> dict[str, Any]:
    """What the first run of the demo printed, by asset and partition."""
    return demo.results()
