"""The fingerprint of a clip's numbers: everything they depend on, as one digest."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import orjson

from corpus_assets.corpora.clip import ContainerVideo, Encode
from corpus_assets.files import sha256_of_bytes
from corpus_assets.libvmaf.command import RECIPE_VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corpus_assets.corpora.clip import Clip, Video
    from corpus_assets.libvmaf.engine import Engine


def fingerprint(clip: Clip, content: Sequence[str], engine: Engine) -> str:
    """Return 64 hex digits that differ whenever the clip's numbers may differ.

    `content` holds the SHA-256 of each of `clip.sources`. The features are left out on purpose:
    a report with more features serves a table with fewer, with the same numbers.
    """
    distorted = clip.distorted
    parts = {
        "recipe_version": RECIPE_VERSION,
        "content": list(content),
        "reference": _format(clip.reference),
        "distorted": asdict(distorted) if isinstance(distorted, Encode) else _format(distorted),
        "pixel_format": clip.pixel_format,
        "model": engine.model.identity,
        "engine": engine.identity.fingerprint(encodes=isinstance(distorted, Encode)),
    }
    return sha256_of_bytes(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS))


def _format(video: Video) -> dict[str, Any]:
    """Return how the bytes of a video are read."""
    if isinstance(video, ContainerVideo):
        return {"demuxer": video.demuxer}
    return {"width": video.width, "height": video.height, "pixel_format": video.pixel_format}
