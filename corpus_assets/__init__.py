"""Training tables for VMAF-like quality models as Dagster assets, with evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    import pandas as pd

__version__ = "0.1.0"
__all__ = ["__version__", "load"]
Kind = TypeVar("Kind")


@overload
def load(
    asset: str,
    *,
    partitions: str | Sequence[str] = ...,
    output_dir: str | os.PathLike[str] | None = ...,
) -> pd.DataFrame: ...


@overload
def load(
    asset: str,
    kind: type[Kind],
    *,
    partitions: str | Sequence[str] = ...,
    output_dir: str | os.PathLike[str] | None = ...,
) -> Kind: ...


def load(
    asset: str,
    kind: type[Any] | None = None,
    *,
    partitions: str | Sequence[str] = (),
    output_dir: str | os.PathLike[str] | None = None,
) -> Any:
    """Load the table of an asset, as in `load("konvid_1k/vmaf_pairs")`.

    `kind` is pandas.DataFrame (the default), pyarrow.Table or pyarrow.dataset.Dataset. Of an asset
    in parts, `partitions` names those to load, one after the other; by default all that are there.
    `output_dir` is the folder of artifacts, by default $CORPUS_ASSETS_OUTPUT_DIR, else `runs`.

    Raises errors.MissingTableError when the asset has not been materialized there, errors.DataError
    when a table does not match its manifest, errors.SettingError for an argument that is not
    allowed. A dataset is held against its manifest here, and its rows are read when it is used.
    """
    from corpus_assets.artifacts.loading import load as loaded  # noqa: PLC0415 (imports pyarrow)

    return loaded(asset, kind, partitions, output_dir)
