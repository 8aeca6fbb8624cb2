"""CIEDE2000 (Sharma et al. 2005) with libvmaf's weights and roundings, over a chunk of colours."""

from __future__ import annotations

from math import pi, sqrt
from typing import TYPE_CHECKING

import numpy as np

from corpus_assets.kernels.compiled.chunk import CHROMA, CHUNK, DISTORTED, HUE, REFERENCE, WEIGHTS
from corpus_assets.kernels.compiled.elementary import arc_tangent, cosine, exponential, sine
from corpus_assets.kernels.compiled.rules import fused, inlined

if TYPE_CHECKING:
    from corpus_assets.kernels.compiled.rules import Doubles, Index, Single, Singles

F32, F64, U = np.float32, np.float64, np.uint64
KL = F64(F32(0.65))
KH = F32(4)
HALF = F32(0.5)
POW25_7 = 25.0**7
TAU = 2 * pi
DEGREES, RADIANS = 180 / pi, pi / 180
COS_30, SIN_30 = sqrt(0.75), 0.5
COS_6, SIN_6 = 0.9945218953682733, 0.10452846326765347
COS_63, SIN_63 = 0.4539904997395468, 0.8910065241883678


@inlined
def seventh_power_share(c: float) -> float:
    """Return sqrt(c^7 / (c^7 + 25^7))."""
    c3 = c * c * c
    c7 = c3 * c3 * c
    return sqrt(c7 / (c7 + POW25_7))


@inlined
def hue(b: float, a: float) -> Single:
    """Return the hue from 0 to 2 pi, rounded before and after it is made positive."""
    h = F32(arc_tangent(b, a))
    return F32(F64(h) + TAU) if h < F32(0) else h


@inlined
def hue_weight(h: float) -> float:
    """Return T of the mean hue, which may lie beyond a full turn."""
    half = (h - pi) * 0.5 if h < TAU else (h - 3 * pi) * 0.5
    s, c = sine(half), cosine(half)
    sin1, cos1 = -2.0 * s * c, 2.0 * s * s - 1.0
    sin2, cos2 = 2.0 * sin1 * cos1, 2.0 * cos1 * cos1 - 1.0
    sin3, cos3 = sin2 * cos1 + cos2 * sin1, cos2 * cos1 - sin2 * sin1
    sin4, cos4 = 2.0 * sin2 * cos2, 2.0 * cos2 * cos2 - 1.0
    return (
        1.0
        - 0.17 * (COS_30 * cos1 + SIN_30 * sin1)
        + 0.24 * cos2
        + 0.32 * (COS_6 * cos3 - SIN_6 * sin3)
        - 0.20 * (COS_63 * cos4 + SIN_63 * sin4)
    )


@inlined
def rotation(chroma: float, h: Single) -> Single:
    """Return R_T, which turns the ellipses of blue colours."""
    e = (F32(F64(h) * DEGREES) - F32(275)) / F32(25)
    e = e if e > F32(-25) else F32(-25)
    angle = F32(F64(F32(60.0 * exponential(-F64(e * e)))) * RADIANS)
    c3 = chroma * chroma * chroma
    c7 = F32(c3 * c3 * chroma)
    share = c7 / (c7 + F32(POW25_7))
    return F32(-2.0 * sqrt(F64(share)) * sine(F64(angle)))


@fused
def to_chroma(colours: Singles, count: Index) -> None:
    """Replace a* by a', and write the chroma of both."""
    for x in range(count):
        i, j = x + REFERENCE, x + DISTORTED
        a1, a2 = F64(colours[i + CHUNK]), F64(colours[j + CHUNK])
        b1, b2 = F64(colours[i + U(2) * CHUNK]), F64(colours[j + U(2) * CHUNK])
        bb1, bb2 = b1 * b1, b2 * b2
        c1, c2 = F32(sqrt(a1 * a1 + bb1)), F32(sqrt(a2 * a2 + bb2))
        g = 0.5 - 0.5 * seventh_power_share(F64((c1 + c2) * HALF))
        p1, p2 = F32(a1 + a1 * g), F32(a2 + a2 * g)
        colours[i + CHUNK], colours[j + CHUNK] = p1, p2
        colours[x + CHROMA] = F32(sqrt(F64(p1) * F64(p1) + bb1))
        colours[x + CHROMA + CHUNK] = F32(sqrt(F64(p2) * F64(p2) + bb2))


@fused
def to_hue(colours: Singles, start: Index, count: Index, target: Index) -> None:
    """Write the hue of one side."""
    for x in range(count):
        i = start + x
        colours[x + target] = hue(F64(colours[i + U(2) * CHUNK]), F64(colours[i + CHUNK]))


@fused
def to_turn(colours: Singles, count: Index) -> None:
    """Replace the hues by their difference, as a distance in chroma, and their mean."""
    for x in range(count):
        h1, h2 = colours[x + HUE], colours[x + HUE + CHUNK]
        p1, p2 = colours[x + CHROMA], colours[x + CHROMA + CHUNK]
        turn, both = h2 - h1, h1 + h2
        far = F64(abs(turn)) > pi
        wrap = TAU if h2 <= h1 else -TAU
        turn = F32(F64(turn) + wrap) if far else turn
        turn = F32(0) if (p1 == F32(0)) | (p2 == F32(0)) else turn
        colours[x + HUE] = F32(2.0 * sqrt(F64(p1 * p2)) * sine(F64(turn) * 0.5))
        colours[x + HUE + CHUNK] = F32((F64(both) + TAU) * 0.5) if far else both * HALF


@fused
def to_weights(colours: Singles, count: Index) -> None:
    """Write the scale of hue and the rotation."""
    for x in range(count):
        chroma = F64((colours[x + CHROMA] + colours[x + CHROMA + CHUNK]) * HALF)
        mean = colours[x + HUE + CHUNK]
        colours[x + WEIGHTS] = F32(1.0 + 0.015 * chroma * F64(F32(hue_weight(F64(mean))))) * KH
        colours[x + WEIGHTS + CHUNK] = rotation(chroma, mean)


@fused
def add_differences(colours: Singles, count: Index, sums: Doubles) -> None:
    """Add the colour differences to the sums of their places."""
    for x in range(count):
        l1, l2 = colours[x + REFERENCE], colours[x + DISTORTED]
        p1, p2 = colours[x + CHROMA], colours[x + CHROMA + CHUNK]
        off = F64((l1 + l2) * HALF - F32(50)) ** 2
        scale_l = F32(KL * F64(F32(1.0 + 0.015 * off / sqrt(20.0 + off))))
        scale_c = F32(1.0 + 0.045 * F64((p1 + p2) * HALF))
        dl, dc = (l2 - l1) / scale_l, (p2 - p1) / scale_c
        dh = colours[x + HUE] / colours[x + WEIGHTS]
        square: float = F64(dl) * F64(dl) + F64(dc) * F64(dc) + F64(dh) * F64(dh)
        square += F64(colours[x + WEIGHTS + CHUNK] * dc * dh)
        square = square if square > 0.0 else 0.0
        sums[x] += F64(F32(sqrt(square)))
