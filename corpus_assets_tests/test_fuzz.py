"""Ten thousand spoilt reports, entries and names: refused in the project's own words."""

from __future__ import annotations

import json
import os
import random
import re
from pathlib import Path
from typing import Any

import pytest

from corpus_assets.corpora import bvi_dvc, konvid_1k, netflix_public
from corpus_assets.errors import ClipError, DamagedEntryError, ForeignEntryError
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
from corpus_assets.libvmaf.report import accept, parse_report
from corpus_assets.libvmaf.summary import summarize
from corpus_assets.tables.report_row import Labels, row_of
from corpus_assets_tests.archives import stem
from corpus_assets_tests.mutations import (
    DEEP,
    check_refusal,
    spoilt,
    spoilt_bytes,
    spoilt_json,
    spoilt_tree,
)

FRAMES = 3
KEPT = stem("DKept")
LABELS = Labels("libx264", "fast", 35, "yuv420p10le")
KEYS = frozenset({feature.origins[0].report_key for feature in CANONICAL6.features} | {"vmaf"})


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


@pytest.mark.parametrize(
    "wrong",
    [
        {"sources": ()},
        {"width": 1},
        {"height": 1 << 40},
        {"frames": 0},
        {"encoded_bytes": -1},
        {"encoded_bytes": 10**400},
        {"process_seconds": float("inf")},
        {"report_sha256": "x"},
    ],
)
def test_headers_that_no_entry_has(wrong: dict[str, Any], tmp_path: Path) -> None:
    header = header_of(REPORT_BYTES).model_copy(update=wrong)
    with pytest.raises(DamagedEntryError):
        split_header(join_entry(header, REPORT_BYTES).partition(b"\n")[0] + b"\n")
    path = tmp_path / "kept.json"
    path.write_bytes(join_entry(header, REPORT_BYTES))
    with pytest.raises(ClipError, match="our entry is damaged"):
        read_report(path)


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
