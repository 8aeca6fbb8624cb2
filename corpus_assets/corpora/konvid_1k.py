"""KoNViD-1k: natural clips in mp4, each its own reference.

Hosu et al., "The Konstanz natural video database (KoNViD-1k)", QoMEX 2017.

    <root>/KoNViD_1k_videos/<stem>.mp4      key: KoNViD_1k_videos_<stem>

The distorted side is made by encoding the clip.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from corpus_assets.corpora.clip import Clip, ContainerVideo, Discovery, Encode, Skipped
from corpus_assets.corpora.file_source import FileSource
from corpus_assets.corpora.listing import (
    NO_LINKS,
    Links,
    check_inside,
    examples,
    reasons_to_skip,
    shown,
)
from corpus_assets.corpora.selection import EVERYTHING, Selection
from corpus_assets.errors import EmptyCorpusError, RootError

if TYPE_CHECKING:
    from pathlib import Path

VIDEOS_FOLDER = "KoNViD_1k_videos"
SUFFIX = ".mp4"
DEMUXER = "mov"
STEM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,150}")
STEM_GRAMMAR = (
    "name does not start with a letter or digit, or has others than letters, digits, '.', '_' and "
    "'-', or is longer than 151; rename it"
)
PIXEL_FORMAT = "yuv420p"
DEFAULT_CRF = 35
DEFAULT_CODEC = "x264"
"""A label: it changes no encode."""


def recipe(crf: int) -> Encode:
    """Return the encode that makes the distorted side."""
    return Encode(encoder="libx264", preset="veryfast", crf=crf, pixel_format=PIXEL_FORMAT)


def discover(
    root: Path,
    crf: int,
    selection: Selection = EVERYTHING,
    links: Links = NO_LINKS,
    *,
    codec: str = DEFAULT_CODEC,
) -> Discovery:
    """Find the clips under a root, in key order, labelled with a codec.

    Everything in the videos folder is either a clip or skipped with a reason. Raises RootError
    when the root or its videos folder is missing, EmptyCorpusError when no clip is left.
    """
    folder = _videos_folder(root, links)
    files = reasons_to_skip(folder, links)
    names = {name: _reason_by_name(name) or reason for name, reason in files.items()}
    skipped = [Skipped(shown(name), reason) for name, reason in names.items() if reason]
    wanted = dict(sorted((_key(name), name) for name in names if not names[name]))
    if not wanted:
        found = "; ".join([f"{len(names)} entries", *examples(skipped)])
        raise EmptyCorpusError(
            f"no clip in {folder}: none is a regular *{SUFFIX} file with a plain name ({found}); "
            f"konvid_root must be the folder that holds {VIDEOS_FOLDER}/"
        )
    selected, left_out = selection.split(wanted)
    encode = recipe(crf)
    clips = tuple(_clip(root, key, wanted[key], encode, codec) for key in selected)
    return Discovery(clips, tuple(sorted([*skipped, *left_out], key=lambda skip: skip.name)))


def _videos_folder(root: Path, links: Links) -> Path:
    if not root.is_dir():
        raise RootError(
            f"konvid_root: {root} is not a folder; set konvid_root or VMAF_KONVID_1K_DIR to the "
            f"folder that holds {VIDEOS_FOLDER}/"
        )
    folder = root / VIDEOS_FOLDER
    if not folder.is_dir():
        raise RootError(
            f"konvid_root: {root} has no folder {VIDEOS_FOLDER}/; set konvid_root or "
            "VMAF_KONVID_1K_DIR to the folder that holds it"
        )
    check_inside(folder, root, links)
    return folder


def _reason_by_name(name: str) -> str:
    """Say why a name is no clip's; empty when it is one."""
    if not name.endswith(SUFFIX):
        return f"not named *{SUFFIX}"
    if not STEM.fullmatch(name.removesuffix(SUFFIX)):
        return STEM_GRAMMAR
    return ""


def _key(name: str) -> str:
    return f"{VIDEOS_FOLDER}_{name.removesuffix(SUFFIX)}"


def _clip(root: Path, key: str, name: str, encode: Encode, codec: str) -> Clip:
    source = FileSource(str(root), f"{VIDEOS_FOLDER}/{name}")
    return Clip(
        key=key,
        reference=ContainerVideo(source, DEMUXER),
        distorted=encode,
        pixel_format=PIXEL_FORMAT,
        labels={"key": key, "codec": codec},
    )
