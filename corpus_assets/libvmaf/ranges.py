"""The range of every number that libvmaf computes, with the reason for each bound.

A bound stands only where the definition gives it; what is merely unusual is no error. "Measured" is
what libvmaf 3.2 gives for identical, inverted, flat, noisy and sharpened frames of 8 and 10 bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from sys import float_info

from corpus_assets.libvmaf.features import NULLABLE, TEACHER

LARGEST = float_info.max
ROUNDING = 1e-4
"""SSIM is computed in 32-bit floats, which may go beyond 1 in the last digit."""


@dataclass(frozen=True, slots=True)
class Range:
    """The finite numbers from `lowest` to `highest`; without bounds, every finite number."""

    lowest: float = -LARGEST
    highest: float = LARGEST

    def __contains__(self, value: float) -> bool:
        return self.lowest <= value <= self.highest

    def __str__(self) -> str:
        low = "" if self.lowest == -LARGEST else f"from {self.lowest:g}"
        high = "" if self.highest == LARGEST else f"up to {self.highest:g}"
        return " ".join(filter(None, (low, high))) or "finite"


SCORE = Range(0, 100)
"""The models of the family clip their score (`score_clip`)."""

NOT_NEGATIVE = Range(0)
ADM = NOT_NEGATIVE
"""A ratio of sums that are not negative; above 1 where the distorted side is the sharper one, up to
the gain limit of 100 (measured: 5.6)."""

VIF = Range(-0.006)
"""Where the reference is flat, a pixel counts 1 - 4 s / 255^2 with s the variance of the distorted
side, which is largest for black beside white: (255.75 / 2)^2 at 10 bit, so that a scale can be
1 - (255.75 / 255)^2 = -0.00589 (measured). Above 1 as ADM (measured: 2.2)."""

MOTION = Range(0, 256)
"""A mean of absolute differences on the scale of 8 bit: 255 at most, at 10 bit 255.75 (measured).
"""

PSNR = Range(0, 72)
"""The error is at most the peak, 0 dB; libvmaf stops at 6 x bits + 12 dB, 72 at 10 bit."""

CIEDE = Range(-20)
"""45 - 20 log10 of the mean colour difference. The weights of CIEDE2000 keep it below some hundreds
for any colours (measured: down to 0.24); it can be arbitrarily small (measured: up to 154)."""

PSNR_HVS = Range(-20)
"""Weights of contrast sensitivity are below 2.3, so that the weighted error is at most 5.3 times
the peak, -7.2 dB (measured: -4.6 to 107); it can be arbitrarily small."""

RANGES = {
    TEACHER: SCORE,
    **dict.fromkeys(("adm2", *(f"adm_scale{scale}" for scale in range(4))), ADM),
    **dict.fromkeys((f"vif_scale{scale}" for scale in range(4)), VIF),
    "motion": MOTION,
    "motion2": MOTION,  # the smaller of two
    "motion3": NOT_NEGATIVE,  # blended and weighted, with parameters that builds may set
    **dict.fromkeys(("psnr_y", "psnr_cb", "psnr_cr"), PSNR),
    "float_ssim": Range(-1 - ROUNDING, 1 + ROUNDING),  # measured: -0.97, of noise and its inverse
    "float_ms_ssim": Range(0, 1 + ROUNDING),  # a product of powers, none of which is negative
    "cambi": NOT_NEGATIVE,  # a pooled weight of banding; "0 to 24" is a custom, not a limit
    "ciede2000": CIEDE,
    "psnr_hvs": PSNR_HVS,
    "ssimulacra2": Range(highest=100),  # 100 less what is visible, without a lower limit
    # SpEED-QA: no bound is documented (measured: 0 to 203 in time, 0 in chroma)
    **dict.fromkeys(
        ("speed_temporal", "speed_chroma_u", "speed_chroma_v", "speed_chroma_uv"), Range()
    ),
}


def nullable(column: str) -> bool:
    """Say whether single frames of a column may be null although it is computed."""
    return column.startswith(NULLABLE)
