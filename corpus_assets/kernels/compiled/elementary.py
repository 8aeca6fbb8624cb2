"""Roots and trigonometric functions without branches or calls, so that loops over them vectorize.

Relative errors are below 2e-12: what is rounded to float32 afterwards is, but for one value in some
hundred thousand, what the exact function would give.
"""

from __future__ import annotations

from math import pi, sqrt

import numpy as np

from corpus_assets.kernels.compiled.rules import inlined

F32, F64, I32, I64 = np.float32, np.float64, np.int32, np.int64
SEED3, SEED5 = F32(1419900529.0), F32(1277903765.0)
"""Less a third, or a fifth, of a float's bits they make the bits of its inverse root, a few percent
off. A series in float32 and one in double then give all digits that count."""
THIRD, FIFTH = F32(1 / 3), F32(1 / 5)
TAN_22_5 = sqrt(2.0) - 1.0
ROUND = 1.5 * 2.0**52
"""Added to a double, it leaves a whole number in the last bits."""
LOG2_E = 1.4426950408889634
ATAN = (
    -0.33333333330870923,
    0.19999999613053804,
    -0.1428569080023796,
    0.11110393585196425,
    -0.09078497435955665,
    0.07564424661332439,
    -0.05877077895417113,
    0.030699742216928293,
)
"""Coefficients of the odd powers from x^3 on, up to 22.5 degrees."""
SIN = (
    -0.16666666666466837,
    0.008333333320370603,
    -0.00019841266685601946,
    2.7556953120635907e-06,
    -2.5030275986986657e-08,
    1.541132783837682e-10,
)
"""Coefficients of the odd powers from x^3 on, up to 90 degrees."""
COS = (
    -0.49999999997017713,
    0.041666666473097864,
    -0.0013888884175118073,
    2.4801040268595884e-05,
    -2.7524682714648896e-07,
    1.9907671971866215e-09,
)
"""Coefficients of the even powers from x^2 on, up to 90 degrees."""
EXP = (
    0.6931471805459325,
    0.24022650695638925,
    0.05550410941211585,
    0.009618129194206152,
    0.0013333450563232181,
    0.00015403433566705003,
    1.5310080474609338e-05,
    1.3259684083755272e-06,
)
"""Coefficients of the powers of the binary exponential, from -1/2 to 1/2."""


@inlined
def cube_root(x: float) -> float:
    """Return the cube root of a positive double in the range of float32."""
    z = F32(x)
    y = I32(SEED3 - F32(z.view(I32)) * THIRD).view(F32)
    e = F32(1) - z * (y * y * y)
    y += y * e * (F32(1 / 3) + e * F32(2 / 9) + e * e * (F32(14 / 81) + e * F32(35 / 243)))
    r = F64(y)
    t = x * (r * r)
    d = 1.0 - t * r
    return t + t * d * (2 / 3 + d * (5 / 9))


@inlined
def power_2_4(x: float) -> float:
    """Return x**2.4 of a positive double in the range of float32."""
    z = F32(x)
    y = I32(SEED5 - F32(z.view(I32)) * FIFTH).view(F32)
    s = y * y
    e = F32(1) - z * (s * s * y)
    y += y * e * (F32(0.2) + e * F32(0.12) + e * e * (F32(0.088) + e * F32(0.0704)))
    r = F64(y)
    q, t = r * r, x * r
    d = 1.0 - t * (q * q)
    t = t * t * t
    return t + t * d * (0.6 + d * 0.48)


@inlined
def arc_tangent(y: float, x: float) -> float:
    """Return atan2(y, x), 0 where both are 0."""
    ax, ay = abs(x), abs(y)
    small, large = (ay, ax) if ay < ax else (ax, ay)
    beyond = small > TAN_22_5 * large
    above = small - large if beyond else small
    below = small + large if beyond else large
    t = above / (below if below > 0.0 else 1.0)
    u = t * t
    p = ATAN[4] + u * (ATAN[5] + u * (ATAN[6] + u * ATAN[7]))
    p = u * (ATAN[0] + u * (ATAN[1] + u * (ATAN[2] + u * (ATAN[3] + u * p))))
    r = t + t * p
    r = r + pi / 4 if beyond else r
    r = pi / 2 - r if ay > ax else r
    r = pi - r if x < 0.0 else r
    return -r if y < 0.0 else r


@inlined
def sine(x: float) -> float:
    """Return sin(x) from -pi/2 to pi/2."""
    u = x * x
    p = SIN[3] + u * (SIN[4] + u * SIN[5])
    return x + x * (u * (SIN[0] + u * (SIN[1] + u * (SIN[2] + u * p))))


@inlined
def cosine(x: float) -> float:
    """Return cos(x) from -pi/2 to pi/2."""
    u = x * x
    p = COS[3] + u * (COS[4] + u * COS[5])
    return 1.0 + u * (COS[0] + u * (COS[1] + u * (COS[2] + u * p)))


@inlined
def exponential(x: float) -> float:
    """Return exp(x) from -700 to 0."""
    t = x * LOG2_E
    whole = t + ROUND
    f = t - (whole - ROUND)
    p = EXP[3] + f * (EXP[4] + f * (EXP[5] + f * (EXP[6] + f * EXP[7])))
    p = 1.0 + f * (EXP[0] + f * (EXP[1] + f * (EXP[2] + f * p)))
    return I64(F64(p).view(I64) + (F64(whole).view(I64) << I64(52))).view(F64)
