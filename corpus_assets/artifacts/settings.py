"""Settings: what assets take, with defaults, ranges and descriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Self, TypeVar

import pydantic

from corpus_assets.artifacts.selecting import SelectionSettings
from corpus_assets.corpora import bvi_dvc, konvid_1k
from corpus_assets.corpora.bvi_dvc import FOLDER_VARIABLE, ZIP_VARIABLE
from corpus_assets.corpora.clip import Preset
from corpus_assets.corpora.konvid_1k import DEFAULT_CRF, VIDEOS_FOLDER
from corpus_assets.corpora.netflix_public import (
    DEFAULT_CODEC,
    DISTORTED,
    REFERENCES,
    Geometry,
    PixelFormat,
)
from corpus_assets.errors import SettingError, SetupError
from corpus_assets.extraction.scorer import CachePolicy
from corpus_assets.libvmaf.acceleration import Accelerate
from corpus_assets.libvmaf.engine import LONGEST_TIMEOUT, SECONDS_PER_MEGAPIXEL, STARTUP_SECONDS
from corpus_assets.libvmaf.features import FULL, NAMED_SETS, feature_set
from corpus_assets.libvmaf.model import DEFAULT_MODEL
from corpus_assets.libvmaf.probe import SMALLEST_SIDE

if TYPE_CHECKING:
    from collections.abc import Mapping


def _feature_choice(value: object) -> str | list[str]:
    """Check a choice of features; a text with commas is a list, as a flag gives it."""
    if isinstance(value, str) and ("," in value or value in FULL.columns):
        value = [name.strip() for name in value.split(",") if name.strip()]
    if isinstance(value, str):
        return feature_set(value).name
    if isinstance(value, list | tuple):
        return list(feature_set(tuple(map(str, value))).columns)
    raise ValueError("it takes the name of a set, or a list of features")


FeatureChoice = Annotated[Any, pydantic.BeforeValidator(_feature_choice)]
"""A set's name or a list; Dagster's configuration has no type for either-or."""
Settings = TypeVar("Settings", bound=pydantic.BaseModel)


EMBEDDED = "embedded"
"""As value of `ffmpeg` or `vmaf_bin`: none of the user's own, whatever the environment says."""


class ScoringSettings(SelectionSettings, frozen=True, extra="forbid"):
    """Settings that every asset which runs libvmaf takes."""

    out: str | None = pydantic.Field(None, description="The table to write.")
    manifest_out: str | None = pydantic.Field(
        None, description="The manifest to write. Default: <stem>.manifest.json beside the table."
    )
    cache_dir: str | None = pydantic.Field(
        None, description="Folder of the per-clip results of this corpus."
    )
    cache_policy: CachePolicy = pydantic.Field(
        "reuse",
        description="reuse: read and write; refresh: only write; off: neither; trust: reuse, and "
        "take other tools' reports as they are.",
    )
    model: str | None = pydantic.Field(
        None,
        description="Built-in model name or JSON file. "
        f"Default: $VMAF_MODEL_PATH, else {DEFAULT_MODEL}.",
    )
    vmaf_bin: str | None = pydantic.Field(
        None,
        description="Your own vmaf tool, a path or a name on PATH. Default: $VMAF_BIN, else "
        "libvmaf inside ffmpeg, which is also what `embedded` says.",
    )
    accelerate: str | None = pydantic.Field(
        None,
        description="auto: kernels compute ciede2000, float_ssim and float_ms_ssim, to libvmaf's "
        "numbers, where they are installed; off: libvmaf alone; require: fail without kernels. "
        "Default: $CORPUS_ASSETS_ACCELERATE, else auto.",
    )
    max_failed_share: float = pydantic.Field(
        1.0,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="Publish nothing when a larger share of the selected clips fails, 0 to 1.",
    )
    clip_timeout: float | None = pydantic.Field(
        None,
        gt=0,
        le=LONGEST_TIMEOUT,
        allow_inf_nan=False,
        description="Seconds that one clip may take. Default: "
        f"{STARTUP_SECONDS:.0f}, and {SECONDS_PER_MEGAPIXEL:.0f} for every million pixels of it.",
    )


class VmafPairsSettings(ScoringSettings, frozen=True, extra="forbid"):
    """Settings of `konvid_1k/vmaf_pairs`."""

    konvid_root: str | None = pydantic.Field(
        None,
        description=f"The folder that holds {VIDEOS_FOLDER}/. "
        "Default: $VMAF_KONVID_1K_DIR, else $VMAF_DATA_ROOT/konvid-1k.",
    )
    crf: int = pydantic.Field(DEFAULT_CRF, ge=0, le=51, description="CRF of the distorted side.")
    max_clips: int | None = pydantic.Field(
        None, ge=1, description="Score only the first clips in key order. Default: all."
    )


class KonvidFullSettings(VmafPairsSettings, frozen=True, extra="forbid"):
    """Settings of `konvid_1k/full_features`."""

    codec: str = pydantic.Field(
        konvid_1k.DEFAULT_CODEC, min_length=1, description="Label for the column codec."
    )
    feature_set: FeatureChoice = pydantic.Field(
        FULL.name, description=f"{', '.join(NAMED_SETS)}, or a list of features."
    )


class NetflixSettings(ScoringSettings, frozen=True, extra="forbid"):
    """Settings of `netflix_public/full_features`."""

    data_root: str | None = pydantic.Field(
        None,
        description=f"The folder that holds {REFERENCES}/ and {DISTORTED}/. "
        "Default: $VMAF_NETFLIX_CORPUS_DIR.",
    )
    max_pairs: int | None = pydantic.Field(
        None, ge=1, description="Score only the first pairs in key order. Default: all."
    )
    codec: str = pydantic.Field(
        DEFAULT_CODEC, min_length=1, description="Label for the column codec."
    )
    feature_set: FeatureChoice = pydantic.Field(
        FULL.name, description=f"{', '.join(NAMED_SETS)}, or a list of features."
    )
    width: int | None = pydantic.Field(
        None, ge=SMALLEST_SIDE, description="Width of the raw frames. Default: 1920 is assumed."
    )
    height: int | None = pydantic.Field(
        None, ge=SMALLEST_SIDE, description="Height of the raw frames. Default: 1080 is assumed."
    )
    pix_fmt: PixelFormat = pydantic.Field(
        "yuv420p", description="Samples of the raw frames: yuv420p or yuv420p10le."
    )

    @pydantic.model_validator(mode="after")
    def _whole_geometry(self) -> Self:
        if (self.width is None) != (self.height is None):
            raise ValueError("width and height are given together or not at all")
        if (self.width or 0) % 2 or (self.height or 0) % 2:
            raise ValueError("width and height are even: 4:2:0 has a chroma sample for 2x2 pixels")
        return self

    @property
    def geometry(self) -> Geometry:
        """What raw files are taken for."""
        if self.width is None or self.height is None:
            return Geometry(pixel_format=self.pix_fmt)
        return Geometry(self.width, self.height, self.pix_fmt, assumed=False)


class BviFullSettings(ScoringSettings, frozen=True, extra="forbid"):
    """Settings of `bvi_dvc/full_features`; the tier is the partition."""

    bvi_zip: str | None = pydantic.Field(
        None,
        description=f"The corpus as one zip archive. Default: ${ZIP_VARIABLE}, else "
        f"the folder of ${FOLDER_VARIABLE}.",
    )
    bvi_dir: str | None = pydantic.Field(
        None, description="The corpus as a folder of videos, instead of bvi_zip."
    )
    crf: int = pydantic.Field(
        bvi_dvc.DEFAULT_CRF, ge=0, le=51, description="CRF of the distorted side."
    )
    preset: Preset = pydantic.Field(
        bvi_dvc.DEFAULT_PRESET, description="x264 preset of the distorted side."
    )
    codec: str = pydantic.Field(
        bvi_dvc.DEFAULT_CODEC, min_length=1, description="Label for the column codec."
    )
    max_clips: int | None = pydantic.Field(
        None, ge=1, description="Score only the first clips of the tier in key order. Default: all."
    )
    feature_set: FeatureChoice = pydantic.Field(
        FULL.name, description=f"{', '.join(NAMED_SETS)}, or a list of features."
    )

    @pydantic.model_validator(mode="after")
    def _one_corpus(self) -> Self:
        if self.bvi_zip and self.bvi_dir:
            raise ValueError("bvi_zip and bvi_dir are both set; set the one to use")
        return self


class CorpusRowsSettings(pydantic.BaseModel, frozen=True, extra="forbid"):
    """Settings of `bvi_dvc/corpus_rows`; the labels say what encode the reports are about."""

    cache_dir: str | None = pydantic.Field(
        None,
        description="Folder of reports, ours or other tools'. "
        "Default: that of bvi_dvc/full_features.",
    )
    output: str | None = pydantic.Field(None, description="The table to write, JSON lines.")
    manifest_out: str | None = pydantic.Field(
        None, description="The manifest to write. Default: <stem>.manifest.json beside the table."
    )
    encoder: str = pydantic.Field("libx264", min_length=1, description="Label: the encoder.")
    preset: str = pydantic.Field(
        bvi_dvc.DEFAULT_PRESET, min_length=1, description="Label: the encoder's preset."
    )
    crf: int = pydantic.Field(bvi_dvc.DEFAULT_CRF, ge=0, le=63, description="Label: the CRF.")
    pix_fmt: str = pydantic.Field(
        bvi_dvc.PIXEL_FORMAT, min_length=1, description="Label: the encode's pixel format."
    )


class SharedSettings(pydantic.BaseModel, frozen=True, extra="forbid"):
    """What several assets share; the Dagster resources carry it."""

    ffmpeg: str | None = None
    vmaf_bin: str | None = None
    model: str | None = None
    accelerate: Accelerate | None = None
    workers: int | None = pydantic.Field(None, ge=1)
    memory_gib: float | None = pydantic.Field(None, gt=0, allow_inf_nan=False)
    dask_address: str | None = None
    output_dir: str | None = None
    cache_dir: str | None = None


def validated(model: type[Settings], given: Mapping[str, Any]) -> Settings:
    """Return settings from values by name; those that are None keep their default.

    Raises SettingError naming the first field that is wrong, its value and what is allowed.
    """
    for name, value in given.items():
        if isinstance(value, str) and "\0" in value:
            raise SettingError(name, value, "no setting holds a NUL")
    try:
        return model(**{name: value for name, value in given.items() if value is not None})
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        message = str(first["msg"]).removeprefix("Value error, ")
        if not first["loc"]:
            raise SetupError(message) from error
        field = ".".join(map(str, first["loc"]))
        allowed = message.replace("Input should be", "it should be")
        raise SettingError(field, first["input"], allowed) from error
