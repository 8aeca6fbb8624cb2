"""Kernels beside libvmaf: the same numbers, checked first, and given up where they are not."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
import pytest

from corpus_assets.artifacts.build import ScoredBuilt
from corpus_assets.artifacts.netflix_full import FULL_FEATURES
from corpus_assets.artifacts.plan import ScoringPlan
from corpus_assets.artifacts.request import Launch
from corpus_assets.artifacts.settings import SharedSettings
from corpus_assets.corpora.clip import Clip, ContainerVideo, Encode, RawVideo
from corpus_assets.corpora.file_source import FileSource
from corpus_assets.errors import (
    CancelledError,
    ClipError,
    EngineError,
    ReplayRefusedError,
    SettingError,
)
from corpus_assets.extraction.peers import Facts
from corpus_assets.kernels import loading
from corpus_assets.kernels.frame_metrics import COLUMNS, FrameMetrics
from corpus_assets.kernels.frames import FrameFormat
from corpus_assets.kernels.loading import KernelsIdentity, installed_kernels
from corpus_assets.libvmaf import acceleration as acceleration_module
from corpus_assets.libvmaf.acceleration import Accelerate, Verdict, acceleration
from corpus_assets.libvmaf.computation import ACCELERATED
from corpus_assets.libvmaf.engine import Engine
from corpus_assets.libvmaf.features import feature_set
from corpus_assets.libvmaf.ffmpeg import FfmpegProgram
from corpus_assets.libvmaf.model import DEFAULT_MODEL, resolve_model
from corpus_assets.libvmaf.pairs import Pair, copied, pairs_of_pipe
from corpus_assets.libvmaf.process import Children
from corpus_assets.libvmaf.self_check import TOLERANCE, SelfCheck
from corpus_assets.libvmaf.trials import Trials
from corpus_assets.manifests.comparable import engine as engine_facts
from corpus_assets.manifests.inputs import check_inputs
from corpus_assets.manifests.reading import read_manifest
from corpus_assets.manifests.statement import read_statement
from corpus_assets_tests.faulty_ffmpeg import make_faulty_ffmpeg
from corpus_assets_tests.making import build_netflix, manifest_of
from corpus_assets_tests.media import FRAMES, NETFLIX_SIZE
from corpus_assets_tests.test_replay import replay

SIZE: dict[str, Any] = {"width": NETFLIX_SIZE[0], "height": NETFLIX_SIZE[1]}
FEW = ["motion2", *COLUMNS]
PAIRS = ("Bikes_30_144_200", "Bikes_80_216_900")
EIGHT = Encode("libx264", "veryfast", 35, "yuv420p")
TEN = Encode("libx264", "fast", 45, "yuv420p10le")


@pytest.fixture
def root(pairs: Path, tmp_path: Path) -> Path:
    """Two raw pairs of one reference."""
    root = tmp_path / "netflix"
    for folder, names in {"ref": ["Bikes_25fps"], "dis": PAIRS}.items():
        (root / folder).mkdir(parents=True)
        for name in names:
            shutil.copy(pairs / folder / f"{name}.yuv", root / folder)
    return root


def build(root: Path, **settings: Any) -> ScoredBuilt:
    return build_netflix(root, **SIZE, **({"feature_set": FEW} | settings))


def table_of(built: ScoredBuilt) -> pd.DataFrame:
    return pd.read_parquet(built.manifest.artifact.path)


def who(built: ScoredBuilt) -> dict[str, str]:
    """Return who computed the columns, where it was the same for all clips."""
    return {one.column: one.by for one in built.manifest.computed_by if one.clips is None}


BY_KERNELS = {"vmaf": "libvmaf", "motion2": "libvmaf", **dict.fromkeys(COLUMNS, "kernels")}
BY_LIBVMAF = dict.fromkeys(BY_KERNELS, "libvmaf")


def engine(ffmpeg: str, accelerate: Accelerate) -> Engine:
    kernels = acceleration(accelerate, None, kernels_fit=True)
    trials, model = Trials(FfmpegProgram(ffmpeg)), resolve_model(DEFAULT_MODEL)
    return Engine(trials, model, feature_set(FEW), acceleration=kernels)


def encoded(media: Path, name: str, encode: Encode) -> Clip:
    video = ContainerVideo(FileSource(str(media), f"{name}.mp4"), "mov")
    return Clip(name, video, encode, encode.pixel_format)


def raw_pair(
    folder: Path,
    size: tuple[int, int] = NETFLIX_SIZE,
    pixel_format: str = "yuv420p",
    names: tuple[str, str] = ("ref.yuv", "dis.yuv"),
) -> Clip:
    reference, distorted = (
        RawVideo(FileSource(str(folder), name), *size, pixel_format, Fraction(25)) for name in names
    )
    return Clip("pair", reference, distorted, pixel_format)


def bikes_pair(folder: Path) -> Clip:
    return raw_pair(folder, names=("ref/Bikes_25fps.yuv", f"dis/{PAIRS[0]}.yuv"))


def largest_difference(clip: Clip, ffmpeg: str) -> float:
    """Score both ways; all that libvmaf computes must be equal, and nulls be in the same places."""
    ours, theirs = (
        one.score(clip, Children()) for one in (engine(ffmpeg, "require"), engine(ffmpeg, "off"))
    )
    assert ours.kernels
    assert not theirs.kernels
    assert ours.ledger.accelerated == len(ours.report.metrics)
    largest = 0.0
    for one, other in zip(ours.report.metrics, theirs.report.metrics, strict=True):
        assert one.keys() == other.keys()
        for key, value in one.items():
            if value is None or other[key] is None or key not in ours.kernels:
                assert value == other[key], key
            else:
                assert value == round(value, 6), "as printed"
                largest = max(largest, abs(value - other[key]))
    pooled = [json.loads(scored.report_bytes)["pooled_metrics"] for scored in (ours, theirs)]
    assert pooled[0].keys() == pooled[1].keys()
    for key in ours.kernels:
        assert pooled[0][key] == pytest.approx(pooled[1][key], abs=TOLERANCE, nan_ok=True)
    return largest


@pytest.mark.parametrize(("name", "encode"), [("gap", EIGHT), ("ten", TEN)])
def test_encoded_clips_score_as_by_libvmaf_alone(
    ffmpeg: str, media: Path, name: str, encode: Encode
) -> None:
    assert largest_difference(encoded(media, name, encode), ffmpeg) <= TOLERANCE


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv420p10le"])
@pytest.mark.parametrize("distorted", ["noisy", "equal", "inverted"])
def test_raw_pairs_score_as_by_libvmaf_alone(
    ffmpeg: str, pairs: Path, tmp_path: Path, pixel_format: str, distorted: str
) -> None:
    """Of equal frames ciede2000 is null, of inverted ones float_ms_ssim."""
    samples = np.fromfile(pairs / "ref" / "Bikes_25fps.yuv", np.uint8)
    if pixel_format == "yuv420p10le":
        samples = samples.astype("<u2") * 4 + 1
    top = 255 if pixel_format == "yuv420p" else 1023
    noise = np.random.default_rng(7).integers(-9, 10, samples.shape)
    changed = {
        "noisy": np.clip(samples + noise, 0, top).astype(samples.dtype),
        "equal": samples,
        "inverted": top - samples,
    }
    samples.tofile(tmp_path / "ref.yuv")
    changed[distorted].tofile(tmp_path / "dis.yuv")
    clip = raw_pair(tmp_path, pixel_format=pixel_format)
    assert largest_difference(clip, ffmpeg) <= TOLERANCE
    frame = engine(ffmpeg, "require").score(clip, Children()).report.metrics[-1]
    nulls = {"noisy": (), "equal": ("ciede2000",), "inverted": ("float_ms_ssim",)}[distorted]
    assert tuple(column for column in COLUMNS if frame[column] is None) == nulls


def test_small_frames_go_to_kernels_as_far_as_there_is_a_number(ffmpeg: str, media: Path) -> None:
    """carphone is 176x144: too small for float_ms_ssim."""
    scored = engine(ffmpeg, "require").score(encoded(media, "carphone", EIGHT), Children())
    assert scored.kernels == {"ciede2000", "float_ssim"}
    assert largest_difference(encoded(media, "carphone", EIGHT), ffmpeg) <= TOLERANCE


def test_every_column_of_the_kernels_has_an_extractor() -> None:
    assert set(ACCELERATED.values()) == set(COLUMNS)


def test_a_table_says_who_computed_it(root: Path) -> None:
    fast = build(root)
    manifest = manifest_of(fast)
    identity = installed_kernels()
    assert identity
    assert who(fast) == BY_KERNELS
    versions = {one["column"]: one["version"] for one in manifest["computed_by"]}
    assert versions["ciede2000"] == f"{identity.version} (Numba {identity.numba})"
    assert versions["vmaf"] == manifest["engine"]["libvmaf_version"]
    assert manifest["engine"]["kernels"] == {
        "version": identity.version,
        "numba": identity.numba,
        "columns": sorted(COLUMNS),
    }
    (check,) = manifest["acceleration"]["checks"]
    assert check["clip"] in PAIRS
    assert check["frames"] == 4
    assert 0 <= check["largest_difference"] <= TOLERANCE
    assert check["refusal"] is None
    slow = build(root, accelerate="off")
    assert who(slow) == BY_LIBVMAF
    assert manifest_of(slow)["engine"]["kernels"] is None
    assert manifest_of(slow)["acceleration"] == {"setting": "off", "checks": []}
    pd.testing.assert_frame_equal(table_of(fast), table_of(slow), rtol=0, atol=TOLERANCE)


def test_features_of_libvmaf_alone_ask_for_no_kernel(root: Path) -> None:
    built = build(root, feature_set="canonical6")
    assert set(who(built).values()) == {"libvmaf"}
    assert built.manifest.engine.kernels is None
    assert built.manifest.acceleration
    assert built.manifest.acceleration.checks == ()


# What the cache gives


def lookups(built: ScoredBuilt) -> tuple[int, int]:
    """Return how many clips the cache served, and how many it had otherwise."""
    return built.manifest.cache.hits, built.manifest.cache.stale


def test_an_entry_serves_who_would_compute_the_same(root: Path) -> None:
    build(root)
    again = build(root)
    assert lookups(again) == (2, 0)
    assert who(again) == BY_KERNELS
    assert again.manifest.acceleration
    assert again.manifest.acceleration.checks == ()


def test_kernels_concern_only_the_columns_that_they_compute(root: Path) -> None:
    build(root)
    for accelerate in ("auto", "off"):
        built = build(root, feature_set="canonical6", accelerate=accelerate)
        assert lookups(built) == (2, 0)
        assert set(who(built).values()) == {"libvmaf"}
    assert lookups(build(root)) == (2, 0)  # and are still there


def plan_of(root: Path, **settings: Any) -> ScoringPlan:
    given = FULL_FEATURES.settings(data_root=str(root), feature_set=FEW, **SIZE, **settings)
    (request,) = FULL_FEATURES.resolve(given, SharedSettings(workers=2), os.environ)
    plan = request.plan()
    assert isinstance(plan, ScoringPlan)
    return plan


def test_an_entry_of_another_computer_is_stale(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(root)
    assert plan_of(root, accelerate="auto").cached == 2
    plan = plan_of(root, accelerate="off")
    assert (plan.cached, plan.to_score, plan.cached_by_others) == (0, 2, 2)
    assert "2 of these: they are cached, but" in plan.text()
    alone, log = built_with_log(root, accelerate="off")
    assert log.count("WARNING: clips are scored again: they are cached, but") == 1
    assert lookups(alone) == (0, 2)
    assert who(alone) == BY_LIBVMAF
    assert "scored again" not in built_with_log(root, accelerate="off")[1]
    assert lookups(build(root)) == (0, 2)
    newer = KernelsIdentity(loading.KERNELS_VERSION, "99.0")
    monkeypatch.setattr(acceleration_module, "installed_kernels", lambda: newer)
    built = build(root)
    assert lookups(built) == (0, 2)
    assert built.manifest.engine.kernels
    assert built.manifest.engine.kernels.numba == "99.0"


def test_entries_from_before_kernels_are_libvmafs(root: Path, tmp_path: Path) -> None:
    build(root, accelerate="off")
    for entry in (tmp_path / "cache" / "netflix_public").iterdir():
        text = entry.read_text()
        assert text.count(',"kernels":null') == 1
        entry.write_text(text.replace(',"kernels":null', ""))
    assert lookups(build(root, accelerate="off")) == (2, 0)


# The check, and what happens where it fails


@pytest.fixture
def wrong_kernels(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let kernels be wrong by what the list holds: ciede2000, three units of the last digit."""
    error = [3e-6]
    real = FrameMetrics.score

    def score(self: FrameMetrics, *frames: Any) -> dict[str, float | None]:
        scores = real(self, *frames)
        return scores | {"ciede2000": (scores["ciede2000"] or 0.0) + error[0]}

    monkeypatch.setattr(FrameMetrics, "score", score)
    return error


def built_with_log(root: Path, **settings: Any) -> tuple[ScoredBuilt, str]:
    lines: list[str] = []
    given = FULL_FEATURES.settings(data_root=str(root), feature_set=FEW, **SIZE, **settings)
    (request,) = FULL_FEATURES.resolve(given, SharedSettings(workers=2), os.environ)
    built = FULL_FEATURES.build(request, Launch(argv=("test",)), lines.append)
    assert isinstance(built, ScoredBuilt)
    return built, "\n".join(lines)


@pytest.mark.usefixtures("wrong_kernels")
def test_wrong_kernels_are_given_up_and_the_run_goes_on(root: Path, tmp_path: Path) -> None:
    built, log = built_with_log(root)
    assert "WARNING: kernels are off, and libvmaf computes everything: ciede2000 of frame 0" in log
    assert who(built) == BY_LIBVMAF
    assert built.manifest.engine.kernels is None
    assert built.manifest.counts.extracted == 2
    acceleration = built.manifest.acceleration
    assert acceleration
    assert acceleration.refusal
    (check,) = acceleration.checks
    assert check.largest_difference == pytest.approx(3e-6, abs=1.5e-6)
    entries = [*(tmp_path / "cache" / "netflix_public").iterdir()]
    assert all('"kernels":null' in entry.read_text() for entry in entries)
    alone = build(root, accelerate="off", cache_policy="off", out=str(tmp_path / "alone.parquet"))
    assert built.content_sha256 == alone.content_sha256


def test_a_difference_within_the_tolerance_is_none(root: Path, wrong_kernels: list[float]) -> None:
    wrong_kernels[0] = 1e-6
    built = build(root)
    assert who(built) == BY_KERNELS
    (check,) = manifest_of(built)["acceleration"]["checks"]
    assert 0 < check["largest_difference"] <= TOLERANCE


def test_a_table_of_two_computers_says_so(root: Path, wrong_kernels: list[float]) -> None:
    """The cache had one clip of the kernels, before they were given up at the other."""
    wrong_kernels[0] = 0.0
    build(root, include=[PAIRS[0]])
    wrong_kernels[0] = 3e-6
    built = build(root, workers=1)
    assert lookups(built) == (1, 0)
    parts = [part for part in built.manifest.computed_by if part.column == "ciede2000"]
    assert {part.by: part.clips for part in parts} == {
        "kernels": (PAIRS[0],),
        "libvmaf": (PAIRS[1],),
    }
    assert set(built.manifest.mixed_columns) == set(COLUMNS)
    assert built.manifest.engine.kernels
    wrong_kernels[0] = 0.0
    with pytest.raises(ReplayRefusedError, match="computed_by ciede2000: expected kernels for"):
        replay(built)
    facts = dict(engine_facts(read_statement(built.manifest_path)))
    assert facts["computed_by ciede2000"] == "kernels (1 clips), libvmaf (1 clips)"


@pytest.mark.usefixtures("wrong_kernels")
def test_who_requires_kernels_gets_no_table_without(root: Path, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"accelerate is require, but ciede2000 of frame 0 is"):
        build(root, accelerate="require")
    assert not list((tmp_path / "runs").glob("*.parquet"))


def test_a_null_of_only_one_side_is_a_difference(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = FrameMetrics.score
    none = {"float_ms_ssim": None}
    monkeypatch.setattr(FrameMetrics, "score", lambda *args: real(*args) | none)
    assert who(build(root)) == BY_LIBVMAF


def test_kernels_that_do_not_load_are_given_up(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(_: Path) -> None:
        raise ImportError("Numba needs another NumPy")

    monkeypatch.setattr(acceleration_module, "load_kernels", load)
    built, log = built_with_log(root)
    assert "the kernels cannot be used: ImportError: Numba needs another NumPy" in log
    assert who(built) == BY_LIBVMAF


def test_machine_code_that_is_damaged_is_made_anew(tmp_path: Path) -> None:
    """As after a power cut; in processes of their own, because Numba reads it once."""
    for damaged in (False, True):
        if damaged:
            for file in tmp_path.glob("kernels-*/**/*.nb[ci]"):
                os.truncate(file, file.stat().st_size // 2)
        done = subprocess.run(
            [sys.executable, "-c", COMPILED, tmp_path], check=True, capture_output=True, text=True
        )
        assert "refusal=''" in done.stdout


COMPILED = """
import sys
from pathlib import Path
from corpus_assets.kernels.loading import installed_kernels
from corpus_assets.libvmaf.acceleration import Acceleration
from corpus_assets.libvmaf.self_check import compiled
print(compiled(Acceleration(installed_kernels(), Path(sys.argv[1])), "clip", 8))
"""


def test_one_clip_is_checked_while_the_others_wait(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[SelfCheck] = []
    real = SelfCheck.__call__

    def check(self: SelfCheck, *arguments: Any) -> Verdict:
        checked.append(self)
        return real(self, *arguments)

    monkeypatch.setattr(SelfCheck, "__call__", check)
    assert build(root).manifest.counts.extracted == 2
    assert len(checked) == 1


def test_another_depth_is_checked_too(ffmpeg: str, media: Path) -> None:
    one = engine(ffmpeg, "require")
    for clip in (encoded(media, "bikes", EIGHT), encoded(media, "gap", EIGHT)):
        one.score(clip, Children())
    assert one.acceleration
    assert [verdict.clip for verdict in one.acceleration.verdicts] == ["bikes"]
    one.score(encoded(media, "ten", TEN), Children())
    assert [verdict.clip for verdict in one.acceleration.verdicts] == ["bikes", "ten"]


def test_a_clip_too_short_for_the_check_is_checked_whole(ffmpeg: str, tmp_path: Path) -> None:
    size = (192, 176)
    frame = np.arange(192 * 176 * 3 // 2, dtype=np.uint32)
    (frame % 251).astype(np.uint8).tofile(tmp_path / "ref.yuv")
    (frame % 249).astype(np.uint8).tofile(tmp_path / "dis.yuv")
    one = engine(ffmpeg, "require")
    scored = one.score(raw_pair(tmp_path, size), Children())
    assert len(scored.report.metrics) == 1
    assert one.acceleration
    assert [verdict.frames for verdict in one.acceleration.verdicts] == [2]


# Settings


def test_without_numba(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acceleration_module, "installed_kernels", lambda: None)
    assert who(build(root)) == BY_LIBVMAF
    needed = (
        r"accelerate is require, but Numba is not installed: pip install 'corpus-assets\[fast\]"
    )
    with pytest.raises(EngineError, match=needed):
        build(root, accelerate="require")


def test_a_vmaf_tool_computes_everything() -> None:
    assert acceleration("auto", None, kernels_fit=False) is None
    with pytest.raises(EngineError, match="not with a vmaf tool; unset vmaf_bin"):
        acceleration("require", None, kernels_fit=False)


def test_settings_come_before_resources_before_variables(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolved(setting: str | None, shared: str | None) -> str:
        given = FULL_FEATURES.settings(data_root=str(root), accelerate=setting)
        resources = SharedSettings.model_validate({"accelerate": shared})
        (request,) = FULL_FEATURES.resolve(given, resources, os.environ)
        value: str = request.settings["accelerate"]
        return value

    assert resolved(None, None) == "auto"
    monkeypatch.setenv("CORPUS_ASSETS_ACCELERATE", "require")
    assert resolved(None, None) == "require"
    assert resolved(None, "off") == "off"
    assert resolved("auto", "off") == "auto"
    with pytest.raises(SettingError, match="accelerate: 'fast' is not allowed; it takes auto"):
        resolved("fast", None)
    monkeypatch.setenv("CORPUS_ASSETS_ACCELERATE", "yes")
    with pytest.raises(SettingError, match="ACCELERATE: 'yes' is not allowed; it takes auto"):
        resolved(None, None)


# What goes wrong while kernels and libvmaf are at work


@pytest.mark.parametrize("fault", ["missing frame", "exit code", "signal"])
def test_a_fault_of_the_process_is_told_as_without_kernels(
    ffmpeg: str, media: Path, tmp_path: Path, fault: str
) -> None:
    shutil.copy(media / "bikes.mp4", tmp_path / "spoilt.mp4")
    program = make_faulty_ffmpeg(tmp_path / "ffmpeg", ffmpeg, fault)
    errors = []
    for one in (engine(program, "require"), engine(program, "off")):
        with pytest.raises(ClipError) as error:
            one.score(encoded(tmp_path, "spoilt", EIGHT), Children())
        errors.append(error.value)
    assert errors[0].stage == errors[1].stage
    assert errors[0].reason == errors[1].reason


def test_a_process_that_hangs_is_ended(ffmpeg: str, media: Path, tmp_path: Path) -> None:
    shutil.copy(media / "bikes.mp4", tmp_path / "spoilt.mp4")
    program = make_faulty_ffmpeg(tmp_path / "ffmpeg", ffmpeg, "hang")
    one = replace(engine(program, "require"), clip_timeout=6.0)
    with pytest.raises(ClipError, match="ffmpeg: timed out after 6 s; set clip_timeout"):
        one.score(encoded(tmp_path, "spoilt", EIGHT), Children())


@pytest.fixture
def clip(request: pytest.FixtureRequest, media: Path, pairs: Path) -> Clip:
    return bikes_pair(pairs) if request.param == "raw" else encoded(media, "bikes", EIGHT)


def scoring_then(monkeypatch: pytest.MonkeyPatch, number: int, act: Callable[[], object]) -> None:
    """Do something after so many pairs of frames were scored, those of the check included."""
    real, calls = FrameMetrics.score, itertools.count(1)

    def score(self: FrameMetrics, *frames: Any) -> dict[str, float | None]:
        scores = real(self, *frames)
        if next(calls) == number:
            act()
        return scores

    monkeypatch.setattr(FrameMetrics, "score", score)


@pytest.mark.parametrize("number", [2, 5])
@pytest.mark.parametrize("clip", ["raw", "encoded"], indirect=True)
def test_a_cancel_ends_everything(
    ffmpeg: str, clip: Clip, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """It comes during the check, or after it."""
    children = Children()
    scoring_then(monkeypatch, number, children.stop)
    with pytest.raises(CancelledError):
        engine(ffmpeg, "require").score(clip, children)
    assert not children._running


def test_a_cancel_ends_the_wait_for_another_clips_check(ffmpeg: str, media: Path) -> None:
    one, children = engine(ffmpeg, "require"), Children()
    assert one.acceleration
    with one.acceleration._lock:
        timer = threading.Timer(0.5, children.stop)
        timer.start()
        with pytest.raises(CancelledError):
            one.score(encoded(media, "bikes", EIGHT), children)
    timer.join()


def test_a_raw_file_that_is_cut_short_meanwhile_fails_its_clip(
    ffmpeg: str, pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would end the whole process if it were mapped."""
    for folder in ("ref", "dis"):
        shutil.copytree(pairs / folder, tmp_path / folder)
    clip = bikes_pair(tmp_path)
    scoring_then(monkeypatch, 2, lambda: os.truncate(tmp_path / clip.sources[1].name, 99))
    with pytest.raises(ClipError):
        engine(ffmpeg, "require").score(clip, Children())


def test_frames_that_kernels_did_not_get_fail_the_clip(
    ffmpeg: str, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fewer(pipe: BinaryIO, frames: FrameFormat) -> Generator[Pair]:
        pairs = [copied(pair) for pair in pairs_of_pipe(pipe, frames)]
        yield from pairs[:-1]

    monkeypatch.setattr("corpus_assets.libvmaf.beside.pairs_of_pipe", fewer)
    with pytest.raises(ClipError, match=f"frame counts disagree: .*accelerated {FRAMES - 1}"):
        engine(ffmpeg, "require").score(encoded(media, "bikes", EIGHT), Children())


def test_a_file_that_cannot_be_read_again_fails_its_clip(
    ffmpeg: str, pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unreadable = Path("/proc/self/mem")
    monkeypatch.setattr(FileSource, "open", lambda _: unreadable.open("rb"))
    monkeypatch.setattr("corpus_assets.libvmaf.engine.check_depth", lambda *_: None)
    with pytest.raises(ClipError, match=r"Input/output error: ref/Bikes_25fps\.yuv"):
        engine(ffmpeg, "require").score(bikes_pair(pairs), Children())


def test_kernels_have_the_clips_time(
    ffmpeg: str, pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warm = engine(ffmpeg, "require")
    warm.score(bikes_pair(pairs), Children())
    monkeypatch.setattr(FrameMetrics, "score", lambda *_: time.sleep(1.0))
    slow = replace(warm, clip_timeout=2.0)
    with pytest.raises(ClipError, match="kernels: timed out after 2 s; set clip_timeout"):
        slow.score(bikes_pair(pairs), Children())


def test_what_kernels_raise_ends_the_process(
    ffmpeg: str, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise MemoryError

    one, children = engine(ffmpeg, "require"), Children()
    scoring_then(monkeypatch, 5, fail)
    with pytest.raises(MemoryError):
        one.score(encoded(media, "bikes", EIGHT), children)
    assert not children._running


# Evidence


def test_a_replay_uses_what_the_table_was_made_with(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast = build(root)
    monkeypatch.setenv("CORPUS_ASSETS_ACCELERATE", "off")
    assert replay(fast, out=root.parent / "again").identical
    slow = build(root, accelerate="off", out=str(root.parent / "slow" / "slow.parquet"))
    monkeypatch.setenv("CORPUS_ASSETS_ACCELERATE", "require")
    assert replay(slow).identical
    newer = KernelsIdentity(loading.KERNELS_VERSION, "99.0")
    monkeypatch.setattr(acceleration_module, "installed_kernels", lambda: newer)
    with pytest.raises(ReplayRefusedError, match=r"engine.kernels: .*Numba 99\.0"):
        replay(fast)
    monkeypatch.setattr(acceleration_module, "installed_kernels", lambda: None)
    with pytest.raises(ReplayRefusedError, match=r"engine.kernels: .* none; pip install 'corpus"):
        replay(fast)
    monkeypatch.setattr("corpus_assets.manifests.inputs.installed_kernels", lambda: None)
    (mismatch,) = check_inputs(read_manifest(fast.manifest_path))
    assert mismatch.what == "engine.kernels"
    assert not list(check_inputs(read_manifest(slow.manifest_path)))
    assert not replay(fast, out=root.parent / "anyway", anyway=True).failed


def test_a_diff_names_the_kernels(root: Path) -> None:
    fast = build(root)
    slow = build(root, accelerate="off", out=str(root.parent / "slow" / "slow.parquet"))
    facts = [dict(engine_facts(read_statement(built.manifest_path))) for built in (fast, slow)]
    differ = {name for name in facts[0] | facts[1] if facts[0].get(name) != facts[1].get(name)}
    assert differ == {"kernels"}


def test_other_kernels_make_another_process_unlike_this_one(ffmpeg: str) -> None:
    facts = [Facts.of(engine(ffmpeg, accelerate)) for accelerate in ("require", "off")]
    (difference,) = facts[0].differences(facts[1])
    assert difference.startswith("other kernels, which Numba compiles (none, here 1 (Numba ")
