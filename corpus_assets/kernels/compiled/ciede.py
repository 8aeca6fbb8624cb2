"""CIEDE2000 (Sharma et al. 2005) with libvmaf's weights and roundings, over a chunk of pixels.

Only pixels that differ are collected: equal ones have no difference. A chunk is an array of samples
and one of colours, with planes one after the other: three of the reference, three of the distorted.
"""

from __future__ import annotations

from math import pi, sqrt
from typing import TYPE_CHECKING

import numpy as np

from corpus_assets.kernels import layout
from corpus_assets.kernels.compiled.elementary import (
    arc_tangent,
    cosine,
    exponential,
    inverse_cube_root,
    inverse_fifth_root,
    sine,
)
from corpus_assets.kernels.compiled.rules import exact, fused, inlined

if TYPE_CHECKING:
    from corpus_assets.kernels.compiled.rules import Array, Doubles, Index, Single, Singles

F32, F64, U = np.float32, np.float64, np.uint64
CHUNK = U(layout.CHUNK)
REFERENCE, DISTORTED = U(0), U(3) * CHUNK
"""Where the planes of each start."""
TO_X = (0.4124564390896921 / 0.95047, 0.357576077643909 / 0.95047, 0.18043748326639894 / 0.95047)
TO_Y = (0.21267285140562248, 0.715152155287818, 0.07217499330655958)
TO_Z = (0.019333895582329317 / 1.08883, 0.119192025881303 / 1.08883, 0.9503040785363377 / 1.08883)
"""From linear RGB to X, Y and Z of which white has 1."""
EPSILON = 216 / 24389
KAPPA = 24389 / 27
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
def linear(c: float) -> float:
    """Undo the transfer function, with libvmaf's threshold."""
    x = (c + 0.055) * (1 / 1.055)
    x = x if x > 0.05 else 0.05
    y = inverse_fifth_root(x)
    z = x * y
    return z * z * z if c > 10 / 255 else c * (1 / 12.92)


@inlined
def lightness(c: float) -> float:
    """Return the cube root, or the line that replaces it in the dark, as float32."""
    x = c if c > EPSILON else EPSILON
    y = inverse_cube_root(x)
    return F64(F32(x * (y * y) if c > EPSILON else (KAPPA * c + 16.0) * (1 / 116)))


@fused
def to_lab(samples: Array, start: Index, count: Index, scale: float, colours: Singles) -> None:
    """Write L*, a*, b* of samples; `scale` is 1 for 8 bit, 4 for 10."""
    black, grey = 16.0 * scale, 128.0 * scale
    per_y, per_c = 1.0 / (219.0 * scale), 1.0 / (224.0 * scale)
    for x in range(count):
        i = start + x
        y = (F64(samples[i]) - black) * per_y
        u = (F64(samples[i + CHUNK]) - grey) * per_c
        v = (F64(samples[i + U(2) * CHUNK]) - grey) * per_c
        r = linear(y + 1.28033 * v)
        g = linear(y - 0.21482 * u - 0.38059 * v)
        b = linear(y + 2.12798 * u)
        fx = lightness(TO_X[0] * r + TO_X[1] * g + TO_X[2] * b)
        fy = lightness(TO_Y[0] * r + TO_Y[1] * g + TO_Y[2] * b)
        fz = lightness(TO_Z[0] * r + TO_Z[1] * g + TO_Z[2] * b)
        colours[i] = F32(116.0 * fy - 16.0)
        colours[i + CHUNK] = F32(500.0 * (fx - fy))
        colours[i + U(2) * CHUNK] = F32(200.0 * (fy - fz))


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
    share = c7 / F32(F64(c7) + POW25_7)
    return F32(-2.0 * sqrt(F64(share)) * sine(F64(angle)))


@fused
def add_differences(colours: Singles, count: Index, sums: Doubles) -> None:
    """Add the colour differences of a chunk to the sums of its places."""
    for x in range(count):
        i, j = x + REFERENCE, x + DISTORTED
        l1, l2 = colours[i], colours[j]
        a1, a2 = F64(colours[i + CHUNK]), F64(colours[j + CHUNK])
        b1, b2 = F64(colours[i + U(2) * CHUNK]), F64(colours[j + U(2) * CHUNK])
        bb1, bb2 = b1 * b1, b2 * b2
        c1, c2 = F32(sqrt(a1 * a1 + bb1)), F32(sqrt(a2 * a2 + bb2))
        g = 0.5 - 0.5 * seventh_power_share(F64((c1 + c2) * HALF))
        a1, a2 = F64(F32(a1 + a1 * g)), F64(F32(a2 + a2 * g))
        p1, p2 = F32(sqrt(a1 * a1 + bb1)), F32(sqrt(a2 * a2 + bb2))
        chroma = F64((p1 + p2) * HALF)
        h1, h2 = hue(b1, a1), hue(b2, a2)
        turn, both = h2 - h1, h1 + h2
        far = F64(abs(turn)) > pi
        mean = F32((F64(both) + TAU) * 0.5) if far else both * HALF
        wrap = TAU if h2 <= h1 else -TAU
        turn = F32(F64(turn) + wrap) if far else turn
        turn = F32(0) if (c1 == F32(0)) | (c2 == F32(0)) else turn
        delta_h = F32(2.0 * sqrt(F64(p1 * p2)) * sine(F64(turn) * 0.5))
        off = F64((l1 + l2) * HALF - F32(50)) ** 2
        scale_l = F32(KL * F64(F32(1.0 + 0.015 * off / sqrt(20.0 + off))))
        scale_c = F32(1.0 + 0.045 * chroma)
        scale_h = F32(1.0 + 0.015 * chroma * F64(F32(hue_weight(F64(mean))))) * KH
        dl, dc, dh = (l2 - l1) / scale_l, (p2 - p1) / scale_c, delta_h / scale_h
        square: float = F64(dl) * F64(dl) + F64(dc) * F64(dc) + F64(dh) * F64(dh)
        square += F64(rotation(chroma, mean) * dc * dh)
        square = square if square > 0.0 else 0.0
        sums[x] += F64(F32(sqrt(square)))


@exact
def finish(samples: Array, count: Index, scale: float, colours: Singles, sums: Doubles) -> None:
    """Add the differences of the pixels that were collected."""
    to_lab(samples, REFERENCE, count, scale, colours)
    to_lab(samples, DISTORTED, count, scale, colours)
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
                finish(samples, at, scale, colours, sums)
                at = U(0)
    finish(samples, at, scale, colours, sums)
    return float(sums.sum() / (height * width))
