"""Which of the clips that were found are scored: by globs over their keys, and by number."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from corpus_assets.corpora.clip import Skipped
from corpus_assets.corpora.texts import bounded
from corpus_assets.errors import EmptyCorpusError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KEYS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Selection:
    """Globs that a key must match one of, globs that it must match none of, and how many at most.

    No `include` takes every key. Globs are those of `fnmatch`, over the whole key, and upper and
    lower case differ. `limit_name` is the setting that the limit comes from. With `keys`, exactly
    these are selected, whatever the rest says.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    limit: int | None = None
    limit_name: str = "max_clips"
    keys: frozenset[str] | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """The values by the settings' names."""
        return {
            "exclude": list(self.exclude),
            "include": list(self.include),
            self.limit_name: self.limit,
        }

    def split(self, names: Mapping[str, str]) -> tuple[list[str], list[Skipped]]:
        """Return the keys that are selected, in the order given, and what is left out.

        `names` has every key with the name under which it is listed when it is left out. Raises
        EmptyCorpusError when no key is left.
        """
        reasons = {key: self.reason_against(key) for key in names}
        matching = [key for key, reason in reasons.items() if not reason]
        if not matching:
            raise EmptyCorpusError(self._nothing_left(list(names)))
        selected = matching if self.keys is not None else matching[: self.limit]
        reasons |= dict.fromkeys(matching[len(selected) :], f"beyond {self.limit_name}")
        return selected, [Skipped(names[key], reason) for key, reason in reasons.items() if reason]

    def reason_against(self, key: str) -> str:
        """Say why a key is left out, its number aside; empty when it is not."""
        if self.keys is not None:
            return "" if key in self.keys else "not one of the clips wanted"
        if self.include and not any(fnmatchcase(key, glob) for glob in self.include):
            return "not included"
        return next((f"excluded by {glob}" for glob in self.exclude if fnmatchcase(key, glob)), "")

    def _nothing_left(self, keys: Sequence[str]) -> str:
        settings = {"include": self.include, "exclude": self.exclude}
        globs = ", ".join(f"{name} {list(globs)}" for name, globs in settings.items() if globs)
        return (
            f"none of the {len(keys)} clips is left: {globs}; globs are over the whole key, and "
            f"keys are {', '.join(bounded(keys, KEYS_SHOWN))}"
        )


EVERYTHING = Selection()
"""Leaves nothing out."""
