"""How much memory scoring a clip may need: measured, and rounded up.

x264 keeps frames for its look-ahead and as references, libvmaf a few more; the rest is small. The
constants are peaks of resident memory from 960x544 to 3840x2176 (`benchmarks/memory.py`). What
Numba takes of this process is not the clip's: some 130 MiB, once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from corpus_assets.corpora.clip import Encode
from corpus_assets.libvmaf.beside import CHECKED_FRAMES

if TYPE_CHECKING:
    from corpus_assets.corpora.clip import Clip
    from corpus_assets.libvmaf.computation import Computation
    from corpus_assets.libvmaf.raw import VideoFacts

PROGRAM = 64 << 20
SCORING = 115.0
"""Bytes for a pixel of 8 bit: decoding, and libvmaf with the extractors of canonical6."""
MORE_EXTRACTORS = 165.0
"""Bytes for a pixel of 8 bit on top, for the extractors of `full`."""
BESIDE_KERNELS = 80.0
"""The same where kernels compute some of these, with the frames that wait for the pipe."""
KEPT_FRAME = 6.0
"""Bytes for a pixel of 8 bit and frame that the encoder keeps."""
TEN_BIT = 1.75
"""How much more it is with ten bit."""
KERNELS = 12.0
"""Bytes for a pixel of either depth: the kernels' arrays (`FrameMetrics.memory`)."""
PAIR = 3.0
"""Bytes for a pixel of 8 bit: two raw frames; twice that with ten bit."""
CHECK = 130.0
"""Bytes for a pixel of either depth: libvmaf with what kernels compute, in a process of its own."""
KEPT_FRAMES = {
    "ultrafast": 1,
    "superfast": 1,
    "veryfast": 11,
    "faster": 22,
    "fast": 32,
    "medium": 43,
    "slow": 55,
    "slower": 68,
    "veryslow": 76,
    "placebo": 76,
}
"""Look-ahead and reference frames of x264's presets (`x264 --fullhelp`)."""
CANONICAL6_EXTRACTORS = 3


def expected_memory(
    clip: Clip, facts: VideoFacts, computation: Computation, *, checking: bool = False
) -> int:
    """Return the bytes that scoring a clip may need at its peak, its processes and kernels.

    `checking` says that kernels may be held against libvmaf meanwhile.
    """
    encode, ten_bit = clip.distorted, clip.pixel_format.endswith("10le")
    kept = KEPT_FRAMES.get(encode.preset, 76) if isinstance(encode, Encode) else 0
    scoring = SCORING + _more(computation) + KEPT_FRAME * kept
    programs, per_pixel = 1, scoring * (TEN_BIT if ten_bit else 1.0)
    if computation.kernels:
        pair = PAIR * (2 if ten_bit else 1)
        per_pixel += KERNELS + pair
        if checking:
            copies = 2 * (CHECKED_FRAMES + 1)  # here and in files in memory, with a made-up pair
            programs, per_pixel = 2, per_pixel + CHECK + copies * pair
    return programs * PROGRAM + int(facts.width * facts.height * per_pixel)


def _more(computation: Computation) -> float:
    if computation.kernels:
        return BESIDE_KERNELS
    return MORE_EXTRACTORS if len(computation.extractors) > CANONICAL6_EXTRACTORS else 0.0
