"""Settings of the training tables."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Self

import pydantic

from corpus_assets.artifacts.selecting import Texts
from corpus_assets.manifests.splits import Shares

if TYPE_CHECKING:
    from collections.abc import Iterable

NONE = "none"
"""As value of `corpus_rows`: they are left out, whether or not they are there."""


def _labelled(value: object) -> object:
    """Return tables by label; a flag gives each as `label=path`."""
    if not isinstance(value, list | tuple):
        return value
    pairs = [str(one).partition("=") for one in value]
    for label, equals, path in pairs:
        if not (label and equals and path):
            raise ValueError(f"{label}{equals}{path} is not <label>=<path>")
    if twice := _twice(label for label, _, _ in pairs):
        raise ValueError(f"label {twice} is given twice")
    return {label: path for label, _, path in pairs}


def _twice(names: Iterable[str]) -> str | None:
    counts = Counter(names)
    return next((name for name, count in counts.items() if count > 1), None)


def _labels_are_plain(value: dict[str, str] | None) -> dict[str, str] | None:
    """Demand labels whose corpus is plain, and one at least."""
    if value == {}:
        raise ValueError("it names no table")
    for label, path in (value or {}).items():
        corpus, *parts = label.split("/")
        if not corpus or len(parts) > 1 or not label.isprintable():
            raise ValueError(f"label {label!r} is not <corpus> or <corpus>/<part>")
        if not path:
            raise ValueError(f"label {label} has no path")
    return value


Labelled = Annotated[
    dict[str, str] | None,
    pydantic.BeforeValidator(_labelled),
    pydantic.AfterValidator(_labels_are_plain),
]
"""Tables by label; rules stand beside a type that Dagster takes."""


class TrainingSettings(pydantic.BaseModel, frozen=True, extra="forbid"):
    """Settings that all training tables take."""

    manifest_out: str | None = pydantic.Field(
        None, description="The manifest to write. Default: <stem>.manifest.json beside the table."
    )
    splits: bool = pydantic.Field(
        False, description="Write <stem>.splits.json beside the table too. Default: no."
    )
    validation_share: float = pydantic.Field(
        0.1,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="Of splits: sources for validation, 0 to 1.",
    )
    test_share: float = pydantic.Field(
        0.1, ge=0, le=1, allow_inf_nan=False, description="Of splits: sources for test, 0 to 1."
    )

    @pydantic.model_validator(mode="after")
    def _at_most_all(self) -> Self:
        if self.validation_share + self.test_share > 1:
            raise ValueError("validation_share and test_share are more than 1 together")
        return self

    @property
    def shares(self) -> Shares:
        """The shares of the splits, if there are any."""
        return Shares(self.validation_share, self.test_share)


class CombinedSettings(TrainingSettings, frozen=True, extra="forbid"):
    """Settings of `training/full_features`."""

    inputs: Labelled = pydantic.Field(
        None,
        description="Tables to combine, <label>=<path>, where the label is the corpus or "
        "<corpus>/<part>. Default: the tables of all corpora that are in the output folder.",
    )
    out: str | None = pydantic.Field(None, description="The table to write.")


class MergedSettings(TrainingSettings, frozen=True, extra="forbid"):
    """Settings of `training/fr_corpus`."""

    corpus_rows: str | None = pydantic.Field(
        None,
        description="The rows of bvi_dvc/corpus_rows, or `none`. Default: those in the output "
        "folder, if there are any.",
    )
    shards: Texts = pydantic.Field(
        [], description="Corpus rows of other tools, JSON lines, in the order of precedence."
    )
    output: str | None = pydantic.Field(None, description="The table to write, JSON lines.")
