"""SSIM on one scale: sums of luminance, contrast and structure over all windows (Wang et al. 2004).

As in libvmaf, a pixel times a weight is float32, the sum over a window double, the result float32.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from corpus_assets.kernels import layout
from corpus_assets.kernels.compiled.rules import exact

if TYPE_CHECKING:
    from corpus_assets.kernels.compiled.rules import Doubles, Index, Singles

F32, F64, U = np.float32, np.float64, np.uint64
W0, W1, W2, W3, W4, W5 = map(F32, (0.001028, 0.007599, 0.036001, 0.109361, 0.213006, 0.266012))
C1 = (0.01 * 255) ** 2
C2 = (0.03 * 255) ** 2
C3 = C2 / 2

WIDTH, ROWS = U(layout.TILE_WIDTH), U(layout.TILE_ROWS)
HALO = U(layout.WINDOW - 1)
PLANE = WIDTH * (ROWS + HALO)
"""Distance of the five values of windows that are seen across only."""
RESULTS = U(layout.VALUES) * PLANE
PRODUCTS = RESULTS + U(layout.VALUES) * WIDTH
PIXELS = U(layout.PIXELS)


@exact
def across(source: Singles, start: Index, work: Singles, target: Index, count: Index) -> None:
    """Write windows of one row."""
    for x in range(count):
        i = start + x
        work[target + x] = F32(
            F64(source[i] * W0)
            + F64(source[i + U(1)] * W1)
            + F64(source[i + U(2)] * W2)
            + F64(source[i + U(3)] * W3)
            + F64(source[i + U(4)] * W4)
            + F64(source[i + U(5)] * W5)
            + F64(source[i + U(6)] * W4)
            + F64(source[i + U(7)] * W3)
            + F64(source[i + U(8)] * W2)
            + F64(source[i + U(9)] * W1)
            + F64(source[i + U(10)] * W0)
        )


@exact
def down(work: Singles, start: Index, target: Index, count: Index) -> None:
    """Write windows of one row from rows that lie below each other."""
    for x in range(count):
        i = start + x
        work[target + x] = F32(
            F64(work[i] * W0)
            + F64(work[i + U(1) * WIDTH] * W1)
            + F64(work[i + U(2) * WIDTH] * W2)
            + F64(work[i + U(3) * WIDTH] * W3)
            + F64(work[i + U(4) * WIDTH] * W4)
            + F64(work[i + U(5) * WIDTH] * W5)
            + F64(work[i + U(6) * WIDTH] * W4)
            + F64(work[i + U(7) * WIDTH] * W3)
            + F64(work[i + U(8) * WIDTH] * W2)
            + F64(work[i + U(9) * WIDTH] * W1)
            + F64(work[i + U(10) * WIDTH] * W0)
        )


@exact
def products(a: Singles, b: Singles, start: Index, work: Singles, count: Index) -> None:
    """Write the squares and the product of two rows."""
    for x in range(count):
        p, q = a[start + x], b[start + x]
        work[PRODUCTS + x] = p * p
        work[PRODUCTS + PIXELS + x] = q * q
        work[PRODUCTS + U(2) * PIXELS + x] = p * q


@exact
def row_of_windows(
    a: Singles, b: Singles, start: Index, work: Singles, row: Index, count: Index
) -> None:
    """Write the five values of each window of a row, seen across only."""
    at = row * WIDTH
    products(a, b, start, work, count + HALO)
    across(a, start, work, at, count)
    across(b, start, work, at + PLANE, count)
    across(work, PRODUCTS, work, at + U(2) * PLANE, count)
    across(work, PRODUCTS + PIXELS, work, at + U(3) * PLANE, count)
    across(work, PRODUCTS + U(2) * PIXELS, work, at + U(4) * PLANE, count)


@exact
def compare(work: Singles, sums: Doubles, count: Index) -> None:
    """Add l*c*s, c and s of a row of windows to the sums of their columns."""
    for x in range(count):
        i = RESULTS + x
        mean1, mean2 = work[i], work[i + WIDTH]
        var1 = work[i + U(2) * WIDTH] - mean1 * mean1
        var2 = work[i + U(3) * WIDTH] - mean2 * mean2
        both = work[i + U(4) * WIDTH] - mean1 * mean2
        var1 = var1 if var1 > F32(0) else F32(0)
        var2 = var2 if var2 > F32(0) else F32(0)
        sigmas = F64(F32(sqrt(F64(var1 * var2))))
        both = F32(0) if (both < F32(0)) & (sigmas <= 0.0) else both
        contrast = (2.0 * sigmas + C2) / (F64(var1 + var2) + C2)
        structure = (F64(both) + C3) / (sigmas + C3)
        luminance = (2.0 * F64(mean1) * F64(mean2) + C1) / (F64(mean1 * mean1 + mean2 * mean2) + C1)
        sums[x] += luminance * contrast * structure
        sums[x + WIDTH] += contrast
        sums[x + U(2) * WIDTH] += structure
        sums[x + U(3) * WIDTH] += luminance


@exact
def strip(
    a: Singles,
    b: Singles,
    start: Index,
    stride: Index,
    rows: Index,
    count: Index,
    work: Singles,
    sums: Doubles,
) -> None:
    """Add a strip of tiles: `rows` rows of `count` windows."""
    for row in range(HALO):
        row_of_windows(a, b, start + row * stride, work, row, count)
    done = U(0)
    while done < rows:
        now = min(ROWS, rows - done)
        for row in range(HALO, HALO + now):
            row_of_windows(a, b, start + (done + row) * stride, work, row, count)
        for row in range(now):
            for plane in range(U(5)):
                down(work, plane * PLANE + row * WIDTH, RESULTS + plane * WIDTH, count)
            compare(work, sums, count)
        done += now
        for plane in range(U(5)):
            for x in range(HALO * WIDTH):
                work[plane * PLANE + x] = work[plane * PLANE + now * WIDTH + x]


@exact
def means(
    a: Singles, b: Singles, width: int, height: int, work: Singles, sums: Doubles
) -> tuple[float, float, float, float]:
    """Return the means of l*c*s, l, c and s over all windows of two float32 images, row by row."""
    sums[:] = 0.0
    across_all, down_all = U(width) - HALO, U(height) - HALO
    done = U(0)
    while done < across_all:
        now = min(WIDTH, across_all - done)
        strip(a, b, done, U(width), down_all, now, work, sums)
        done += now
    windows = across_all * down_all
    w = int(WIDTH)
    return (
        sums[:w].sum() / windows,
        sums[3 * w : 4 * w].sum() / windows,
        sums[w : 2 * w].sum() / windows,
        sums[2 * w : 3 * w].sum() / windows,
    )
