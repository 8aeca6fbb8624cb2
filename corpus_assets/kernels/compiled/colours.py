"""From samples to L*, a*, b*, with libvmaf's constants and roundings.

Each step is a short loop over a plane: in one long loop each pixel would wait for its own last
step, because a processor does not look far enough ahead to begin with the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from corpus_assets.kernels.compiled.chunk import CHUNK, DISTORTED
from corpus_assets.kernels.compiled.elementary import cube_root, power_2_4
from corpus_assets.kernels.compiled.rules import exact, fused, inlined

if TYPE_CHECKING:
    from corpus_assets.kernels.compiled.rules import Array, Doubles, Index, Singles

F32, F64, U = np.float32, np.float64, np.uint64
TO_X = (0.4124564390896921 / 0.95047, 0.357576077643909 / 0.95047, 0.18043748326639894 / 0.95047)
TO_Y = (0.21267285140562248, 0.715152155287818, 0.07217499330655958)
TO_Z = (0.019333895582329317 / 1.08883, 0.119192025881303 / 1.08883, 0.9503040785363377 / 1.08883)
"""From linear RGB to X, Y and Z of which white has 1."""
EPSILON = 216 / 24389
KAPPA = 24389 / 27


@inlined
def linear(c: float) -> float:
    """Undo the transfer function, with libvmaf's threshold."""
    x = (c + 0.055) * (1 / 1.055)
    power = power_2_4(x if x > 0.05 else 0.05)
    return power if c > 10 / 255 else c * (1 / 12.92)


@inlined
def lightness(c: float) -> float:
    """Return the cube root, or the line that replaces it in the dark, as float32."""
    root = cube_root(c if c > EPSILON else EPSILON)
    return F64(F32(root if c > EPSILON else (KAPPA * c + 16.0) * (1 / 116)))


@fused
def to_rgb(samples: Array, start: Index, count: Index, scale: float, light: Doubles) -> None:
    """Write R, G, B of samples; `scale` is 1 for 8 bit, 4 for 10."""
    black, grey = 16.0 * scale, 128.0 * scale
    per_y, per_c = 1.0 / (219.0 * scale), 1.0 / (224.0 * scale)
    for x in range(count):
        i = start + x
        y = (F64(samples[i]) - black) * per_y
        u = (F64(samples[i + CHUNK]) - grey) * per_c
        v = (F64(samples[i + U(2) * CHUNK]) - grey) * per_c
        light[i] = y + 1.28033 * v
        light[i + CHUNK] = y - 0.21482 * u - 0.38059 * v
        light[i + U(2) * CHUNK] = y + 2.12798 * u


@fused
def to_linear(light: Doubles, start: Index, count: Index) -> None:
    """Undo the transfer function of one plane."""
    for x in range(count):
        light[start + x] = linear(light[start + x])


@fused
def to_xyz(light: Doubles, start: Index, count: Index) -> None:
    """Replace linear R, G, B by X, Y, Z."""
    for x in range(count):
        i = start + x
        r, g, b = light[i], light[i + CHUNK], light[i + U(2) * CHUNK]
        light[i] = TO_X[0] * r + TO_X[1] * g + TO_X[2] * b
        light[i + CHUNK] = TO_Y[0] * r + TO_Y[1] * g + TO_Y[2] * b
        light[i + U(2) * CHUNK] = TO_Z[0] * r + TO_Z[1] * g + TO_Z[2] * b


@fused
def to_response(light: Doubles, start: Index, count: Index) -> None:
    """Replace one plane of X, Y or Z by its cube roots."""
    for x in range(count):
        light[start + x] = lightness(light[start + x])


@fused
def to_lab(light: Doubles, start: Index, count: Index, colours: Singles) -> None:
    """Write L*, a*, b*."""
    for x in range(count):
        i = start + x
        fx, fy, fz = light[i], light[i + CHUNK], light[i + U(2) * CHUNK]
        colours[i] = F32(116.0 * fy - 16.0)
        colours[i + CHUNK] = F32(500.0 * (fx - fy))
        colours[i + U(2) * CHUNK] = F32(200.0 * (fy - fz))


@exact
def to_colours(
    samples: Array, count: Index, scale: float, light: Doubles, colours: Singles
) -> None:
    """Write L*, a*, b* of both sides."""
    for side in range(U(2)):
        to_rgb(samples, side * DISTORTED, count, scale, light)
    for plane in range(U(6)):
        to_linear(light, plane * CHUNK, count)
    for side in range(U(2)):
        to_xyz(light, side * DISTORTED, count)
    for plane in range(U(6)):
        to_response(light, plane * CHUNK, count)
    for side in range(U(2)):
        to_lab(light, side * DISTORTED, count, colours)
