"""The files in docs/service are what they are said to be."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[1] / "docs" / "service"
HISTORY_IN_A_FILE = {"storage": {"sqlite": {"base_dir": "history"}}}


def test_the_location_loads_with_this_instance(tmp_path: Path) -> None:
    """As `docs/service` has it, but for PostgreSQL, and for where logs go."""
    config: dict[str, Any] = yaml.safe_load((FOLDER / "dagster.yaml").read_text())
    assert config["storage"]["postgres"] == {"postgres_url": {"env": "DAGSTER_PG_URL"}}
    config["compute_logs"]["config"]["base_dir"] = str(tmp_path / "logs")
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(config | HISTORY_IN_A_FILE))
    for name in ("workspace.yaml", "location.py"):
        (tmp_path / name).write_text((FOLDER / name).read_text())
    code = """if True:
        import dagster as dg
        from location import defs
        dg.Definitions.validate_loadable(defs)
        assert "tell_of_failures" in {sensor.name for sensor in defs.sensors}
        assert defs.resolve_all_asset_keys()
        with dg.DagsterInstance.get() as instance:
            assert instance.run_monitoring_enabled
        """
    environment = {"DAGSTER_HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "PYTHONPATH": "."}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_the_units_start_what_is_installed() -> None:
    for name in ("webserver", "daemon"):
        tool = f"dagster-{name}"
        text = (FOLDER / f"corpus-assets-{name}.service").read_text()
        assert f"ExecStart=/opt/corpus-assets/.venv/bin/{tool} " in text
        assert (Path(sys.executable).parent / tool).exists()
        assert name == "daemon" or "-h 127.0.0.1" in text, "it has no accounts"
