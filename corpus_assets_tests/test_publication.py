"""Table and manifest appear as a pair, whenever a run is killed and whoever else is running."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest

from corpus_assets.errors import BusyError, MissingManifestError, NothingScoredError
from corpus_assets.locks import held
from corpus_assets.manifests.pair import examine, manifests_at
from corpus_assets.orchestration.build import build_definitions
from corpus_assets_tests.dagster_runs import KEY, materialize_pairs
from corpus_assets_tests.making import build_pairs, build_rows
from corpus_assets_tests.test_cli import corpus_assets
from corpus_assets_tests.test_corpus_rows import foreign_report

TABLE, MANIFEST = "konvid_vmaf_pairs.parquet", "konvid_vmaf_pairs.manifest.json"
KILLED = -signal.SIGKILL
MOST_STEPS = 200

KilledAt = Callable[[int, int], int]


@pytest.fixture
def killed_at(konvid_root: Path) -> Iterator[KilledAt]:
    """Make the table of the first clips in another process that is killed at a step."""
    process = subprocess.Popen(
        [sys.executable, "-m", "corpus_assets_tests.killed_at", str(konvid_root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    stdin, stdout = process.stdin, process.stdout
    assert stdin
    assert stdout

    def run(step: int, max_clips: int) -> int:
        stdin.write(f"{step} {max_clips}\n")
        return int(stdout.readline())

    yield run
    stdin.close()
    process.wait(timeout=30)
    stdout.close()


def pair_in(folder: Path) -> tuple[bytes, bytes]:
    return (folder / TABLE).read_bytes(), (folder / MANIFEST).read_bytes()


def clips_in(folder: Path) -> int:
    """Return the number of clips of a whole pair."""
    assert examine(folder / MANIFEST) == []
    return int(json.loads((folder / MANIFEST).read_text())["counts"]["cached"])


def test_killed_at_every_step(killed_at: KilledAt, konvid_root: Path, tmp_path: Path) -> None:
    runs, kept = tmp_path / "runs", tmp_path / "kept"
    build_pairs(konvid_root)
    assert killed_at(0, 2) == 0
    assert clips_in(runs) == 2
    shutil.copytree(runs, kept)
    seen = set()
    for step in range(1, MOST_STEPS):
        if (status := killed_at(step, 3)) == 0:
            break
        assert status == KILLED
        wrong = examine(runs / MANIFEST)
        if wrong:
            assert "publication: expected complete, found interrupted" in str(wrong[-1])
            seen.add("interrupted")
        else:
            seen.add(f"{clips_in(runs)} clips")
        assert killed_at(0, 3) == 0, step
        assert clips_in(runs) == 3
        assert {path.name for path in runs.iterdir()} == {TABLE, MANIFEST}, step
        shutil.rmtree(runs)
        shutil.copytree(kept, runs)
    assert step > 20
    assert seen == {"2 clips", "interrupted", "3 clips"}


def half_published(killed_at: KilledAt, runs: Path) -> None:
    """Kill a run between the names of the table and of the manifest."""
    for step in range(1, MOST_STEPS):
        assert killed_at(step, 3) == KILLED
        if any(one.what == "publication" for one in examine(runs / MANIFEST)):
            return


def test_half_published_is_named_and_completed(
    killed_at: KilledAt, konvid_root: Path, tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    build_pairs(konvid_root, max_clips=2)
    half_published(killed_at, runs)
    for path in (runs, runs / TABLE, runs / MANIFEST):
        done = corpus_assets("verify", path, folder=tmp_path)
        assert done.returncode == 1
        assert "sha256: expected " in done.stdout
        assert "interrupted: its manifest is .konvid_vmaf_pairs.manifest.json." in done.stdout
    for clip in (konvid_root / "KoNViD_1k_videos").iterdir():
        clip.write_bytes(b"no video")
    with pytest.raises(NothingScoredError):
        build_pairs(konvid_root)
    assert clips_in(runs) == 3
    assert {path.name for path in runs.iterdir()} == {TABLE, MANIFEST}


def test_first_publication_that_was_interrupted_is_found(
    killed_at: KilledAt, konvid_root: Path, tmp_path: Path
) -> None:
    build_pairs(konvid_root)
    shutil.rmtree(tmp_path / "runs")
    half_published(killed_at, tmp_path / "runs")
    assert not (tmp_path / "runs" / MANIFEST).exists()
    (found,) = manifests_at(tmp_path / "runs")
    assert found.name == MANIFEST
    assert [one.what for one in examine(found)] == ["manifest", "publication"]


@pytest.mark.parametrize("name", [TABLE, MANIFEST])
def test_second_run_for_the_same_output_says_who_has_it(
    konvid_root: Path, tmp_path: Path, name: str
) -> None:
    build_pairs(konvid_root)
    before = pair_in(tmp_path / "runs")
    with held(tmp_path / "runs" / name):
        with pytest.raises(BusyError, match=r"another run is writing .* \(process \d+ on .*; wait"):
            build_pairs(konvid_root, max_clips=1)
        assert pair_in(tmp_path / "runs") == before
        build_pairs(konvid_root, out=str(tmp_path / "other" / TABLE))
    build_pairs(konvid_root, max_clips=1)
    assert {path.name for path in (tmp_path / "runs").iterdir()} == {TABLE, MANIFEST}


def test_rows_are_held_too(tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    reports.mkdir()
    (reports / "a.json").write_text(json.dumps(foreign_report()))
    build_rows(cache_dir=str(reports))
    with held(tmp_path / "runs" / "bvi_dvc_corpus.jsonl"), pytest.raises(BusyError):
        build_rows(cache_dir=str(reports))


def test_verify_names_what_is_wrong(konvid_root: Path, tmp_path: Path) -> None:
    build_pairs(konvid_root)
    runs = tmp_path / "runs"
    moved = tmp_path / "moved"
    shutil.copytree(runs, moved)
    assert corpus_assets("verify", moved, runs, folder=tmp_path).returncode == 0
    with (moved / TABLE).open("ab") as file:
        file.write(b"x")
    assert [one.what for one in examine(moved / MANIFEST)] == ["bytes", "sha256"]
    (moved / TABLE).unlink()
    (runs / TABLE).unlink()
    assert [one.what for one in examine(moved / MANIFEST)] == ["artifact"]
    for content in ("{", "[]", '{"artifact": {}}'):
        (moved / MANIFEST).write_text(content)
        assert [one.what for one in examine(moved / MANIFEST)] == ["manifest"]
    (moved / MANIFEST).unlink()
    with pytest.raises(MissingManifestError, match="there is no manifest"):
        manifests_at(moved)
    done = corpus_assets("verify", moved, folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def pair_check(result: dg.ExecuteInProcessResult) -> dg.AssetCheckEvaluation:
    evaluations = {one.check_name: one for one in result.get_asset_check_evaluations()}
    return evaluations["artifact_matches_manifest"]


def test_dagster_check_sees_it(konvid_root: Path, tmp_path: Path) -> None:
    look = dg.define_asset_job("look", dg.AssetSelection.checks_for_assets(KEY))
    definitions = dg.Definitions.merge(build_definitions(), dg.Definitions(jobs=[look]))
    with dg.DagsterInstance.ephemeral() as instance:

        def again() -> dg.AssetCheckEvaluation:
            job = definitions.resolve_job_def("look")
            result = job.execute_in_process(instance=instance, raise_on_error=False)
            return pair_check(result)

        assert again().description == "nothing was materialized yet"
        result = materialize_pairs(instance, {"konvid_root": str(konvid_root)})
        assert pair_check(result).passed
        assert again().passed
        (tmp_path / "runs" / TABLE).write_bytes(b"PAR1 tampered")
        assert not again().passed
        assert "sha256: expected " in str(again().description)
        instance.report_runless_asset_event(dg.AssetMaterialization(KEY))
        assert again().description == "nothing was materialized yet"
