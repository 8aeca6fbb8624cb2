"""Columns, the libvmaf extractors that compute them, and the keys that reports use for them.

Extractor and key names are those of libvmaf 3 (`libvmaf/src/feature/*.c`, `alias.c`). Where builds
differ, a feature has several origins: the first that a build offers is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

TEACHER = "vmaf"
"""The column and report key of the model's score."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Who computes a feature, and what the report calls it."""

    extractor: str
    report_key: str


@dataclass(frozen=True, slots=True)
class Feature:
    """One column, where it may come from, and what it means, with its unit or range."""

    column: str
    origins: tuple[Origin, ...]
    meaning: str
    unit: str

    @property
    def description(self) -> str:
        """What it means, and its unit or range."""
        return f"{self.meaning}; {self.unit}"

    @property
    def names(self) -> tuple[str, ...]:
        """What reports may call it: libvmaf's keys, else, in other tools', the column's name."""
        return (*(origin.report_key for origin in self.origins), self.column)


@dataclass(frozen=True, slots=True)
class FeatureSet:
    """The features of a table, in column order."""

    name: str
    features: tuple[Feature, ...]

    @property
    def choice(self) -> str | list[str]:
        """What chooses this set: its name, or the list of its columns."""
        return self.name if self.name in NAMED_SETS else list(self.columns)

    @property
    def columns(self) -> tuple[str, ...]:
        """The feature columns, without the teacher score."""
        return tuple(feature.column for feature in self.features)


RATIO = "no unit, 0 and up, 1 for equal frames, above 1 for sharper ones"
SIMILARITY = "no unit, up to 1, 1 for equal frames"
NOT_DEFINED = "null where the structure of a scale is negative"
LUMA_LEVELS = "levels of 8-bit luma a pixel, 0 and up, 0 for a still"
DECIBELS = "dB, at most 60 at 8 bit and 72 at 10"
UNBOUNDED = "higher is closer, null where the frames are equal"
SPEED_UNIT = "no unit, no bounds documented, 0 for equal frames"


def _feature(column: str, extractor: str, key: str, meaning: str, unit: str) -> Feature:
    return Feature(column, (Origin(extractor, key),), meaning, unit)


def _scales(name: str, extractor: str, meaning: str) -> tuple[Feature, ...]:
    return tuple(
        _feature(
            f"{name}_scale{scale}",
            extractor,
            f"integer_{name}_scale{scale}",
            f"{meaning} at scale {scale} (1/{2**scale} of the size)",
            RATIO,
        )
        for scale in range(4)
    )


def _plain(column: str, extractor: str, meaning: str, unit: str) -> Feature:
    return _feature(column, extractor, column, meaning, unit)


ADM2 = _feature("adm2", "adm", "integer_adm2", "detail loss (DLM), four scales pooled", RATIO)
ADM = _scales("adm", "adm", "detail loss (DLM)")
VIF = _scales("vif", "vif", "visual information fidelity")
MOTION = Feature(
    "motion",
    (
        Origin("motion", "integer_motion"),
        Origin("motion", "VMAF_integer_feature_motion_sad_score"),  # libvmaf 3.2, same number
    ),
    "motion: mean absolute difference of blurred luma to the previous reference frame",
    LUMA_LEVELS,
)
MOTION2 = _feature(
    "motion2",
    "motion",
    "integer_motion2",
    "motion to the previous or next frame, the smaller",
    LUMA_LEVELS,
)
MOTION3 = Feature(
    "motion3",
    (Origin("motion", "integer_motion3"), Origin("motion_v2", "integer_motion3")),
    "variant of motion2 that newer models use (libvmaf 3)",
    LUMA_LEVELS,
)
PSNR = tuple(
    _plain(f"psnr_{plane}", "psnr", f"PSNR of the {plane} plane", DECIBELS)
    for plane in ("y", "cb", "cr")
)
OTHERS = (
    _plain("float_ssim", "float_ssim", "SSIM of luma", SIMILARITY),
    _plain(
        "float_ms_ssim",
        "float_ms_ssim",
        "multi-scale SSIM of luma",
        f"{SIMILARITY}, {NOT_DEFINED}",
    ),
    _plain(
        "cambi",
        "cambi",
        "banding (CAMBI) of the distorted frame",
        "no unit, 0 and up, as a rule to 24, 0 for none",
    ),
    _plain(
        "ciede2000",
        "ciede",
        "45 - 20 log10 of the mean CIEDE2000 colour difference",
        f"no unit, {UNBOUNDED}",
    ),
    _plain("psnr_hvs", "psnr_hvs", "PSNR weighted by contrast sensitivity", f"dB, {UNBOUNDED}"),
    _plain("ssimulacra2", "ssimulacra2", "SSIMULACRA 2", "no unit, up to 100, 100 is identical"),
)
SPEED = (
    _plain("speed_temporal", "speed_temporal", "SpEED-QA, temporal", SPEED_UNIT),
    *(
        _plain(f"speed_chroma_{plane}", "speed_chroma", f"SpEED-QA of chroma, {plane}", SPEED_UNIT)
        for plane in ("u", "v", "uv")
    ),
)

CANONICAL6 = FeatureSet("canonical6", (ADM2, *VIF, MOTION2))
"""What the models of the vmaf_v0.6.1 family eat."""

FULL_V1 = FeatureSet("full_v1", (ADM2, *ADM, *VIF, MOTION, MOTION2, MOTION3, *PSNR, *OTHERS))
FULL = FeatureSet("full", (*FULL_V1.features, *SPEED))
NAMED_SETS = {features.name: features for features in (FULL, FULL_V1, CANONICAL6)}

EXTRACTORS = tuple(
    sorted({origin.extractor for feature in FULL.features for origin in feature.origins})
)
"""Every extractor that some column may come from."""

NULLABLE = ("ciede2000", "psnr_hvs", "float_ms_ssim")
"""Key prefixes that may be null: the first two are infinite where both frames are equal, the last
is a power of a negative number where the structure of a scale is, as of an inverted frame."""


def feature_set(choice: str | Sequence[str]) -> FeatureSet:
    """Return a named set, or one of the given columns in their order.

    Raises ValueError, with what is allowed, for unknown or repeated names and an empty choice.
    """
    if isinstance(choice, str):
        if choice not in NAMED_SETS:
            raise ValueError(_allowed(choice))
        return NAMED_SETS[choice]
    by_column = {feature.column: feature for feature in FULL.features}
    if unknown := [name for name in choice if name not in by_column]:
        raise ValueError(_allowed(", ".join(unknown)))
    if not choice or len(set(choice)) != len(choice):
        raise ValueError("a list of features names each once, and at least one")
    return FeatureSet("custom", tuple(by_column[name] for name in choice))


def too_small(extractor: str, width: int, height: int) -> str:
    """Say why an extractor cannot run on frames of this size; empty when it can.

    Measured with libvmaf 3.2: below these sizes an extractor crashes, or it and those after it
    are missing from the report while the process ends with exit code 0.
    """
    needed = {"speed_temporal": 80, "speed_chroma": 160, "float_ms_ssim": 176}.get(extractor, 0)
    if min(width, height) < needed:
        return f"frames of {width}x{height} are too small: {extractor} needs {needed} a side"
    if extractor == "cambi" and max(width, height) < 216:  # noqa: PLR2004 (as measured)
        return f"frames of {width}x{height} are too small: cambi needs 216 on the longer side"
    return ""


def _allowed(name: str) -> str:
    return (
        f"unknown feature or set: {name}; it takes {', '.join(NAMED_SETS)}, or a list of "
        f"{', '.join(FULL.columns)}"
    )
