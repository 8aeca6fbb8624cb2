"""Ten thousand spoilt inputs for everything that is read: refused in the project's own words.

Hypothesis draws a seed, and a fast mutator spoils a valid input with it, so that all of it fits
into a CI run. The seeds are the same in every run (`derandomize`): a change is judged by what it
changes, and never by luck. To look further, set FUZZ_SEED to any number.
"""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pydantic
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus_assets.artifacts.build import ScoredBuilt
from corpus_assets.artifacts.build_rows import RowsBuilt
from corpus_assets.artifacts.storage import _is_manifest
from corpus_assets.corpora import bvi_dvc, konvid_1k, netflix_public
from corpus_assets.corpora.bvi_dvc import look_in_zip
from corpus_assets.corpora.clip import ContainerVideo, Source
from corpus_assets.corpora.file_source import FileSource
from corpus_assets.errors import ClipError, DamagedEntryError, ForeignEntryError, RootError
from corpus_assets.extraction.entry import (
    ENTRY_FORMAT,
    EncodeRecord,
    EngineRecord,
    EntryHeader,
    ModelRecord,
    StampedSource,
    join_entry,
    rejoin_report,
    split_header,
)
from corpus_assets.extraction.kept_report import read_report
from corpus_assets.files import sha256_of_bytes
from corpus_assets.libvmaf.features import CANONICAL6
from corpus_assets.libvmaf.probe import probe
from corpus_assets.libvmaf.report import accept, parse_report
from corpus_assets.libvmaf.summary import summarize
from corpus_assets.manifests.document import to_bytes
from corpus_assets.tables.corpus_row import VOLATILE, CorpusRow
from corpus_assets.tables.jsonl import JsonLines
from corpus_assets.tables.report_row import Labels, row_of
from corpus_assets_tests.archives import stem, write_archive
from corpus_assets_tests.hostile_archives import Entry, archive_of
from corpus_assets_tests.making import (
    build_bvi,
    build_netflix,
    build_pairs,
    build_rows,
    manifest_of,
)
from corpus_assets_tests.mutations import DEEP, spoilt_bytes, spoilt_json, spoilt_tree
from corpus_assets_tests.schemas import MODELS

FRAMES = 3
KEPT = stem("DKept")
LABELS = Labels("libx264", "fast", 35, "yuv420p10le")
KEYS = frozenset({feature.origins[0].report_key for feature in CANONICAL6.features} | {"vmaf"})
SEED = int(os.environ.get("FUZZ_SEED", "0")) << 64

Test = Callable[..., None]


def spoilt(times: int = 10_000) -> Callable[[Test], Test]:
    """Give a test a source of chance, many times over."""
    checks = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow)
    often = settings(
        max_examples=times, deadline=None, derandomize=True, suppress_health_check=checks
    )
    seeds = st.integers(0, (1 << 64) - 1).map(lambda seed: random.Random(SEED + seed))  # noqa: S311
    return lambda test: pytest.mark.slow(often(given(chance=seeds)(test)))


def report_tree() -> dict[str, Any]:
    """Return a report of the form that libvmaf prints."""
    metrics = {key: 0.5 + number / 64 for number, key in enumerate(sorted(KEYS))}
    pooled = {key: {"min": 0.0, "max": 1.0, "mean": 0.5, "harmonic_mean": 0.4} for key in metrics}
    return {
        "version": "3.0.0",
        "fps": 12.5,
        "frames": [{"frameNum": number, "metrics": dict(metrics)} for number in range(FRAMES)],
        "pooled_metrics": pooled,
        "aggregate_metrics": {},
    }


def header_of(report: bytes) -> EntryHeader:
    source = StampedSource(name=f"{KEPT}.mp4", size=9, mtime_ns=1, inode=2, sha256="0" * 64)
    return EntryHeader(
        format=ENTRY_FORMAT,
        fingerprint="0" * 64,
        sources=(source,),
        report_keys=tuple(sorted(KEYS)),
        report_sha256=sha256_of_bytes(report),
        frames=FRAMES,
        width=640,
        height=272,
        process_seconds=0.5,
        encoded_bytes=999,
        encode=EncodeRecord(
            encoder=LABELS.encoder,
            preset=LABELS.preset,
            crf=LABELS.crf,
            pix_fmt=LABELS.pix_fmt,
            threads=1,
        ),
        model=ModelRecord(name="vmaf_v0.6.1", sha256=None),
        engine=EngineRecord(kind="ffmpeg", version="9", ffmpeg_version="9", libvmaf_version="3"),
    )


REPORT_BYTES = json.dumps(report_tree()).encode()
ENTRY = join_entry(header_of(REPORT_BYTES), REPORT_BYTES)


def test_the_inputs_are_valid_before_they_are_spoilt(tmp_path: Path) -> None:
    accept(parse_report(REPORT_BYTES), frames=FRAMES, expected=KEYS)
    path = tmp_path / f"{KEPT}.json"
    path.write_bytes(ENTRY)
    assert row_of(read_report(path), LABELS, "now").vmaf_score == summarize(REPORT_BYTES).vmaf


def check_refusal(error: ClipError, stage: str) -> None:
    assert error.stage == stage
    assert 0 < len(error.reason) < 20_000


def check_report(data: bytes) -> None:
    try:
        report = parse_report(data)
        accept(report, frames=FRAMES, expected=KEYS)
    except ClipError as error:
        check_refusal(error, "accept")
        return
    assert all(len(column) == FRAMES for column in report.columns({k: k for k in KEYS}).values())


@spoilt()
def test_reports(chance: random.Random) -> None:
    check_report(spoilt_json(chance, REPORT_BYTES))


def check_summary(data: bytes) -> None:
    try:
        summary = summarize(data)
    except ClipError as error:
        check_refusal(error, "accept")
        return
    assert summary.frames > 0
    assert abs(summary.vmaf) < float("inf")


@spoilt()
def test_summaries(chance: random.Random) -> None:
    check_summary(spoilt_json(chance, REPORT_BYTES))


@pytest.mark.parametrize("key", ["version", "frameNum", "vmaf", "mean"])
def test_deep_values_are_not_printed_whole(key: str) -> None:
    """Python cannot print what orjson can read."""
    data = re.sub(rf'("{key}": )[^,}}]+'.encode(), rb"\1" + DEEP, REPORT_BYTES, count=1)
    assert DEEP in data
    check_report(data)
    check_summary(data)


@spoilt()
def test_entries(chance: random.Random) -> None:
    line, _, rest = spoilt_entry(chance).partition(b"\n")
    try:
        header = split_header(line + b"\n")
        rejoin_report(header, rest)
    except (DamagedEntryError, ForeignEntryError):
        return


@spoilt()
def test_kept_reports_and_their_rows(chance: random.Random, tmp_path: Path) -> None:
    path = tmp_path / f"{KEPT}.json"
    path.write_bytes(spoilt_entry(chance))
    try:
        row = row_of(read_report(path), LABELS, "now")
    except ClipError as error:
        check_refusal(error, "accept")
        return
    json.dumps(row.model_dump()).encode()


def spoilt_entry(chance: random.Random) -> bytes:
    """Spoil an entry's bytes, its header's values, or its report, which is then signed anew."""
    way = chance.randrange(4)
    if way == 0:
        return spoilt_bytes(chance, ENTRY)
    if way == 1:
        return spoilt_json(chance, REPORT_BYTES)
    report = spoilt_json(chance, REPORT_BYTES) if way == 2 else REPORT_BYTES
    report = report if report.startswith(b"{") else b"{" + report
    header = header_of(report)
    if way == 2:
        return join_entry(header, report)
    line = spoilt_tree(chance, header.model_dump_json().encode())
    return b'{"corpus_assets":' + line + b",\n" + report[1:]


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


NAMES = ("1001.mp4", "Bikes_29.97fps.yuv", "Bikes_30_144_200.yuv", f"{stem('DOne')}.mp4")
SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@spoilt()
def test_names(chance: random.Random) -> None:
    """A name that a grammar takes gives a key that is safe as a file name and in a table."""
    valid = chance.choice(NAMES)
    name = os.fsdecode(spoilt_bytes(chance, valid.encode()))
    if not konvid_1k._reason_by_name(name):
        key = konvid_1k._key(name)
        assert SAFE.fullmatch(key)
        assert f"{key}.mp4" == f"KoNViD_1k_videos_{name}"
    for pattern in (netflix_public.REFERENCE_NAME, netflix_public.DISTORTED_NAME):
        if found := pattern.fullmatch(name):
            assert SAFE.fullmatch(netflix_public._key(name))
            assert found["source"].isascii()
    if not bvi_dvc._reason_by_name(name):
        key = name.rsplit("/", 1)[-1][:-4]
        assert SAFE.fullmatch(key)
        assert bvi_dvc.format_of(key).width >= 0


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
