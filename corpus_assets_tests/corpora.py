"""The three corpora, for tests that hold for all of them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from corpus_assets.artifacts.build import ScoredBuilt
from corpus_assets_tests.archives import stem
from corpus_assets_tests.making import build_bvi, build_netflix, build_pairs
from corpus_assets_tests.media import NETFLIX_SIZE

NAMES = ("konvid", "netflix", "bvi")


@dataclass(frozen=True)
class Corpus:
    """A corpus of one good clip; `named` gives a file name in `folder` that may be a clip's."""

    root: Path
    folder: Path
    good: Path
    named: Callable[[int], str]
    build: Callable[[], ScoredBuilt]

    def file(self, number: int) -> Path:
        """Return where a clip would be."""
        return self.folder / self.named(number)


def make_corpus(name: str, root: Path, media: Path, pairs: Path) -> Corpus:
    """Write a corpus of one good clip, number 0."""
    folder = root / {"konvid": "KoNViD_1k_videos", "netflix": "dis", "bvi": "Videos"}[name]
    folder.mkdir(parents=True)
    corpus = corpus_at(name, root)
    if name == "netflix":
        (root / "ref").mkdir()
        shutil.copy(pairs / "ref" / "Bikes_25fps.yuv", root / "ref")
    shutil.copy(_original(name, media, pairs), corpus.good)
    return corpus


def corpus_at(name: str, root: Path) -> Corpus:
    """Return a corpus that is there."""
    if name == "konvid":
        folder, named = root / "KoNViD_1k_videos", "{}.mp4".format
        return Corpus(root, folder, folder / "0.mp4", named, lambda: build_pairs(root))
    if name == "netflix":
        folder, named = root / "dis", "Bikes_{}_144_200.yuv".format
        return Corpus(root, folder, folder / named(0), named, lambda: _netflix(root))
    folder = root / "Videos"

    def of_number(number: int) -> str:
        return f"{stem(f'D{number}')}.mp4"

    return Corpus(root, folder, folder / of_number(0), of_number, lambda: _bvi(bvi_dir=root))


def bvi_archive(archive: Path) -> Callable[[], ScoredBuilt]:
    """Return what makes the table of an archive."""
    return lambda: _bvi(bvi_zip=archive)


def _original(name: str, media: Path, pairs: Path) -> Path:
    if name == "netflix":
        return pairs / "dis" / "Bikes_30_144_200.yuv"
    return media / ("carphone.mp4" if name == "konvid" else "ten.mp4")


def _netflix(root: Path) -> ScoredBuilt:
    width, height = NETFLIX_SIZE
    return build_netflix(root, width=width, height=height, feature_set="canonical6")


def _bvi(**where: os.PathLike[str]) -> ScoredBuilt:
    settings = {name: os.fspath(path) for name, path in where.items()}
    return build_bvi(feature_set="canonical6", **settings)
