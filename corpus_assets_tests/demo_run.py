"""`corpus-assets demo`, once for all tests: its folder is left as the first run made it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus_assets.cli.demo import _world

HOSTILE = {
    "VMAF_KONVID_1K_DIR": "/nowhere",
    "VMAF_BIN": "/nowhere/vmaf",
    "VMAF_MODEL_PATH": "/nowhere/model.json",
    "DAGSTER_HOME": "/nowhere",
}
"""Variables of the user that the demo must not heed."""
OWN = ("VMAF_", "CORPUS_ASSETS_", "DAGSTER_")


@dataclass(frozen=True)
class Demo:
    """A demo in `work/here`, for a user whose home is `home`."""

    work: Path
    home: Path

    @property
    def folder(self) -> Path:
        return self.work / "here"

    @property
    def runs(self) -> Path:
        return self.folder / "runs"

    def run(self, *arguments: str) -> str:
        """Run the demo, and return what it prints."""
        code = "from corpus_assets.cli.main import main; main()"
        command = [sys.executable, "-c", code, "demo", "here", *arguments]
        return _output(command, self.work, {"HOME": str(self.home), "COLUMNS": "200", **HOSTILE})

    def results(self) -> dict[str, dict[str, Any]]:
        """Run it, and return what it made."""
        results: dict[str, dict[str, Any]] = json.loads(self.run("--json"))
        return results

    def dagster(self, *arguments: str) -> str:
        """Run Dagster's command on the demo, and return what it logs."""
        command = [sys.executable, "-m", "dagster", *arguments]
        variables = {**_world(self.folder), "HOME": str(self.home), "PYTHONWARNINGS": "ignore"}
        return _output(command, self.work, variables)


def _output(command: list[str], folder: Path, variables: dict[str, str]) -> str:
    kept = {name: text for name, text in os.environ.items() if not name.startswith(OWN)}
    environment = {**kept, "DAGSTER_DISABLE_TELEMETRY": "1", **variables}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
