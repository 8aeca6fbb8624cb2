"""`corpus-assets doctor`: what it finds, what it calls wrong, and that it leaves nothing behind."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from corpus_assets_tests.test_cli import corpus_assets

MISSING_EXTRACTORS = {"motion_v2", "ssimulacra2"}
"""What libvmaf's forks have and the embedded build has not."""


def test_nothing_set_is_fine(tmp_path: Path, ffmpeg: str) -> None:
    done = corpus_assets("doctor", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["problems"] == []
    engine = found["engine"]
    assert (engine["kind"], engine["binary"], engine["encoder"]) == ("ffmpeg", ffmpeg, None)
    assert engine["libvmaf_version"]
    assert {n for n, there in engine["extractors"].items() if not there} == MISSING_EXTRACTORS
    assert list(engine["null_columns"]) == ["ssimulacra2"]
    assert {"vmaf_v0.6.1", "vmaf_v0.6.1neg", "vmaf_4k_v0.6.1"} <= set(engine["models"])
    assert {root["status"] for root in found["roots"].values()} == {"not set"}
    assert all(folder["writable"] for folder in found["folders"].values())
    assert not (tmp_path / "runs").exists()


def test_roots_are_counted(konvid_root: Path, netflix_root: Path, tmp_path: Path) -> None:
    (konvid_root / "KoNViD_1k_videos" / "notes.txt").touch()
    variables = {
        "VMAF_KONVID_1K_DIR": str(konvid_root),
        "VMAF_NETFLIX_CORPUS_DIR": str(netflix_root),
    }
    done = corpus_assets("doctor", folder=tmp_path, **variables)
    assert done.returncode == 0, done.stderr
    assert f"{konvid_root}: 3 clips, 1 skipped" in done.stdout
    assert f"{netflix_root}: 3 clips, 0 skipped" in done.stdout
    assert "null             ssimulacra2: this libvmaf has no extractor ssimulacra2" in done.stdout


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"VMAF_KONVID_1K_DIR": "/nowhere"}, "konvid_root: /nowhere is not a folder; set"),
        ({"VMAF_NETFLIX_CORPUS_DIR": "."}, "has no folder ref/; set data_root or"),
        ({"VMAF_BIN": "/bin/ls"}, "is not libvmaf's vmaf tool; set vmaf_bin or VMAF_BIN"),
        ({"CORPUS_ASSETS_FFMPEG": "/nowhere"}, "set CORPUS_ASSETS_FFMPEG to an ffmpeg 7.1"),
        ({"VMAF_MODEL_PATH": "vmaf_nope"}, "no such built-in model"),
        ({"CORPUS_ASSETS_WORKERS": "0"}, "it takes a whole number from 1"),
        ({"CORPUS_ASSETS_OUTPUT_DIR": "/proc/x"}, "set out or CORPUS_ASSETS_OUTPUT_DIR"),
        ({"CORPUS_ASSETS_CACHE_DIR": "file"}, "is a file; set cache_dir"),
    ],
)
def test_each_problem_is_named_with_its_remedy(
    tmp_path: Path, variables: dict[str, str], message: str
) -> None:
    (tmp_path / "file").touch()
    done = corpus_assets("doctor", folder=tmp_path, **variables)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("error: ") == 1


def test_one_problem_hides_no_other(konvid_root: Path, tmp_path: Path) -> None:
    variables = {
        "VMAF_MODEL_PATH": "nope",
        "VMAF_NETFLIX_CORPUS_DIR": "/nowhere",
        "CORPUS_ASSETS_OUTPUT_DIR": "/proc/x",
        "VMAF_KONVID_1K_DIR": str(konvid_root),
    }
    done = corpus_assets("doctor", "--json", folder=tmp_path, **variables)
    assert done.returncode == 2
    found = json.loads(done.stdout)
    assert len(found["problems"]) == 3
    assert found["roots"]["konvid_1k"]["clips"] == 3


def test_it_starts_without_dagster(tmp_path: Path) -> None:
    code = "import sys; from corpus_assets.cli.main import app\n"
    code += "app(['doctor', '--json'], standalone_mode=False); assert 'dagster' not in sys.modules"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
