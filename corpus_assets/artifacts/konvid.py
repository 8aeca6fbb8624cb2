"""What the tables of KoNViD-1k have in common: clips against an encode of themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from corpus_assets.artifacts.scored import ScoredRequest
from corpus_assets.artifacts.scoring import Scoring
from corpus_assets.corpora.konvid_1k import DEFAULT_CODEC, VIDEOS_FOLDER, discover, recipe
from corpus_assets.libvmaf.command import RECIPE_VERSION
from corpus_assets.manifests.engine import RecipePart
from corpus_assets.manifests.provenance import InputRecord, input_record
from corpus_assets.manifests.scored import KonvidStats

if TYPE_CHECKING:
    from pathlib import Path

    from corpus_assets.artifacts.environment import Environment
    from corpus_assets.artifacts.scored_table import ScoredTable
    from corpus_assets.artifacts.settings import SharedSettings, VmafPairsSettings
    from corpus_assets.corpora.clip import Discovery

CORPUS = "konvid_1k"
TABLE_VERSION = 1
CODE_VERSION = f"table {TABLE_VERSION}, recipe {RECIPE_VERSION}"


@dataclass(frozen=True, slots=True)
class KonvidRequest(ScoredRequest):
    """Every setting of a run, resolved."""

    crf: int
    codec: str = DEFAULT_CODEC

    @property
    def inputs(self) -> dict[str, InputRecord]:
        """The root and the folder of clips."""
        folders = {"konvid_root": self.root, "videos_dir": self.root / VIDEOS_FOLDER}
        return {name: input_record(folder) for name, folder in folders.items()}

    @property
    def media(self) -> tuple[Path, ...]:
        """The folder of clips."""
        return (self.root / VIDEOS_FOLDER,)

    @property
    def recipe(self) -> RecipePart:
        """The encode of the clip itself."""
        return RecipePart.of(recipe(self.crf))

    def discover(self) -> Discovery:
        """Find the clips. Raises RootError or EmptyCorpusError."""
        links = self.scoring.links
        return discover(self.root, self.crf, self.selection, links, codec=self.codec)

    def said(self, table: ScoredTable) -> dict[str, Any]:
        """Return what the manifests of all tables of KoNViD-1k say, by key."""
        counts = table.counts
        return {
            "crf": self.crf,
            "cache_enabled": self.scoring.cache_policy != "off",
            "failed_clips": tuple(failed.clip.key for failed in table.evidence.failures),
            "stats": KonvidStats(
                clips_selected=counts.selected,
                clips_processed=counts.selected - counts.failed,
                clips_failed=counts.failed,
                frames=table.artifact.rows,
                elapsed_s=table.elapsed_seconds,
            ),
            "recipe": self.recipe,
        }


def resolved(
    settings: VmafPairsSettings, shared: SharedSettings, environment: Environment, table: str
) -> dict[str, Any]:
    """Return the fields that the requests of all tables have. Raises SetupError."""
    return {
        "scoring": Scoring.resolve(
            settings,
            shared,
            environment,
            table=table,
            cache_dir=environment.corpus_cache_dir(settings.cache_dir, shared, CORPUS),
        ),
        "root": environment.konvid_root(settings.konvid_root),
        "selection": settings.selection(settings.max_clips, "max_clips"),
        "crf": settings.crf,
    }
