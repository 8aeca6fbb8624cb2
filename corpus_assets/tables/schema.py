"""Declared tables: one declaration drives the writer, the manifest, Dagster and the docs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from corpus_assets.libvmaf.features import CANONICAL6, TEACHER, FeatureSet

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from corpus_assets.extraction.outcome import Extracted


TYPE_NAMES = {
    pa.string(): "string",
    pa.int64(): "int64",
    pa.float64(): "float64",
    pa.bool_(): "bool",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: name, Arrow type, and what it means, with its unit or range."""

    name: str
    type: pa.DataType
    description: str

    @property
    def type_name(self) -> str:
        """The name of the type in manifests and metadata, whatever a library prints."""
        return TYPE_NAMES[self.type]


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A table: its columns in order. Trainers rely on names, order and types."""

    columns: tuple[Column, ...]

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema; every column may be null."""
        return pa.schema([(column.name, column.type) for column in self.columns])

    def rows_of(self, outcomes: Sequence[Extracted]) -> pa.Table:
        """Return the rows of clips: labels repeated, frames numbered from 0, NaN as null.

        Columns that are unavailable for a clip are null in its rows.
        """
        arrays = [_array(column, outcomes) for column in self.columns]
        return pa.table(arrays, schema=self.schema)


def _array(column: Column, outcomes: Sequence[Extracted]) -> pa.Array:
    """Return a column of the rows of clips; made at once, for an array a clip costs its time."""
    if column.type == pa.string():
        labels = pa.array([one.clip.labels[column.name] for one in outcomes], column.type)
        return labels.take(pa.array(np.repeat(range(len(outcomes)), [o.frames for o in outcomes])))
    if column.name == FRAME_INDEX.name:
        return pa.array(np.concatenate([np.arange(one.frames) for one in outcomes]), column.type)
    values = np.concatenate([_values(column.name, one) for one in outcomes])
    return pa.array(values, column.type, from_pandas=True)


def _values(name: str, outcome: Extracted) -> npt.NDArray[np.float64]:
    if name in outcome.unavailable:
        return np.full(outcome.frames, np.nan)
    return outcome.columns[name]


KEY = Column("key", pa.string(), "clip key, unique in the corpus")
FRAME_INDEX = Column("frame_index", pa.int64(), "number of the frame in its clip; frames, from 0")
VMAF = Column(TEACHER, pa.float64(), "teacher score of the model for this frame; no unit, 0 to 100")


def feature_columns(features: FeatureSet, order: tuple[str, ...] = ()) -> tuple[Column, ...]:
    """Return the columns of a feature set, in its order or another."""
    by_name = {
        feature.column: Column(feature.column, pa.float64(), feature.description)
        for feature in features.features
    }
    return tuple(by_name[name] for name in order or features.columns)


SOURCE = Column("source", pa.string(), "name of the reference, which several pairs share")
DIS_BASENAME = Column("dis_basename", pa.string(), "file name of the distorted side")
CODEC = Column("codec", pa.string(), "label of the codec, as set; it changes no encode")


def netflix_spec(features: FeatureSet) -> TableSpec:
    """Return `full_features_netflix.parquet`, one row per (pair, frame)."""
    return TableSpec((SOURCE, DIS_BASENAME, FRAME_INDEX, CODEC, VMAF, *feature_columns(features)))


def bvi_spec(features: FeatureSet) -> TableSpec:
    """Return `full_features_bvi_dvc_<tier>.parquet`, one row per (clip, frame)."""
    return TableSpec((KEY, FRAME_INDEX, CODEC, *feature_columns(features), VMAF))


def konvid_full_spec(features: FeatureSet) -> TableSpec:
    """Return `full_features_konvid.parquet`, with the columns of BVI-DVC's tables."""
    return bvi_spec(features)


KONVID_PAIRS_ORDER = (
    *("vif_scale0", "vif_scale1", "vif_scale2", "vif_scale3"),
    *("adm2", "motion2"),
)

KONVID_VMAF_PAIRS = TableSpec(
    (KEY, FRAME_INDEX, *feature_columns(CANONICAL6, KONVID_PAIRS_ORDER), VMAF)
)
"""`konvid_vmaf_pairs.parquet`, one row per (clip, frame)."""
