"""The vmaf-tune corpus row, schema version 3: one encode of one clip, as trainers read it.

All 54 keys stand in every row. What is not known is said: "" for text, 0 for counts, sizes and
times, `NaN` for a mean or deviation of a feature (trainers drop such rows; 0 would poison them).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

import pyarrow as pa
import pydantic

from corpus_assets.libvmaf.features import CANONICAL6, TEACHER, Feature
from corpus_assets.libvmaf.ranges import RANGES, Range
from corpus_assets.tables.schema import Column, TableSpec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROW_SCHEMA_VERSION = 3
VOLATILE = ("run_id", "timestamp")
"""Keys that differ from run to run."""

STATISTICS = {
    "vmaf_score": RANGES[TEACHER],
    **{f"{name}_mean": RANGES[name] for name in CANONICAL6.columns},
    **{f"{name}_std": Range(0) for name in CANONICAL6.columns},
}
"""The range of every number that is computed from the frames."""
ENDED_WELL = 0
"""The `exit_status` of a row whose numbers count: of an encode that failed there is no score."""

INT64_BITS = 64
NOT_KNOWN = "; NaN where it is not known"
ARROW_TYPES = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}


def _about(text: str, **rules: Any) -> Any:  # noqa: ANN401 (a field stands where a value may)
    return pydantic.Field(description=text, **rules)


def _not_infinite(value: float) -> float:
    if math.isinf(value):
        raise ValueError("infinite")
    return value


def _not_too_long(value: int) -> int:
    if value.bit_length() >= INT64_BITS:
        raise ValueError("too large")
    return value


Whole = Annotated[int, pydantic.AfterValidator(_not_too_long)]
Size = Annotated[int, pydantic.Field(ge=0), pydantic.AfterValidator(_not_too_long)]
Amount = Annotated[float, pydantic.Field(ge=0, allow_inf_nan=False)]
NoText = Annotated[str, _about("not recorded here: empty")]
NoSize = Annotated[
    int, _about("not measured here: 0", ge=0), pydantic.AfterValidator(_not_too_long)
]
NoAmount = Annotated[float, _about("not measured here: 0", ge=0, allow_inf_nan=False)]
Statistic = Annotated[float, pydantic.AfterValidator(_not_infinite)]


def _mean(feature: Feature) -> Any:  # noqa: ANN401
    return _about(f"mean of {feature.column} over the frames; {feature.unit}{NOT_KNOWN}")


def _deviation(feature: Feature) -> Any:  # noqa: ANN401
    return _about(
        f"population standard deviation of {feature.column} over the frames; its unit{NOT_KNOWN}"
    )


ADM2, VIF0, VIF1, VIF2, VIF3, MOTION2 = CANONICAL6.features


class CorpusRow(
    pydantic.BaseModel,
    frozen=True,
    extra="forbid",
    json_schema_serialization_defaults_required=True,
):
    """One clip, encoded once and scored."""

    schema_version: Literal[3] = 3
    run_id: str = _about("new for every row", pattern="^[0-9a-f]{32}$")
    timestamp: str = _about("when the row was written, ISO 8601, UTC")
    src: str = _about("`bvi-dvc:` and the clip's key")
    src_sha256: str = _about(
        "SHA-256 of the clip; of the key's text where the content is not known",
        pattern="^[0-9a-f]{64}$",
    )
    width: Size = _about("width of a frame; pixels, 0 where the key does not say")
    height: Size = _about("height of a frame; pixels, 0 where the key does not say")
    pix_fmt: str = _about("pixel format of the encode")
    framerate: Amount = _about("frames a second; 0 where the key does not say")
    duration_s: Amount = _about(
        "frames divided by the frame rate; seconds, 0 where that is not known"
    )
    encoder: str = _about("name of the encoder")
    encoder_version: NoText = ""
    preset: str = _about("preset of the encoder")
    crf: Size = _about("CRF of the encode; no unit, 0 to 63, lower is closer")
    extra_params: NoText = ""
    encode_path: NoText = ""
    encode_size_bytes: Size = _about("size of the encode; bytes, 0 where not recorded")
    bitrate_kbps: Amount = _about("bit rate of the encode; kilobits a second, 0 where not known")
    encode_time_ms: NoAmount = 0.0
    vmaf_score: float = _about(
        "mean teacher score over the frames; no unit, 0 to 100", allow_inf_nan=False
    )
    vmaf_model: str = _about("model of the teacher score")
    score_time_ms: NoAmount = 0.0
    ffmpeg_version: str = _about("ffmpeg that encoded, empty where not recorded")
    vmaf_binary_version: str = _about("libvmaf that scored, empty where not recorded")
    exit_status: Whole = _about("0: encode and score ended well")
    clip_mode: Literal["full"] = "full"
    hdr_transfer: NoText = ""
    hdr_primaries: NoText = ""
    hdr_forced: bool = False
    shot_count: NoSize = 0
    shot_avg_duration_sec: NoAmount = 0.0
    shot_duration_std_sec: NoAmount = 0.0
    adm2_mean: Statistic = _mean(ADM2)
    vif_scale0_mean: Statistic = _mean(VIF0)
    vif_scale1_mean: Statistic = _mean(VIF1)
    vif_scale2_mean: Statistic = _mean(VIF2)
    vif_scale3_mean: Statistic = _mean(VIF3)
    motion2_mean: Statistic = _mean(MOTION2)
    adm2_std: Statistic = _deviation(ADM2)
    vif_scale0_std: Statistic = _deviation(VIF0)
    vif_scale1_std: Statistic = _deviation(VIF1)
    vif_scale2_std: Statistic = _deviation(VIF2)
    vif_scale3_std: Statistic = _deviation(VIF3)
    motion2_std: Statistic = _deviation(MOTION2)
    enc_internal_qp_mean: NoAmount = 0.0
    enc_internal_qp_std: NoAmount = 0.0
    enc_internal_bits_mean: NoAmount = 0.0
    enc_internal_bits_std: NoAmount = 0.0
    enc_internal_mv_mean: NoAmount = 0.0
    enc_internal_mv_std: NoAmount = 0.0
    enc_internal_itex_mean: NoAmount = 0.0
    enc_internal_ptex_mean: NoAmount = 0.0
    enc_internal_intra_ratio: NoAmount = 0.0
    enc_internal_skip_ratio: NoAmount = 0.0


def _columns() -> tuple[Column, ...]:
    """Return the keys as columns, with types and descriptions."""
    return tuple(
        Column(name, _arrow_type(field.annotation), field.description or f"always {field.default}")
        for name, field in CorpusRow.model_fields.items()
    )


def _arrow_type(annotation: Any) -> pa.DataType:  # noqa: ANN401 (a type expression)
    """Return a field's type; a literal has that of its value."""
    return ARROW_TYPES[type(get_args(annotation)[0]) if get_args(annotation) else annotation]


CORPUS_ROWS = TableSpec(_columns())
"""`bvi_dvc_corpus.jsonl`, one row per cached report."""


def out_of_range(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the keys of a row whose numbers cannot be, with what they must be.

    A number that is not known (NaN) can be anything.
    """
    for name, allowed in STATISTICS.items():
        if not math.isnan(row[name]) and row[name] not in allowed:
            yield name, str(allowed)
    if row["exit_status"] != ENDED_WELL:
        yield "exit_status", f"{ENDED_WELL}, so that encode or score failed"
