"""Sizes of the images that libvmaf computes on, and of the arrays that the kernels work in."""

from __future__ import annotations

WINDOW = 11
"""Width and height of SSIM's Gaussian window."""
SMALLEST = 176
"""Width and height below which no window fits into the last of MS-SSIM's five scales."""

TILE_WIDTH, TILE_ROWS = 256, 16
"""Windows that are computed together, across and down."""
PIXELS = TILE_WIDTH + 32
"""Place for the pixels of one row of a tile, more than the windows by ten."""
VALUES = 5
"""Values of a window: two means, two mean squares and the mean product."""
TILE = VALUES * TILE_WIDTH * (TILE_ROWS + WINDOW) + 3 * PIXELS
"""float32 work values: windows across with ten rows more, a row of results, a row's products."""
SUMS = 4 * TILE_WIDTH
"""Sums of each column of windows: l*c*s, l, c and s."""

REACH = 4
"""Pixels to each side of the middle of the low-pass filter."""
KEPT_ROWS = 2 * (REACH + 1)
"""Rows that are kept filtered: those that the window covers, and one more, as two come at once."""

CHUNK = 256
"""Pixels whose colours are compared together."""
SAMPLES = 6 * CHUNK
"""Three planes of the reference, three of the distorted frame: samples, or values of light."""
COLOURS = 12 * CHUNK
"""The same of L*, a*, b*, and two planes each of chroma, of hue and of weights."""


def smaller(size: int, factor: int) -> int:
    """Return the width or height of an image of which every so-manieth pixel is taken."""
    return size // factor + size % 2


def ssim_factor(width: int, height: int) -> int:
    """Return by how much float_ssim reduces an image, so that its shorter side is about 256."""
    return max(1, int(min(width, height) / 256 + 0.5))
