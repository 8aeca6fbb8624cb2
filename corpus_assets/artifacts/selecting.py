"""Settings that every scored asset takes: which clips, and which symbolic links lead to them."""

from __future__ import annotations

from typing import Annotated, Self

import pydantic

from corpus_assets.corpora.listing import Links
from corpus_assets.corpora.selection import Selection


def _no_empty_text(texts: list[str]) -> list[str]:
    """Refuse empty entries: as a folder, one would be the current folder."""
    if not all(texts):
        raise ValueError("it takes a list of texts, none of them empty")
    return texts


Texts = Annotated[list[str], pydantic.AfterValidator(_no_empty_text)]
"""Dagster takes lists of plain texts only, so that the rule stands beside the type."""


class SelectionSettings(pydantic.BaseModel, frozen=True, extra="forbid"):
    """Settings that say which clips are found and selected."""

    include: Texts = pydantic.Field(
        [], description="Score only clips whose key matches one of these globs. Default: all."
    )
    exclude: Texts = pydantic.Field(
        [], description="Leave out clips whose key matches one of these globs."
    )
    follow_symlinks: bool = pydantic.Field(
        False,
        description="Follow symbolic links out of the corpus folder, to files below symlink_roots.",
    )
    symlink_roots: Texts = pydantic.Field(
        [], description="Folders that followed links may lead into, such as a DVC cache."
    )

    @pydantic.model_validator(mode="after")
    def _roots_to_follow_into(self) -> Self:
        if self.follow_symlinks and not self.symlink_roots:
            raise ValueError(
                "follow_symlinks: True is not allowed without symlink_roots; set symlink_roots to "
                "the folders that links may lead into, such as the DVC cache"
            )
        return self

    @property
    def links(self) -> Links:
        """Which links are followed. Raises SettingError."""
        return Links.of(self.follow_symlinks, self.symlink_roots)

    def selection(self, limit: int | None, limit_name: str) -> Selection:
        """Return which clips are selected; what limits their number has another name by corpus."""
        return Selection(tuple(self.include), tuple(self.exclude), limit, limit_name)
