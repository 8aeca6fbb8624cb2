"""Room on the machine: slots and memory across threads and runs, and clips that ran out of it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from corpus_assets.corpora.bvi_dvc import recipe
from corpus_assets.corpora.clip import Clip, ContainerVideo, RawVideo
from corpus_assets.corpora.file_source import FileSource
from corpus_assets.errors import CancelledError
from corpus_assets.extraction.cache import ReportCache
from corpus_assets.extraction.scorer import ClipScorer
from corpus_assets.kernels.frames import FrameFormat
from corpus_assets.kernels.loading import KernelsIdentity
from corpus_assets.libvmaf import process as process_module
from corpus_assets.libvmaf import room as room_module
from corpus_assets.libvmaf.acceleration import Acceleration, Verdict
from corpus_assets.libvmaf.beside import kind_of_check
from corpus_assets.libvmaf.cgroup import memory_limit
from corpus_assets.libvmaf.computation import ACCELERATED, Computation
from corpus_assets.libvmaf.features import EXTRACTORS, feature_set
from corpus_assets.libvmaf.memory import expected_memory
from corpus_assets.libvmaf.process import Children
from corpus_assets.libvmaf.raw import VideoFacts
from corpus_assets.libvmaf.room import Room, room_of_this_machine
from corpus_assets_tests.dagster_api import until
from corpus_assets_tests.making import build_pairs, engine_of, manifest_of
from corpus_assets_tests.test_cli import ASSET, command
from corpus_assets_tests.test_process import alive

GIB = 1 << 30
WAIT = 5.0


def enters(room: Room, need: int, entered: threading.Event) -> threading.Thread:
    """Take room in a thread, and leave it at once."""

    def take() -> None:
        with room.taken(need, lambda: None):
            entered.set()

    thread = threading.Thread(target=take)
    thread.start()
    return thread


@pytest.mark.parametrize(
    ("slots", "first", "second", "waits"),
    [(1, 1, 1, True), (2, 1, 1, False), (2, 6, 5, True), (2, 5, 5, False), (2, 50, 1, True)],
)
def test_slots_and_memory(
    tmp_path: Path, slots: int, first: int, second: int, *, waits: bool
) -> None:
    room, entered = Room(tmp_path, slots, memory=10), threading.Event()
    with room.taken(first, lambda: None):
        thread = enters(room, second, entered)
        assert entered.wait(0.3) != waits
    assert entered.wait(WAIT)
    thread.join()


def test_clips_that_wait_look_for_room_in_turns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight times as many that wait make no more looks, each of which tries every slot."""
    looked, woken, all_wait, look = list[int](), list[int](), threading.Event(), Room._try
    count = 8

    def counted(room: Room, folder: Path, need: int) -> int | None:
        if all_wait.is_set():
            looked.append(need)
        return look(room, folder, need)

    def check() -> None:
        if all_wait.is_set():
            woken.append(1)
        all_wait.wait(WAIT)

    monkeypatch.setattr(Room, "_try", counted)
    monkeypatch.setattr(room_module, "POLL_SECONDS", 0.005)
    room, done = Room(tmp_path, 1, 1), threading.Event()
    with room.taken(1, lambda: None):
        threads = [threading.Thread(target=wait_in, args=(room, check, done)) for _ in range(count)]
        for thread in threads:
            thread.start()
        until(lambda: room_module._waiting.count == count, WAIT)
        all_wait.set()
        until(lambda: len(woken) > 20 * count, WAIT)
        assert 0 < len(looked) < len(woken) / count * 2
    done.set()
    for thread in threads:
        thread.join(WAIT)
    assert room_module._waiting.count == 0


def wait_in(room: Room, check: Callable[[], None], done: threading.Event) -> None:
    """Take room, and leave it once all is over."""
    with room.taken(1, check):
        done.wait(WAIT)


def test_a_door_that_is_shut_for_a_moment_is_not_waited_for_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clip that goes aside lends its permit, which then is somebody else's."""
    door, knocks = os.open(tmp_path / "door", os.O_RDWR | os.O_CREAT), list[float]()
    fcntl.flock(door, fcntl.LOCK_EX)

    def knock(seconds: float) -> None:
        knocks.append(seconds)
        if len(knocks) == 3:
            os.close(door)

    monkeypatch.setattr(time, "sleep", knock)
    asides = list[int]()

    @contextlib.contextmanager
    def aside() -> Iterator[None]:
        asides.append(1)
        yield

    with Room(tmp_path, 1, 1).taken(1, lambda: None, aside):
        assert (len(knocks), asides) == (3, [])


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    code = """if True:
        import sys, time
        from pathlib import Path
        from corpus_assets.libvmaf.room import Room
        with Room(Path(sys.argv[1]), 1, 1).taken(1, lambda: None):
            print(flush=True)
            time.sleep(60)
        """
    holder = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE)
    assert holder.stdout
    holder.stdout.readline()
    entered = threading.Event()
    thread = enters(Room(tmp_path, 1, 1), 1, entered)
    assert not entered.wait(0.3)
    holder.kill()
    assert entered.wait(WAIT)
    thread.join()
    holder.wait()
    holder.stdout.close()


def test_waiting_can_be_cancelled(tmp_path: Path) -> None:
    room, children = Room(tmp_path, 1, 1), Children()
    threading.Timer(0.2, children.stop).start()
    with (
        room.taken(1, lambda: None),
        pytest.raises(CancelledError),
        room.taken(1, children.refuse_if_stopped),
    ):
        pass


def test_a_folder_of_somebody_else_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "slots").symlink_to(tmp_path / "elsewhere")
    with Room(tmp_path / "slots", 1, 1).taken(1, lambda: None):
        assert list((tmp_path / "elsewhere").iterdir()) == []


def limits(root: Path, group: str, files: dict[str, str]) -> int | None:
    """Return the limit that a process in a group of a made-up machine has."""
    for name, text in {"proc/self/cgroup": group, **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"{text}\n")
    return memory_limit(root)


JOB = "sys/fs/cgroup/system.slice/slurm.scope/job_7"
OLD_JOB = "sys/fs/cgroup/memory/slurm/job_7"
V1_GROUPS = "4:cpu,cpuacct:/\n3:memory:/slurm/job_7/step_0\n0::/x"


@pytest.mark.parametrize(
    ("group", "files", "limit"),
    [
        ("0::/", {"sys/fs/cgroup/memory.max": "8"}, 8),
        ("0::/", {"sys/fs/cgroup/memory.max": "max"}, None),
        (f"0::/{JOB[14:]}/step", {f"{JOB}/memory.max": "5", f"{JOB}/step/memory.max": "max"}, 5),
        (f"0::/{JOB[14:]}", {f"{JOB}/memory.max": "7", "sys/fs/cgroup/memory.max": "6"}, 6),
        ("0::/other", {f"{JOB}/memory.max": "5"}, None),
        ("0::/../../elsewhere", {"sys/fs/cgroup/memory.max": "9"}, 9),
        (V1_GROUPS, {f"{OLD_JOB}/memory.limit_in_bytes": "4"}, 4),
        (V1_GROUPS, {"sys/fs/cgroup/memory/memory.limit_in_bytes": "3"}, 3),
        (V1_GROUPS, {"sys/fs/cgroup/cpu/slurm/job_7/memory.limit_in_bytes": "2"}, None),
    ],
)
def test_memory_of_a_container_or_job(
    tmp_path: Path, group: str, files: dict[str, str], limit: int | None
) -> None:
    assert limits(tmp_path, group, files) == limit


def test_a_limit_is_kept_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_module, "memory_limit", lambda: None)
    whole = room_of_this_machine(1).memory
    monkeypatch.setattr(room_module, "memory_limit", lambda: GIB)
    assert room_of_this_machine(1).memory == int(0.8 * GIB) < whole
    assert room_of_this_machine(1, 5).memory == 5


def test_two_runs_do_not_take_the_machine_twice(konvid_root: Path, tmp_path: Path) -> None:
    """Two runs of two workers each, on one processor: never two clips at once."""
    videos = konvid_root / "KoNViD_1k_videos"
    environment = {**os.environ, "TMPDIR": str(tmp_path), "CORPUS_ASSETS_WORKERS": "1"}
    taskset = shutil.which("taskset")
    assert taskset
    runs = []
    for name in "ab":
        folder = tmp_path / name
        folder.mkdir()
        paths = ("--cache-dir", folder / "cache", "--out", folder / "t.parquet")
        arguments = command("run", ASSET, "--konvid-root", konvid_root, *paths)
        runs.append(
            subprocess.Popen(
                [taskset, "-c", str(min(os.sched_getaffinity(0))), *arguments],
                cwd=folder,
                env=environment,
                stderr=subprocess.DEVNULL,
            )
        )
    most = 0
    while any(run.poll() is None for run in runs):
        most = max(most, alive(f"file:{videos}"))
        time.sleep(0.005)
    assert [run.wait() for run in runs] == [0, 0]
    assert most == 1


@pytest.mark.parametrize(
    ("size", "pixel_format", "extractors", "measured"),
    [
        ((960, 544), "yuv420p", 3, 191),
        ((960, 544), "yuv420p", 11, 241),
        ((960, 544), "yuv420p10le", 3, 291),
        ((1920, 1088), "yuv420p", 3, 595),
    ],
)
def test_expected_memory_is_close_to_what_was_measured(
    size: tuple[int, int], pixel_format: str, extractors: int, measured: int
) -> None:
    """In MiB, by benchmarks/memory.py with preset fast."""
    video = ContainerVideo(FileSource("/", "x"), "mov")
    facts = VideoFacts(*size, Fraction(25), 10, pixel_format)
    clip = Clip("x", video, recipe(preset="fast"), pixel_format)
    computation = Computation(tuple(map(str, range(extractors))), {}, frozenset(), {})
    mebibytes = expected_memory(clip, facts, computation) / (1 << 20)
    assert measured < mebibytes < 1.6 * measured
    raw = RawVideo(FileSource("/", "x"), *size, pixel_format, Fraction(25))
    pair = Clip("x", raw, raw, pixel_format)
    assert expected_memory(pair, facts, computation) < expected_memory(clip, facts, computation)


@pytest.mark.parametrize(
    ("size", "pixel_format", "checking", "measured"),
    [
        ((960, 544), "yuv420p", False, 238),
        ((960, 544), "yuv420p10le", False, 350),
        ((1920, 1088), "yuv420p", False, 729),
        ((1920, 1088), "yuv420p10le", False, 1293),
        ((1920, 1088), "yuv420p10le", True, 1653),
    ],
)
def test_expected_memory_counts_kernels(
    size: tuple[int, int], pixel_format: str, checking: bool, measured: int
) -> None:
    """In MiB, by benchmarks/memory.py with preset fast and `full`."""
    facts = VideoFacts(*size, Fraction(25), 10, pixel_format)
    video = ContainerVideo(FileSource("/", "x"), "mov")
    clip = Clip("x", video, recipe(preset="fast"), pixel_format)
    computation = Computation(EXTRACTORS, {}, frozenset(), {}, frozenset(ACCELERATED.values()))
    mebibytes = expected_memory(clip, facts, computation, checking=checking) / (1 << 20)
    assert measured < mebibytes < 1.3 * measured


def test_a_clip_needs_more_room_while_kernels_are_not_checked(ffmpeg: str, media: Path) -> None:
    asked: list[int] = []

    class Full(Room):
        @contextlib.contextmanager
        def taken(self, need: int, *_: object) -> Iterator[None]:
            asked.append(need)
            raise CancelledError("there is no room")
            yield

    kernels = Acceleration(KernelsIdentity(1, "0"))
    engine = replace(
        engine_of(ffmpeg, feature_set(["ciede2000"])), room=Full(), acceleration=kernels
    )
    video = ContainerVideo(FileSource(str(media), "ten.mp4"), "mov")
    clip = Clip("ten", video, recipe(), "yuv420p10le")

    def ask() -> int:
        with pytest.raises(CancelledError):
            engine.score(clip, Children())
        return asked[-1]

    before = ask()
    kind = kind_of_check(frozenset({"ciede2000"}), FrameFormat(640, 272, 10))
    kernels.admit(kind, lambda: Verdict("ten", 3), lambda: None)
    assert ask() < before


def test_children_go_first(tmp_path: Path) -> None:
    said = tmp_path / "said"
    script = f"sleep 0.3; cat /proc/self/oom_score_adj > {said}"
    assert Children().run(["sh", "-c", script], timeout=10).ended_well
    assert said.read_text() == "500\n"


def test_out_of_memory_is_said(
    konvid_root: Path, tmp_path: Path, ffmpeg: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel's counter is a file of the test, which the dying process counts up."""
    events = tmp_path / "vmstat"
    events.write_text("pgfault 7\noom_kill 2\n")
    monkeypatch.setattr(process_module, "EVENTS", events)
    script = tmp_path / "ffmpeg"
    script.write_text(
        "#!/bin/sh\n"
        f'case "$*" in *20.mp4*) echo "oom_kill 3" > {events}; kill -KILL $$;; esac\n'
        f'exec {ffmpeg} "$@"\n'
    )
    script.chmod(0o755)
    (failure,) = manifest_of(build_pairs(konvid_root, ffmpeg=str(script)))["failures"]
    assert failure["key"].endswith("20")
    assert failure["signal"] == "SIGKILL"
    assert "ran out of memory; set fewer workers, or a lower memory_gib" in failure["reason"]


def test_slots_beyond_the_own_number_count(tmp_path: Path) -> None:
    """Another run may see more processors."""
    large, small, entered = Room(tmp_path, 4, 10), Room(tmp_path, 1, 10), threading.Event()
    with large.taken(3, lambda: None), large.taken(3, lambda: None), large.taken(3, lambda: None):
        thread = enters(small, 3, entered)
        assert not entered.wait(0.3)
    assert entered.wait(WAIT)
    thread.join()


def test_a_door_that_somebody_holds_does_not_keep_a_cancel(tmp_path: Path) -> None:
    children = Children()
    with (tmp_path / "door").open("w") as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        threading.Timer(0.2, children.stop).start()
        room = Room(tmp_path, 1, 1)
        with pytest.raises(CancelledError), room.taken(1, children.refuse_if_stopped):
            pass


def test_a_cancel_does_not_wait_for_hashing(tmp_path: Path, ffmpeg: str) -> None:
    with (tmp_path / "x.mp4").open("wb") as file:
        file.truncate(60 << 30)
    video = ContainerVideo(FileSource(str(tmp_path), "x.mp4"), "mov")
    clip = Clip("x", video, recipe(), "yuv420p10le")
    scorer = ClipScorer(engine_of(ffmpeg), ReportCache(str(tmp_path / "cache")), "off")
    children = Children()
    threading.Timer(0.2, children.stop).start()
    started = time.monotonic()
    with pytest.raises(CancelledError):
        scorer(clip, children)
    assert time.monotonic() - started < WAIT
