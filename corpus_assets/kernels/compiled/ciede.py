"""The mean colour difference of frames: pixels that differ are collected, then compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from corpus_assets.kernels.compiled.chunk import CHUNK, DISTORTED, HUE, REFERENCE
from corpus_assets.kernels.compiled.colours import to_colours
from corpus_assets.kernels.compiled.differences import (
    add_differences,
    to_chroma,
    to_hue,
    to_turn,
    to_weights,
)
from corpus_assets.kernels.compiled.rules import exact

if TYPE_CHECKING:
    from corpus_assets.kernels.compiled.rules import Array, Doubles, Index, Singles

U = np.uint64


@exact
def finish(
    samples: Array, count: Index, scale: float, light: Doubles, colours: Singles, sums: Doubles
) -> None:
    """Add the differences of the pixels that were collected."""
    to_colours(samples, count, scale, light, colours)
    to_chroma(colours, count)
    to_hue(colours, REFERENCE, count, HUE)
    to_hue(colours, DISTORTED, count, HUE + CHUNK)
    to_turn(colours, count)
    to_weights(colours, count)
    add_differences(colours, count, sums)


@exact
def mean_difference(
    y1: Array,
    u1: Array,
    v1: Array,
    y2: Array,
    u2: Array,
    v2: Array,
    scale: float,
    samples: Array,
    light: Doubles,
    colours: Singles,
    sums: Doubles,
) -> float:
    """Return the mean colour difference of two frames, 0 where they are equal."""
    sums[:] = 0.0
    height, width = y1.shape
    at = U(0)
    for row in range(height):
        ry, ru, rv = y1[row], u1[row >> 1], v1[row >> 1]
        dy, du, dv = y2[row], u2[row >> 1], v2[row >> 1]
        for x in range(U(width)):
            c = x >> U(1)
            samples[at] = ry[x]
            samples[at + CHUNK] = ru[c]
            samples[at + U(2) * CHUNK] = rv[c]
            samples[at + U(3) * CHUNK] = dy[x]
            samples[at + U(4) * CHUNK] = du[c]
            samples[at + U(5) * CHUNK] = dv[c]
            at += U((ry[x] != dy[x]) | (ru[c] != du[c]) | (rv[c] != dv[c]))
            if at == CHUNK:
                finish(samples, at, scale, light, colours, sums)
                at = U(0)
    finish(samples, at, scale, light, colours, sums)
    return float(sums.sum() / (height * width))
