"""From a report in the cache folder to its corpus row."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from corpus_assets.corpora.bvi_dvc import format_of
from corpus_assets.errors import ClipError
from corpus_assets.files import sha256_of_bytes
from corpus_assets.libvmaf.features import CANONICAL6, TEACHER
from corpus_assets.libvmaf.model import DEFAULT_MODEL
from corpus_assets.tables.corpus_row import CorpusRow

if TYPE_CHECKING:
    from corpus_assets.extraction.entry import EntryHeader, ModelRecord
    from corpus_assets.extraction.kept_report import KeptReport

MADE_OF: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("src", "width", "height", "framerate"), ("key",)),
    **dict.fromkeys(("duration_s", "bitrate_kbps"), ("key", "frame_index")),
    "vmaf_score": (TEACHER,),
    **{
        f"{feature}_{statistic}": (feature,)
        for statistic in ("mean", "std")
        for feature in CANONICAL6.columns
    },
}
"""By column: the columns of the table of the same reports' frames that it depends on."""


@dataclass(frozen=True, slots=True)
class Labels:
    """What the user says of the encode that all reports are about."""

    encoder: str
    preset: str
    crf: int
    pix_fmt: str


def source_name(key: str) -> str:
    """Return what rows call a clip, `src`."""
    return f"bvi-dvc:{key}"


def row_of(report: KeptReport, labels: Labels, timestamp: str) -> CorpusRow:
    """Return the row of a report.

    Raises ClipError when the report says itself that it is of another clip, or of another encode:
    its row would carry a false key for de-duplication.
    """
    header, summary = report.header, report.summary
    clip = format_of(report.key)
    duration = summary.frames / clip.frame_rate if clip.frame_rate else 0.0
    if header is not None:
        _check_name(header, report.key)
        _check_encode(header, labels)
    return CorpusRow(
        run_id=secrets.token_hex(16),
        timestamp=timestamp,
        src=source_name(report.key),
        src_sha256=header.sources[0].sha256 if header else sha256_of_bytes(report.key.encode()),
        width=clip.width,
        height=clip.height,
        pix_fmt=labels.pix_fmt,
        framerate=clip.frame_rate,
        duration_s=duration,
        encoder=labels.encoder,
        preset=labels.preset,
        crf=labels.crf,
        vmaf_score=summary.vmaf,
        exit_status=0,
        **_origin(header, duration, summary.version),
        **{f"{name}_mean": value for name, value in summary.means.items()},
        **{f"{name}_std": value for name, value in summary.deviations.items()},
    )


def _check_name(header: EntryHeader, key: str) -> None:
    clip = PurePosixPath(header.sources[0].name).stem
    if clip != key:
        raise ClipError("accept", f"it is our entry of {clip}, under another name; delete it")


def _check_encode(header: EntryHeader, labels: Labels) -> None:
    """Hold what an entry was made with against the labels."""
    encode = header.encode
    if encode is None:
        raise ClipError("accept", "its distorted side was a file, not an encode of the clip")
    if (encode.encoder, encode.preset, encode.crf, encode.pix_fmt) != (
        labels.encoder,
        labels.preset,
        labels.crf,
        labels.pix_fmt,
    ):
        raise ClipError(
            "accept",
            f"it was made with {encode}, the labels say {labels.encoder} {labels.preset} "
            f"crf {labels.crf} {labels.pix_fmt}; set them alike",
        )


def _origin(header: EntryHeader | None, duration: float, version: str) -> dict[str, Any]:
    """Return what only our own entries say of how they came to be."""
    if header is None:
        return {
            "encode_size_bytes": 0,
            "bitrate_kbps": 0.0,
            "vmaf_model": DEFAULT_MODEL,
            "ffmpeg_version": "",
            "vmaf_binary_version": version,
        }
    size = header.encoded_bytes or 0
    return {
        "encode_size_bytes": size,
        "bitrate_kbps": size * 8 / 1000 / duration if duration else 0.0,
        "vmaf_model": _model(header.model),
        "ffmpeg_version": header.engine.ffmpeg_version,
        "vmaf_binary_version": header.engine.libvmaf_version,
    }


def _model(model: ModelRecord) -> str:
    """Return a built-in model's name; a file's with its digest, for two may share a name."""
    return f"{model.name} sha256:{model.sha256}" if model.sha256 else model.name
