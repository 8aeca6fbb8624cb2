"""Dagster's web UI in a real browser: what a user clicks, and what is then to be seen."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Locator, Page, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
LIMIT = 60_000
"""Milliseconds until something must be seen; a busy machine takes its time."""
TEXT_SHOWN = 1500
VIEWPORT = (1180, 780)
OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"


def chromium() -> str | None:
    """Return the browser that is installed on this machine, if there is one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def opened_page(executable: str) -> Iterator[Page]:
    """Open a browser that keeps none of its files and reaches this machine only.

    Playwright starts Chromium without its sandbox, which root could not have.
    """
    expect.set_options(timeout=LIMIT)
    width, height = VIEWPORT
    with TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as home:
        environment: dict[str, str | float | bool] = {**os.environ, "HOME": home, "TMPDIR": home}
        with (
            sync_playwright() as playwright,
            playwright.chromium.launch(
                executable_path=executable, args=[OFFLINE], env=environment
            ) as browser,
        ):
            page = browser.new_page(viewport={"width": width, "height": height})
            page.set_default_timeout(LIMIT)
            yield page


@contextmanager
def pictured_on_failure(page: Page, picture: Path) -> Iterator[None]:
    """Say with an error what the page showed, and where its picture is."""
    try:
        yield
    except Exception as error:
        page.screenshot(path=picture)
        text = " ".join(page.inner_text("body").split())[:TEXT_SHOWN]
        error.add_note(f"{page.url}, picture in {picture}, shows: {text}")
        raise


@dataclass(frozen=True, slots=True)
class WebUi:
    """The pages of one `dagster dev`."""

    page: Page
    url: str

    def open_lineage(self) -> None:
        """Open the graph of all assets."""
        self.page.goto(f"{self.url}/asset-groups")

    def group(self, name: str) -> Locator:
        """Return a group in the graph, which is drawn as an image; not that of the list beside."""
        return self.page.locator("svg").get_by_text(name, exact=True)

    def open_asset(self, asset: str, tab: str = "Overview") -> None:
        """Open the page of an asset."""
        self.page.goto(f"{self.url}/assets/{asset}")
        self.page.get_by_role("tab", name=tab, exact=True).click()

    def materialize(self, asset: str) -> str:
        """Click Materialize on the page of an asset, and return the run's id from its own page."""
        self.open_asset(asset)
        self.page.get_by_role("button", name="Materialize").click()
        self.page.get_by_role("link", name="View", exact=True).click()
        self.page.wait_for_url(re.compile(r"/runs/[0-9a-f-]{36}"))
        return self.page.url.partition("/runs/")[2][:36]

    def run_says(self, status: str) -> None:
        """Wait until the page of a run, which is open, shows its status."""
        expect(self.page.get_by_text(status, exact=True).first).to_be_visible()

    def terminate(self) -> None:
        """End the run whose page is open, and confirm it."""
        self.page.get_by_role("button", name="Terminate").click()
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_role("button", name="Terminate").click()
        expect(dialog).to_be_hidden()

    def materialized_in(self, run: str) -> Locator:
        """Return the link to the run of the materialization that is shown."""
        return self.page.get_by_role("link", name=run[:8])

    def metadata(self, label: str) -> Locator:
        """Return the value of a metadata entry of the materialization that is shown."""
        cell = self.page.get_by_role("cell", name=label, exact=True)
        return self.page.get_by_role("row").filter(has=cell).get_by_role("cell").nth(1)

    def open_check(self, asset: str, check: str) -> None:
        """Open a check of an asset."""
        self.open_asset(asset, "Checks")
        self.page.get_by_text(check, exact=True).first.click()

    def check_says(self, result: str) -> Locator:
        """Return the result of the check that is open."""
        return self.page.get_by_text(result, exact=True)
