"""Ten thousand spoilt manifests, rows and archives: refused in the project's own words."""

from __future__ import annotations

import random
import re
from pathlib import Path

import orjson
import pydantic
import pytest

from corpus_assets.artifacts.build import ScoredBuilt
from corpus_assets.artifacts.build_rows import RowsBuilt
from corpus_assets.artifacts.storage import _is_manifest
from corpus_assets.corpora.bvi_dvc import look_in_zip
from corpus_assets.corpora.clip import ContainerVideo, Source
from corpus_assets.corpora.file_source import FileSource
from corpus_assets.errors import ClipError, RootError
from corpus_assets.files import sha256_of_bytes
from corpus_assets.libvmaf.probe import probe
from corpus_assets.manifests.document import to_bytes
from corpus_assets.tables.corpus_row import VOLATILE, CorpusRow
from corpus_assets.tables.jsonl import JsonLines
from corpus_assets_tests.archives import write_archive
from corpus_assets_tests.hostile_archives import Entry, archive_of
from corpus_assets_tests.making import (
    build_bvi,
    build_netflix,
    build_pairs,
    build_rows,
    manifest_of,
)
from corpus_assets_tests.mutations import check_refusal, spoilt, spoilt_bytes, spoilt_json
from corpus_assets_tests.schemas import MODELS


class Trees(dict[str, bytes]):
    """JSON by schema, which a failing test does not print."""

    def __repr__(self) -> str:
        return f"Trees of {', '.join(self)}"


@pytest.fixture(scope="module")
def manifests(media: Path, pairs: Path, tmp_path_factory: pytest.TempPathFactory) -> Trees:
    """Return a real manifest by schema."""
    folder = tmp_path_factory.mktemp("manifests")
    videos = folder / "konvid" / "KoNViD_1k_videos"
    videos.mkdir(parents=True)
    (videos / "1.mp4").write_bytes((media / "carphone.mp4").read_bytes())
    (videos / "2.mp4").touch()
    archive = write_archive(folder / "bvi.zip", {"DOne": media / "ten.mp4"})
    where = {"output_dir": folder / "out", "cache_dir": folder / "cache"}
    with pytest.MonkeyPatch.context() as patch:
        for name, path in where.items():
            patch.setenv(f"CORPUS_ASSETS_{name.upper()}", str(path))
        built: list[ScoredBuilt | RowsBuilt] = [
            build_pairs(folder / "konvid"),
            build_netflix(pairs, width=384, height=216, feature_set="canonical6"),
            build_bvi(bvi_zip=str(archive), feature_set="canonical6"),
            build_rows(),
        ]
    found = Trees({manifest_of(one)["schema"]: one.manifest_path.read_bytes() for one in built})
    found["corpus-row-v3"] = Path(built[-1].manifest.artifact.path).read_bytes()
    return found


@spoilt()
def test_manifests(chance: random.Random, manifests: Trees) -> None:
    schema = chance.choice(sorted(manifests.keys() - {"corpus-row-v3"}))
    try:
        manifest = MODELS[schema].model_validate_json(spoilt_json(chance, manifests[schema]))
    except pydantic.ValidationError:
        return
    assert MODELS[schema].model_validate_json(to_bytes(manifest))


@spoilt()
def test_recognizing_manifests(chance: random.Random, tmp_path: Path, manifests: Trees) -> None:
    path = tmp_path / "manifest.json"
    data = spoilt_json(chance, manifests["konvid-vmaf-pairs-manifest-v1"])
    path.write_bytes(data)
    assert _is_manifest(path) in {True, False}


@spoilt()
def test_corpus_rows(chance: random.Random, tmp_path: Path, manifests: Trees) -> None:
    try:
        row = CorpusRow.model_validate_json(spoilt_json(chance, manifests["corpus-row-v3"]))
    except pydantic.ValidationError:
        return
    with JsonLines(tmp_path / "rows.jsonl", VOLATILE) as table:
        table.append(row)
    assert orjson.loads((tmp_path / "rows.jsonl").read_bytes().replace(b"NaN", b"null"))


SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@spoilt(3000)
def test_archives(chance: random.Random, tmp_path: Path) -> None:
    content = bytes(range(256)) * 2
    names = ("DOne", "DTwo", "Videos/notes.txt")
    entries = [Entry.of(name, content, chance.choice((0, 8))) for name in names]
    path = tmp_path / "corpus.zip"
    path.write_bytes(spoilt_bytes(chance, archive_of(entries)))
    try:
        inventory = look_in_zip(path)
    except RootError:
        return
    for one in inventory.named:
        assert SAFE.fullmatch(one.key)
        read_or_refused(one.source, content)


def read_or_refused(source: Source, content: bytes) -> None:
    """What is read is what was checked; an altered entry that has the CRC of its own is one."""
    try:
        digest = source.sha256()
        with source.opened() as opened:
            assert opened.url
    except ClipError as error:
        check_refusal(error, "read")
        return
    assert digest == sha256_of_bytes(content)


@spoilt(1000)
def test_videos(chance: random.Random, media: Path, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    data = (media / "carphone.mp4").read_bytes()
    index = data.index(b"moov") - 4
    path.write_bytes(data[:index] + spoilt_bytes(chance, data[index:]))
    source = FileSource(str(tmp_path), path.name)
    try:
        with source.opened() as opened:
            facts = probe(ContainerVideo(source, "mov"), opened)
    except ClipError as error:
        check_refusal(error, "probe")
        return
    assert facts.frames > 0
