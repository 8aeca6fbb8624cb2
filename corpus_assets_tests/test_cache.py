"""The cache: what is reused, what is computed again, and what is never trusted."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pandas as pd
import pytest

from corpus_assets.artifacts.build import ScoredBuilt
from corpus_assets.corpora import file_source, konvid_1k
from corpus_assets.corpora.clip import Encode
from corpus_assets.files import sha256_of_file
from corpus_assets_tests.faulty_ffmpeg import make_faulty_ffmpeg
from corpus_assets_tests.making import build_pairs, counted_scorings
from corpus_assets_tests.tiny_model import write_tiny_model

ALL = ["10.mp4", "20.mp4", "30.mp4"]
Builder = Callable[..., tuple[ScoredBuilt, list[str]]]


@pytest.fixture
def build(konvid_root: Path, monkeypatch: pytest.MonkeyPatch) -> Builder:
    """Build and say which files were scored by a real process."""

    def run(**settings: Any) -> tuple[ScoredBuilt, list[str]]:
        with counted_scorings(monkeypatch) as started:
            built = build_pairs(konvid_root, **settings)
        return built, sorted(url.rsplit("/", 1)[1] for url in started)

    return run


def lookups(built: ScoredBuilt) -> dict[str, int]:
    part = built.manifest.cache
    counts = part.model_dump(include={"hits", "misses", "stale", "damaged", "unread"})
    return {name: count for name, count in counts.items() if count}


def test_second_run_starts_no_process(build: Builder) -> None:
    first, scored = build()
    assert scored == ALL
    assert lookups(first) == {"misses": 3}
    second, scored = build()
    assert scored == []
    assert lookups(second) == {"hits": 3}
    counts = second.manifest.counts
    assert (counts.extracted, counts.cached, counts.failed) == (0, 3, 0)
    assert second.manifest.artifact == first.manifest.artifact


def test_touch_does_not_score_again_and_hashes_once(
    build: Builder, konvid_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build()
    os.utime(konvid_root / "KoNViD_1k_videos" / "10.mp4", ns=(1, 1))
    hashed: list[str] = []

    def counting(path: Path, *_: object) -> str:
        hashed.append(Path(path).name)
        return sha256_of_file(path)

    monkeypatch.setattr(file_source, "sha256_of_file", counting)
    built, scored = build()
    assert scored == []
    assert lookups(built) == {"hits": 3}
    assert hashed == ["10.mp4"]
    assert build()[1] == []
    assert hashed == ["10.mp4"]


def test_changed_bytes_score_that_clip_again(
    build: Builder, konvid_root: Path, media: Path
) -> None:
    before, _ = build()
    shutil.copy(media / "bunny.mp4", konvid_root / "KoNViD_1k_videos" / "10.mp4")
    after, scored = build()
    assert scored == ["10.mp4"]
    assert lookups(after) == {"hits": 2, "stale": 1}
    assert after.manifest.artifact.content_sha256 != before.manifest.artifact.content_sha256


def test_changed_crf_scores_again(build: Builder) -> None:
    build()
    built, scored = build(crf=36)
    assert scored == ALL
    assert lookups(built) == {"stale": 3}


def test_changed_preset_scores_again(build: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    build()
    real = konvid_1k.recipe

    def slower(crf: int) -> Encode:
        return replace(real(crf), preset="fast")

    monkeypatch.setattr(konvid_1k, "recipe", slower)
    assert build()[1] == ALL


def test_changed_model_scores_again(build: Builder, tmp_path: Path) -> None:
    built_in, _ = build()
    neg, scored = build(model="vmaf_v0.6.1neg")
    assert scored == ALL
    model = write_tiny_model(tmp_path / "tiny.json")
    own, scored = build(model=str(model))
    assert scored == ALL
    assert own.manifest.engine.model.sha256
    write_tiny_model(model, gamma=0.4)
    changed, scored = build(model=str(model))
    assert scored == ALL
    means = [built.table.evidence.scores.mean for built in (built_in, neg, own, changed)]
    assert len(set(means)) == 4
    adm2 = {tuple(pd.read_parquet(b.manifest.artifact.path)["adm2"]) for b in (built_in, changed)}
    assert len(adm2) == 1


def test_changed_engine_scores_again(build: Builder, tmp_path: Path, ffmpeg: str) -> None:
    before, _ = build()
    other = make_faulty_ffmpeg(tmp_path / "ffmpeg", ffmpeg, "none")
    after, scored = build(ffmpeg=other)
    assert scored == ALL
    assert after.manifest.artifact.content_sha256 == before.manifest.artifact.content_sha256
    assert after.manifest.engine.binary_sha256 != before.manifest.engine.binary_sha256


def test_missing_feature_is_stale(build: Builder, tmp_path: Path) -> None:
    build()
    entry = tmp_path / "cache" / "konvid_1k" / "KoNViD_1k_videos_10.json"
    header, rest = entry.read_bytes().split(b"\n", 1)
    entry.write_bytes(header.replace(b'"integer_motion2",', b"") + b"\n" + rest)
    built, scored = build()
    assert scored == ["10.mp4"]
    assert lookups(built) == {"hits": 2, "stale": 1}


def test_refresh_scores_and_writes(build: Builder) -> None:
    build()
    built, scored = build(cache_policy="refresh")
    assert scored == ALL
    assert lookups(built) == {"unread": 3}
    assert build()[1] == []


def test_off_neither_reads_nor_writes(build: Builder, tmp_path: Path) -> None:
    assert build(cache_policy="off")[1] == ALL
    assert not (tmp_path / "cache").exists()
    build()
    assert build(cache_policy="off")[1] == ALL


def _flip_digit(entry: bytes) -> bytes:
    position = entry.index(b'"integer_adm2": 0.') + 18
    return (
        entry[:position]
        + (b"1" if entry[position : position + 1] != b"1" else b"2")
        + entry[position + 1 :]
    )


@pytest.mark.parametrize(
    "damage",
    [
        _flip_digit,
        lambda entry: entry[: len(entry) // 2],
        lambda entry: entry[:100],
        lambda _: b"",
        lambda entry: b"\0" * len(entry),
        lambda entry: entry.replace(b'"format":2', b'"format":3'),
        lambda entry: orjson.dumps(orjson.loads(entry)),
    ],
    ids=["digit", "half", "header", "empty", "zeros", "format", "rewritten"],
)
def test_damaged_entry_is_scored_again(
    build: Builder, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    first, _ = build()
    entry = tmp_path / "cache" / "konvid_1k" / "KoNViD_1k_videos_20.json"
    entry.write_bytes(damage(entry.read_bytes()))
    built, scored = build()
    assert scored == ["20.mp4"]
    assert lookups(built) == {"hits": 2, "damaged": 1}
    assert built.manifest.artifact == first.manifest.artifact
    assert build()[1] == []


def test_entries_are_reports_that_others_can_read(build: Builder, tmp_path: Path) -> None:
    build()
    entry = json.loads((tmp_path / "cache/konvid_1k/KoNViD_1k_videos_10.json").read_text())
    assert set(entry) >= {"version", "frames", "pooled_metrics"}
    assert entry["corpus_assets"]["encode"] == {
        "encoder": "libx264",
        "preset": "veryfast",
        "crf": 35,
        "pix_fmt": "yuv420p",
        "threads": 1,
    }
    leftovers = list(tmp_path.rglob("*.tmp"))
    assert leftovers == []
