"""The kernels give libvmaf's printed numbers, on real frames and on such as no camera makes."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus_assets.errors import EngineError, StorageError
from corpus_assets.kernels.frame_metrics import COLUMNS, FrameMetrics
from corpus_assets.kernels.frames import SAMPLES, Frame, FrameFormat, Plane
from corpus_assets.kernels.loading import Kernels, load_kernels
from corpus_assets.libvmaf.ffmpeg import embedded_ffmpeg
from corpus_assets_tests.kernel_frames import (
    TOLERANCE,
    Pairs,
    kernel_scores,
    largest_difference,
    libvmaf_scores,
    real_pairs,
)

SMALL = FrameFormat(176, 178, 8)
REAL = (  # clip, format, frames, CRF
    ("bikes", FrameFormat(384, 216, 8), 40, 35),
    ("bikes", FrameFormat(256, 176, 10), 40, 20),
    ("bigbuckbunny", FrameFormat(178, 176, 8), 60, 1),
    ("bigbuckbunny", FrameFormat(320, 180, 8), 40, 51),
    ("bigbuckbunny", FrameFormat(234, 182, 10), 40, 45),
    ("bigbuckbunny", FrameFormat(642, 400, 8), 12, 28),  # float_ssim reduces by two
    ("bigbuckbunny", FrameFormat(1026, 642, 10), 3, 30),  # by three
    ("carphone_pristine", FrameFormat(220, 180, 8), 50, 26),
    ("carphone_pristine", FrameFormat(196, 176, 10), 30, 0),
)


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("compiled")


@pytest.fixture(scope="session")
def kernels(cache_dir: Path) -> Kernels:
    return load_kernels(cache_dir)


def assert_equal(
    kernels: Kernels, frames: FrameFormat, pairs: Pairs, columns: tuple[str, ...] = COLUMNS
) -> None:
    ours = kernel_scores(kernels, frames, pairs, columns)
    theirs = libvmaf_scores(embedded_ffmpeg(), frames, pairs, columns)
    found = {column: largest_difference(ours, theirs, column) for column in columns}
    assert max(found.values()) <= TOLERANCE, found


@pytest.mark.parametrize(("clip", "frames", "count", "crf"), REAL)
def test_real_frames_score_as_in_libvmaf(
    kernels: Kernels, clip: str, frames: FrameFormat, count: int, crf: int
) -> None:
    pairs = real_pairs(embedded_ffmpeg(), clip, frames, count, crf)
    assert len(pairs) == count
    assert_equal(kernels, frames, pairs)


def flat(frames: FrameFormat, *levels: int) -> Frame:
    """Make a frame of one colour, of levels for 8 bit."""
    y, u, v = (
        np.full(shape, min(level * frames.scale, (256 * frames.scale) - 1), SAMPLES[frames.bits])
        for shape, level in zip(frames.shapes, levels, strict=True)
    )
    return y, u, v


def noisy(rng: np.random.Generator, frame: Frame, frames: FrameFormat, amplitude: int) -> Frame:
    """Add uniform noise of some levels, of the depth of the frame."""
    y, u, v = (_noisy(rng, plane, 256 * frames.scale - 1, amplitude) for plane in frame)
    return y, u, v


def _noisy(rng: np.random.Generator, plane: Plane, most: int, amplitude: int) -> Plane:
    noise = rng.integers(-amplitude, amplitude + 1, plane.shape)
    return np.clip(plane.astype(int) + noise, 0, most).astype(plane.dtype)


@pytest.mark.parametrize("bits", SAMPLES)
def test_frames_that_no_camera_makes_score_as_in_libvmaf(kernels: Kernels, bits: int) -> None:
    frames, rng = FrameFormat(SMALL.width, SMALL.height, bits), np.random.default_rng(bits)
    black, white, grey = (flat(frames, level, 128, 128) for level in (0, 255, 128))
    blue, red = flat(frames, 120, 255, 90), flat(frames, 80, 0, 255)
    still = noisy(rng, grey, frames, 40 * frames.scale)
    inverted = flat(frames, 0, 128, 128)[0] + (256 * frames.scale - 1) - still[0]
    pairs = [
        *((frame, frame) for frame in (black, white, blue, still)),
        *((black, white), (white, grey), (blue, red), (red, white)),
        *((frame, noisy(rng, frame, frames, 1)) for frame in (black, white, grey, blue, red)),
        *((still, noisy(rng, still, frames, amplitude)) for amplitude in (1, 8, 200)),
        (still, (inverted.astype(still[0].dtype), *still[1:])),
    ]
    assert_equal(kernels, frames, pairs)
    scores = kernel_scores(kernels, frames, pairs)
    assert [score["ciede2000"] is None for score in scores] == [True] * 4 + [False] * 13
    assert [score["float_ms_ssim"] is None for score in scores] == [False] * 16 + [True]


colours = st.tuples(*[st.integers(0, 255)] * 3)
steps = st.tuples(*[st.integers(-2, 2)] * 3)


@settings(max_examples=8, deadline=None)
@given(
    bits=st.sampled_from(list(SAMPLES)),
    pairs=st.lists(st.tuples(colours, st.one_of(colours, steps)), min_size=40, max_size=80),
)
def test_colours_differ_as_in_libvmaf(
    kernels: Kernels, bits: int, pairs: list[tuple[tuple[int, ...], tuple[int, ...]]]
) -> None:
    frames = FrameFormat(18, 18, bits)
    made = []
    for first, second in pairs:
        near = max(map(abs, second)) <= 2
        other = [a + b if near else b for a, b in zip(first, second, strict=True)]
        made.append(
            (flat(frames, *first), flat(frames, *(min(max(0, level), 255) for level in other)))
        )
    assert_equal(kernels, frames, made, ("ciede2000", "float_ssim"))


@settings(max_examples=12, deadline=None)
@given(
    frames=st.builds(
        FrameFormat,
        width=st.integers(88, 150).map(lambda half: 2 * half),
        height=st.integers(88, 110).map(lambda half: 2 * half),
        bits=st.sampled_from(list(SAMPLES)),
    ),
    colour=colours,
    amplitudes=st.tuples(st.sampled_from((0, 1, 5, 60, 255)), st.sampled_from((0, 1, 3, 30, 255))),
    seed=st.integers(0, 1 << 30),
)
def test_random_frames_score_as_in_libvmaf(
    kernels: Kernels,
    frames: FrameFormat,
    colour: tuple[int, ...],
    amplitudes: tuple[int, int],
    seed: int,
) -> None:
    rng, (contrast, distortion) = np.random.default_rng(seed), amplitudes
    references = [noisy(rng, flat(frames, *colour), frames, contrast) for _ in range(2)]
    pairs = [(frame, noisy(rng, frame, frames, distortion)) for frame in references]
    assert_equal(kernels, frames, pairs)


@pytest.mark.parametrize("size", [(177, 176), (179, 181), (387, 385)])
def test_odd_luma_scores_as_in_libvmaf(kernels: Kernels, size: tuple[int, int]) -> None:
    frames, rng = FrameFormat(*size, 8), np.random.default_rng(1)
    reference = noisy(rng, flat(frames, 180, 128, 128), frames, 50)
    pairs = [(reference, noisy(rng, reference, frames, 5))]
    assert_equal(kernels, frames, pairs, ("float_ssim", "float_ms_ssim"))


@pytest.mark.parametrize("column", COLUMNS)
def test_a_column_alone_is_what_it_is_with_others(kernels: Kernels, column: str) -> None:
    pairs = real_pairs(embedded_ffmpeg(), "bikes", FrameFormat(400, 392, 8), 2, 30)
    together = kernel_scores(kernels, FrameFormat(400, 392, 8), pairs)
    alone = kernel_scores(kernels, FrameFormat(400, 392, 8), pairs, (column,))
    assert alone == [{column: score[column]} for score in together]


def test_threads_with_metrics_of_their_own_do_not_disturb_each_other(kernels: Kernels) -> None:
    rng = np.random.default_rng(3)
    frames = [noisy(rng, flat(SMALL, 100, 120, 130), SMALL, 50) for _ in range(8)]
    pairs = [(frame, noisy(rng, frame, SMALL, 9)) for frame in frames]
    expected = kernel_scores(kernels, SMALL, pairs)
    found: dict[int, object] = {}

    def score(number: int) -> None:
        found[number] = kernel_scores(kernels, SMALL, pairs)

    threads = [threading.Thread(target=score, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == dict.fromkeys(range(4), expected)


def test_memory_is_that_of_the_arrays(kernels: Kernels) -> None:
    wide = FrameMetrics(kernels, FrameFormat(1920, 1080, 8))
    assert 10 * 1920 * 1080 < wide.memory < 12 * 1920 * 1080


def test_a_plane_of_another_shape_or_type_is_refused(kernels: Kernels) -> None:
    metrics, frame = FrameMetrics(kernels, SMALL), flat(SMALL, 1, 2, 3)
    for wrong in (frame[0][:-1], frame[0][:, ::2], frame[0].astype(np.uint16)):
        with pytest.raises(ValueError, match="8-bit frames of 176x178 need uint8"):
            metrics.score(frame, (wrong, *frame[1:]))


def test_a_plane_need_not_be_contiguous_or_writable(kernels: Kernels) -> None:
    rng = np.random.default_rng(5)
    frame = noisy(rng, flat(SMALL, 90, 100, 110), SMALL, 30)
    other = noisy(rng, frame, SMALL, 3)
    y = np.asfortranarray(other[0])
    y.flags.writeable = False
    metrics = FrameMetrics(kernels, SMALL)
    assert metrics.score(frame, (y, *other[1:])) == metrics.score(frame, other)


@pytest.mark.parametrize(
    ("size", "columns", "message"),
    [
        ((174, 180), COLUMNS, "174x180 are too small: float_ms_ssim needs 176"),
        ((177, 180), COLUMNS, "177x180: of odd ones"),
        ((180, 180), ("psnr",), "no kernel computes psnr"),
    ],
)
def test_what_cannot_be_scored_is_refused(
    kernels: Kernels, size: tuple[int, int], columns: tuple[str, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        FrameMetrics(kernels, FrameFormat(*size, 8), columns)


def test_other_depths_and_tiny_frames_are_refused() -> None:
    with pytest.raises(ValueError, match="12 bits: the kernels take 8 or 10"):
        FrameFormat(180, 180, 12)
    with pytest.raises(ValueError, match="frames of 180x16: 17 a side"):
        FrameFormat(180, 16, 8)


SCORED = """
import sys
from pathlib import Path
from corpus_assets.kernels import frame_metrics, frames, loading, similarity
assert "numba" not in sys.modules
import numba
before = numba.config.CACHE_DIR
kernels = loading.load_kernels(Path(sys.argv[1]))
assert numba.config.CACHE_DIR == before
import numpy as np
form = frames.FrameFormat(176, 178, 8)
frame = tuple(np.zeros(shape, np.uint8) for shape in form.shapes)
frame_metrics.FrameMetrics(kernels, form).score(frame, frame)
"""
LATER = """
stats = [kernels.mean_difference.stats, kernels.means.stats, kernels.halve.stats]
assert all(each.cache_hits and not each.cache_misses for each in stats), stats
"""


def test_another_process_finds_the_compiled_code(tmp_path: Path) -> None:
    cache_dir = tmp_path / "compiled"
    for script in (SCORED, SCORED + LATER):
        subprocess.run([sys.executable, "-c", script, cache_dir], check=True)
    (folder,) = cache_dir.iterdir()
    assert folder.name.startswith("kernels-")


def test_without_numba_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(EngineError, match=r"install corpus-assets\[fast\]"):
        load_kernels(tmp_path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"cannot write the compiled kernels in .*file/kernels-"):
        load_kernels(tmp_path / "file")


def test_kernels_hold_no_gil(kernels: Kernels) -> None:
    functions = [getattr(kernels, name) for name in Kernels.__dataclass_fields__]
    assert all(function.targetoptions["nogil"] for function in functions)
