"""Settings: what an asset takes, and how a value is found.

Precedence: run config, resource config, environment, default. The environment is read when a run
starts, never at import.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import platformdirs
import pydantic

from corpus_assets.corpora.konvid_1k import DEFAULT_CRF, VIDEOS_FOLDER
from corpus_assets.errors import RootError, SettingError
from corpus_assets.extraction.scorer import CachePolicy
from corpus_assets.extraction.workers import available_processors
from corpus_assets.libvmaf.model import DEFAULT_MODEL

if TYPE_CHECKING:
    from collections.abc import Mapping

Settings = TypeVar("Settings", bound=pydantic.BaseModel)


class ScoringSettings(pydantic.BaseModel, frozen=True, extra="forbid"):
    """Settings that every asset which runs libvmaf takes."""

    out: str | None = pydantic.Field(None, description="The table to write.")
    manifest_out: str | None = pydantic.Field(
        None, description="The manifest to write. Default: <stem>.manifest.json beside the table."
    )
    cache_dir: str | None = pydantic.Field(
        None, description="Folder of the per-clip results of this corpus."
    )
    cache_policy: CachePolicy = pydantic.Field(
        "reuse", description="reuse: read and write; refresh: only write; off: neither."
    )
    model: str | None = pydantic.Field(
        None,
        description="Built-in model name or JSON file. "
        f"Default: $VMAF_MODEL_PATH, else {DEFAULT_MODEL}.",
    )
    vmaf_bin: str | None = pydantic.Field(
        None, description="Your own vmaf tool. Not supported yet: leave it unset."
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


class SharedSettings(pydantic.BaseModel, frozen=True, extra="forbid"):
    """What several assets share; the Dagster resources carry it."""

    ffmpeg: str | None = None
    vmaf_bin: str | None = None
    model: str | None = None
    workers: int | None = pydantic.Field(None, ge=1)
    output_dir: str | None = None
    cache_dir: str | None = None


def validated(model: type[Settings], given: Mapping[str, Any]) -> Settings:
    """Return settings from values by name; those that are None keep their default.

    Raises SettingError naming the first field that is wrong, its value and what is allowed.
    """
    try:
        return model(**{name: value for name, value in given.items() if value is not None})
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"]))
        allowed = str(first["msg"]).replace("Input should be", "it should be")
        raise SettingError(field, first["input"], allowed) from error


@dataclass(frozen=True, slots=True)
class Environment:
    """Looks values up: the first one given wins, then variables, then the default."""

    variables: Mapping[str, str]

    def get(self, name: str) -> str | None:
        """Return a variable that is set and not empty."""
        return self.variables.get(name) or None

    def output_dir(self, shared: SharedSettings) -> Path:
        """Return the folder of artifacts."""
        return absolute(shared.output_dir or self.get("CORPUS_ASSETS_OUTPUT_DIR") or "runs")

    def cache_dir(self, shared: SharedSettings) -> Path:
        """Return the folder that holds the corpora's cache folders."""
        default = platformdirs.user_cache_dir("corpus_assets", appauthor=False)
        return absolute(shared.cache_dir or self.get("CORPUS_ASSETS_CACHE_DIR") or default)

    def model(self, setting: str | None, shared: SharedSettings) -> str:
        """Return the model, by name or path."""
        return setting or shared.model or self.get("VMAF_MODEL_PATH") or DEFAULT_MODEL

    def ffmpeg(self, shared: SharedSettings) -> str | None:
        """Return the ffmpeg to use instead of the embedded one."""
        chosen = shared.ffmpeg or self.get("CORPUS_ASSETS_FFMPEG")
        return str(absolute(chosen)) if chosen else None

    def vmaf_bin(self, setting: str | None, shared: SharedSettings) -> str | None:
        """Return the user's own vmaf tool."""
        return setting or shared.vmaf_bin or self.get("VMAF_BIN")

    def workers(self, shared: SharedSettings) -> int:
        """Return how many clips are scored at once. Raises SettingError."""
        if shared.workers:
            return shared.workers
        text = self.get("CORPUS_ASSETS_WORKERS")
        if text is None:
            return available_processors()
        if not text.isascii() or not text.isdigit() or int(text) < 1:
            raise SettingError("CORPUS_ASSETS_WORKERS", text, "it takes a whole number from 1")
        return int(text)

    def konvid_root(self, setting: str | None) -> Path:
        """Return the root of KoNViD-1k. Raises RootError when it is not set."""
        data_root = self.get("VMAF_DATA_ROOT")
        chosen = setting or self.get("VMAF_KONVID_1K_DIR")
        if chosen is None and data_root is not None:
            chosen = str(Path(data_root, "konvid-1k"))
        if chosen is None:
            raise RootError(
                "konvid_root is not set: set it, or VMAF_KONVID_1K_DIR, to the folder that holds "
                f"{VIDEOS_FOLDER}/ (or VMAF_DATA_ROOT to the folder that holds konvid-1k/)"
            )
        return absolute(chosen)


def absolute(path: str | Path) -> Path:
    """Return a path that means the same from every folder; symbolic links stay."""
    return Path(path).expanduser().absolute()
