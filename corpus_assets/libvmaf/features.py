"""Columns, the libvmaf extractors that compute them, and the keys that reports use for them.

Extractor and key names are those of libvmaf 3 (`libvmaf/src/feature/*.c`, `alias.c`).
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

TEACHER = "vmaf"
"""The column and report key of the model's score."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One column: who computes it and what the report calls it."""

    column: str
    extractor: str
    report_key: str
    description: str


@dataclass(frozen=True, slots=True)
class FeatureSet:
    """The features of a table, in column order."""

    name: str
    features: tuple[Feature, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The feature columns, without the teacher score."""
        return tuple(feature.column for feature in self.features)

    @property
    def extractors(self) -> tuple[str, ...]:
        """The extractors to ask libvmaf for, each once, sorted."""
        return tuple(sorted({feature.extractor for feature in self.features}))

    @property
    def report_keys(self) -> Mapping[str, str]:
        """Column to report key, the teacher score included."""
        keys = {feature.column: feature.report_key for feature in self.features}
        return MappingProxyType(keys | {TEACHER: TEACHER})


def _vif(scale: int) -> Feature:
    return Feature(
        f"vif_scale{scale}",
        "vif",
        f"integer_vif_scale{scale}",
        f"visual information fidelity at scale {scale} (1/{2**scale} of the size)",
    )


ADM2 = Feature("adm2", "adm", "integer_adm2", "detail loss (DLM), four scales pooled")
MOTION2 = Feature(
    "motion2",
    "motion",
    "integer_motion2",
    "motion: mean absolute luma difference to the previous or next reference frame, the smaller",
)
VIF = tuple(_vif(scale) for scale in range(4))

CANONICAL6 = FeatureSet("canonical6", (ADM2, *VIF, MOTION2))
"""What the models of the vmaf_v0.6.1 family eat."""

NULL_WHERE_PLANES_ARE_EQUAL = ("ciede2000", "psnr_hvs")
"""Key prefixes that are infinite, printed as null, where reference and distorted are equal."""
