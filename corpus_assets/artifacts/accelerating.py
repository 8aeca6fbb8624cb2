"""What is said of kernels: by a run before its first clip, and of the table that it has made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corpus_assets.kernels.frame_metrics import COLUMNS
from corpus_assets.libvmaf.acceleration import INSTALL
from corpus_assets.libvmaf.engine import LARGE

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from corpus_assets.libvmaf.acceleration import Accelerate
    from corpus_assets.libvmaf.engine import Engine
    from corpus_assets.manifests.computed import CheckPart
    from corpus_assets.manifests.scored import ScoredManifest

TURNED_OFF = "OFF for this run"
"""How the line begins where kernels were given up, which is worth a warning."""
BY_OTHERS = (
    "they are cached, but some columns were computed by libvmaf and would be by these kernels now, "
    "or the reverse; accelerate says which"
)
"""Why clips are scored again whose reports lie in the cache."""
ONLY_IN_FFMPEG = "off: kernels work with libvmaf inside ffmpeg, not with a vmaf tool"


def missed_columns(engine: Engine, setting: Accelerate) -> tuple[str, ...]:
    """Return the columns of large frames that kernels would compute if Numba were installed.

    Raises EngineError.
    """
    if setting != "auto" or engine.acceleration or engine.program.kind != "ffmpeg":
        return ()
    return tuple(sorted(engine.planned(*LARGE, accelerated=True).kernels))


def not_installed(missed: Collection[str]) -> str:
    """Say how to get the kernels, and what for."""
    return f"not installed: {INSTALL}; would compute {', '.join(missed)} several times faster"


def acceleration_line(manifest: ScoredManifest, missed: Collection[str]) -> str:
    """Say who computed the columns that kernels can compute; "" of a table without such columns."""
    part = manifest.acceleration
    if part is None or not set(COLUMNS) & set(manifest.features):
        return ""
    if said := next((check for check in part.checks if check.refusal), None):
        where = f"on the first frames of {said.clip}"
        return f"{TURNED_OFF}, because {said.refusal} ({where}); libvmaf computed what was new"
    if part.setting == "off":
        return "off"
    if missed:
        return not_installed(missed)
    return _computed(manifest, part.checks)


def _computed(manifest: ScoredManifest, checks: Sequence[CheckPart]) -> str:
    parts = [one for one in manifest.computed_by if one.by == "kernels"]
    if not parts:
        by_ffmpeg = manifest.engine.kind == "ffmpeg"
        return "kernels computed no column of these clips" if by_ffmpeg else ONLY_IN_FFMPEG
    columns = ", ".join(one.column for one in parts)
    return f"kernels {parts[0].version} computed {columns}, {_checked(checks)}"


def _checked(checks: Sequence[CheckPart]) -> str:
    """Say how far kernels were from libvmaf; whoever scores with them has checked them."""
    if not checks:
        return "all of it from the cache"
    largest = max(check.largest_difference for check in checks)
    frames, clips = sum(check.frames for check in checks), {check.clip for check in checks}
    where = min(clips) if len(clips) == 1 else f"{len(clips)} clips"
    return f"at most {largest:.1g} from libvmaf on {frames} frames of {where}"
