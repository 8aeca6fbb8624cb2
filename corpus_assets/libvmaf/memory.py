"""How much memory scoring a clip may need: measured, and rounded up.

x264 keeps frames for its look-ahead and as references, libvmaf a few more; the rest is small. The
constants are peaks of resident memory from 960x544 to 3840x2176 (`benchmarks/memory.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from corpus_assets.corpora.clip import Encode

if TYPE_CHECKING:
    from corpus_assets.corpora.clip import Clip
    from corpus_assets.libvmaf.computation import Computation
    from corpus_assets.libvmaf.raw import VideoFacts

PROGRAM = 64 << 20
SCORING = 115.0
"""Bytes for a pixel of 8 bit: decoding, and libvmaf with the extractors of canonical6."""
MORE_EXTRACTORS = 165.0
"""Bytes for a pixel of 8 bit on top, for the extractors of `full`."""
KEPT_FRAME = 6.0
"""Bytes for a pixel of 8 bit and frame that the encoder keeps."""
TEN_BIT = 1.75
"""How much more it is with ten bit."""
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


def expected_memory(clip: Clip, facts: VideoFacts, computation: Computation) -> int:
    """Return the bytes that the processes of a clip may need at their peak."""
    encode = clip.distorted
    kept = KEPT_FRAMES.get(encode.preset, 76) if isinstance(encode, Encode) else 0
    more = MORE_EXTRACTORS if len(computation.extractors) > CANONICAL6_EXTRACTORS else 0.0
    depth = TEN_BIT if clip.pixel_format.endswith("10le") else 1.0
    per_pixel = (SCORING + more + KEPT_FRAME * kept) * depth
    return PROGRAM + int(facts.width * facts.height * per_pixel)
