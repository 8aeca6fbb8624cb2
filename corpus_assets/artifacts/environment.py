"""How a value is found: run config, resource config, environment, default, in this order.

The environment is read when a run starts, never at import.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import platformdirs

from corpus_assets.artifacts.settings import EMBEDDED, SharedSettings
from corpus_assets.corpora import bvi_dvc
from corpus_assets.corpora.bvi_dvc import FOLDER_VARIABLE, ZIP_VARIABLE
from corpus_assets.corpora.konvid_1k import VIDEOS_FOLDER
from corpus_assets.corpora.listing import NO_LINKS, Links
from corpus_assets.corpora.netflix_public import DISTORTED, REFERENCES
from corpus_assets.corpora.netflix_public import VARIABLE as NETFLIX_VARIABLE
from corpus_assets.errors import SettingError, UnsetRootError
from corpus_assets.extraction.workers import available_processors
from corpus_assets.libvmaf.acceleration import Accelerate
from corpus_assets.libvmaf.model import DEFAULT_MODEL

if TYPE_CHECKING:
    from collections.abc import Mapping

ACCELERATE_VARIABLE = "CORPUS_ASSETS_ACCELERATE"
ACCELERATE: tuple[Accelerate, ...] = get_args(Accelerate)
DASK_VARIABLE = "CORPUS_ASSETS_DASK_ADDRESS"
BVI_CACHE_VARIABLE = "VMAF_TINY_AI_CACHE_BVI_DVC_FULL"
"""Set by other tools too: their reports and ours share the folder."""


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

    def corpus_cache_dir(self, setting: str | None, shared: SharedSettings, corpus: str) -> Path:
        """Return the folder of a corpus' reports."""
        return absolute(setting or self.cache_dir(shared) / corpus)

    def model(self, setting: str | None, shared: SharedSettings) -> str:
        """Return the model, by name or path."""
        return setting or shared.model or self.get("VMAF_MODEL_PATH") or DEFAULT_MODEL

    def accelerate(self, setting: str | None, shared: SharedSettings) -> Accelerate:
        """Return whether kernels compute beside libvmaf. Raises SettingError."""
        chosen, name = setting or shared.accelerate, "accelerate"
        if chosen is None:
            chosen, name = self.get(ACCELERATE_VARIABLE) or "auto", ACCELERATE_VARIABLE
        if chosen not in ACCELERATE:
            raise SettingError(name, chosen, f"it takes {', '.join(ACCELERATE)}")
        return chosen

    def ffmpeg(self, shared: SharedSettings) -> str | None:
        """Return the ffmpeg to use instead of the embedded one."""
        chosen = shared.ffmpeg or self.get("CORPUS_ASSETS_FFMPEG")
        return None if chosen == EMBEDDED else chosen

    def vmaf_bin(self, setting: str | None, shared: SharedSettings) -> str | None:
        """Return the user's own vmaf tool."""
        chosen = setting or shared.vmaf_bin or self.get("VMAF_BIN")
        return None if chosen == EMBEDDED else chosen

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

    def dask_address(self, shared: SharedSettings) -> str | None:
        """Return the address of a Dask scheduler; None for threads of this process."""
        return shared.dask_address or self.get(DASK_VARIABLE)

    def netflix_root(self, setting: str | None) -> Path:
        """Return the root of Netflix Public. Raises UnsetRootError."""
        chosen = setting or self.get(NETFLIX_VARIABLE)
        if chosen is None:
            raise UnsetRootError(
                f"data_root is not set: set it, or {NETFLIX_VARIABLE}, to the folder that holds "
                f"{REFERENCES}/ and {DISTORTED}/"
            )
        return absolute(chosen)

    def bvi_cache_dir(self, setting: str | None, shared: SharedSettings) -> Path:
        """Return the folder of BVI-DVC's reports."""
        if setting is None and shared.cache_dir is None and (own := self.get(BVI_CACHE_VARIABLE)):
            return absolute(own)
        return self.corpus_cache_dir(setting, shared, bvi_dvc.CORPUS)

    def bvi_inventory(
        self, bvi_zip: str | None, bvi_dir: str | None, links: Links = NO_LINKS
    ) -> bvi_dvc.Inventory:
        """Look into BVI-DVC's archive, or its folder and where its links lead. Raises RootError."""
        if not (bvi_zip or bvi_dir):
            bvi_zip, bvi_dir = self.get(ZIP_VARIABLE), self.get(FOLDER_VARIABLE)
        if bvi_zip:
            return bvi_dvc.look_in_zip(absolute(bvi_zip))
        if bvi_dir:
            return bvi_dvc.look_in_folder(absolute(bvi_dir), links)
        raise UnsetRootError(
            f"bvi_zip and bvi_dir are not set: set bvi_zip, or {ZIP_VARIABLE}, to the archive, or "
            f"bvi_dir, or {FOLDER_VARIABLE}, to the folder with the videos"
        )

    def konvid_root(self, setting: str | None) -> Path:
        """Return the root of KoNViD-1k. Raises UnsetRootError."""
        data_root = self.get("VMAF_DATA_ROOT")
        chosen = setting or self.get("VMAF_KONVID_1K_DIR")
        if chosen is None and data_root is not None:
            chosen = str(Path(data_root, "konvid-1k"))
        if chosen is None:
            raise UnsetRootError(
                "konvid_root is not set: set it, or VMAF_KONVID_1K_DIR, to the folder that holds "
                f"{VIDEOS_FOLDER}/ (or VMAF_DATA_ROOT to the folder that holds konvid-1k/)"
            )
        return absolute(chosen)


def absolute(path: str | Path) -> Path:
    """Return a path that means the same from every folder; symbolic links stay."""
    return Path(path).expanduser().absolute()
