"""Smaller images: libvmaf's low-pass filter with every second pixel, and its box filter.

Both are two-dimensional windows with the original pixel in the middle, mirrored at the borders. A
pixel times a weight is float32, the sum over a window double, the result float32.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from corpus_assets.kernels import layout
from corpus_assets.kernels.compiled.rules import exact

if TYPE_CHECKING:
    from corpus_assets.kernels.compiled.rules import Array, Doubles, Index, Single, Singles

F32, F64, U = np.float32, np.float64, np.uint64
LOW_PASS = np.array(
    [
        [0.000714, -0.000450, -0.002090, 0.007132, 0.016114],
        [-0.000450, 0.000283, 0.001316, -0.004490, -0.010146],
        [-0.002090, 0.001316, 0.006115, -0.020867, -0.047149],
        [0.007132, -0.004490, -0.020867, 0.071207, 0.160885],
        [0.016114, -0.010146, -0.047149, 0.160885, 0.363505],
    ],
    F32,
)
"""A quarter of the window of 9 x 9 with its middle; the rest is mirrored. The weights have six
decimals, so that they are not the products of a row and a column."""

REACH, KEPT_ROWS = layout.REACH, layout.KEPT_ROWS


@exact
def mirrored(i: int, size: int) -> int:
    """Return the row or column that stands for one beyond the border."""
    if i < 0:
        i = -1 - i
    return 2 * size - 1 - i if i >= size else i


@exact
def split_border(
    source: Singles, row: int, width: int, even: Singles, odd: Singles, x: int
) -> None:
    """Write one even and one odd column that may lie beyond a border."""
    even[x] = source[row * width + mirrored(2 * x - REACH, width)]
    odd[x] = source[row * width + mirrored(2 * x - REACH + 1, width)]


@exact
def split_row(source: Singles, row: int, width: int, even: Singles, odd: Singles) -> None:
    """Split a row into the columns -4, -2, ... and -3, -1, ..."""
    start = U(row * width)
    for x in range(U(2), U(width // 2)):
        i = start + U(2) * (x - U(2))
        even[x] = source[i]
        odd[x] = source[i + U(1)]
    for x in range(2):
        split_border(source, row, width, even, odd, x)
    for x in range(max(2, width // 2), width // 2 + width % 2 + REACH):
        split_border(source, row, width, even, odd, x)


@exact
def filter_row(even: Singles, odd: Singles, k: int, filtered: Doubles, count: Index) -> None:
    """Write what one row of the window makes of a split row."""
    w = LOW_PASS[k]
    w0, w1, w2, w3, w4 = w[0], w[1], w[2], w[3], w[4]
    for x in range(count):
        filtered[x] = (
            F64(even[x] * w0)
            + F64(odd[x] * w1)
            + F64(even[x + U(1)] * w2)
            + F64(odd[x + U(1)] * w3)
            + F64(even[x + U(2)] * w4)
            + F64(odd[x + U(2)] * w3)
            + F64(even[x + U(3)] * w2)
            + F64(odd[x + U(3)] * w1)
            + F64(even[x + U(4)] * w0)
        )


@exact
def filter_all(
    source: Singles, row: int, width: int, height: int, split: Singles, filtered: Doubles
) -> None:
    """Filter a row with the rows of the window that meet it: at borders all, else of its parity."""
    split_row(source, row, width, split[0], split[1])
    border = row < REACH or row >= height - REACH
    for k in range(REACH + 1):
        if border or k % 2 == row % 2:
            filter_row(split[0], split[1], k, filtered[k], U(width // 2 + width % 2))


@exact
def add(values: Doubles, sums: Doubles) -> None:
    """Add values to sums."""
    for x in range(U(len(sums))):
        sums[x] += values[x]


@exact
def halve(
    source: Singles,
    width: int,
    height: int,
    target: Singles,
    split: Singles,
    filtered: Doubles,
    sums: Doubles,
) -> None:
    """Low-pass an image and write every second pixel of every second row.

    Two places of the window share what is made of a row, because the window is symmetric; the sums
    of doubles are exact, in whatever order.
    """
    columns = width // 2 + width % 2
    next_row = 0
    for y in range(height // 2 + height % 2):
        while next_row < min(height, 2 * y + REACH + 1):
            kept = filtered[next_row % KEPT_ROWS]
            filter_all(source, next_row, width, height, split, kept)
            next_row += 1
        sums[:columns] = 0.0
        for j in range(2 * REACH + 1):
            row = mirrored(2 * y + j - REACH, height)
            add(filtered[row % KEPT_ROWS, min(j, 2 * REACH - j)], sums[:columns])
        for x in range(U(columns)):
            target[U(y * columns) + x] = F32(sums[x])


@exact
def box(
    source: Singles,
    width: int,
    height: int,
    factor: int,
    target: Singles,
    columns: int,
    rows: int,
    sums: Doubles,
) -> None:
    """Write the means of boxes of `factor` by `factor` pixels, one at every such step."""
    weight = F32(1.0 / (factor * factor))
    for y in range(rows):
        sums[:width] = 0.0
        for j in range(factor):
            start = U(mirrored(y * factor + j - factor // 2, height) * width)
            for x in range(U(width)):
                sums[x] += F64(source[start + x] * weight)
        for x in range(columns):
            total = 0.0
            for i in range(factor):
                total += sums[mirrored(x * factor + i - factor // 2, width)]
            target[y * columns + x] = F32(total)


@exact
def to_luma(plane: Array, scale: Single, target: Singles) -> None:
    """Write the samples of a plane as float32 levels of 8 bit."""
    height, width = plane.shape
    for y in range(height):
        row, start = plane[y], U(y * width)
        for x in range(U(width)):
            target[start + x] = F32(row[x]) * scale
