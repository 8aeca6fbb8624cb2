"""Netflix Public: raw pairs, nine references and seventy distorted files.

    <root>/ref/<Source>_<fps>fps.yuv
    <root>/dis/<Source>_<quality>_<height>_<kbps>.yuv      key: the distorted file's stem

Raw files say nothing about themselves. The corpus is 8-bit 4:2:0 at 1920x1080, whatever
`<height>` says (the rung it was encoded at before upscaling); other material needs its geometry
from the user.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from corpus_assets.corpora.clip import Clip, Discovery, RawVideo, Skipped
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
    from collections.abc import Mapping
    from pathlib import Path

REFERENCES, DISTORTED = "ref", "dis"
REFERENCE_NAME = re.compile(
    r"(?P<source>[A-Za-z0-9]{1,100})_(?P<rate>\d{1,4}(\.\d{1,4})?)fps\.yuv", re.ASCII
)
DISTORTED_NAME = re.compile(r"(?P<source>[A-Za-z0-9]{1,100})(_\d{1,8}){3}\.yuv", re.ASCII)
REFERENCE_GRAMMAR = "not named <Source>_<fps>fps.yuv"
DISTORTED_GRAMMAR = "not named <Source>_<quality>_<height>_<kbps>.yuv"
DEFAULT_CODEC = "unknown"
VARIABLE = "VMAF_NETFLIX_CORPUS_DIR"

PixelFormat = Literal["yuv420p", "yuv420p10le"]


@dataclass(frozen=True, slots=True)
class Geometry:
    """Size and sample format of every raw file; `assumed` when the user did not state it."""

    width: int = 1920
    height: int = 1080
    pixel_format: PixelFormat = "yuv420p"
    assumed: bool = True


@dataclass(frozen=True, slots=True)
class _Reference:
    name: str
    rate: Fraction


def discover(
    root: Path,
    geometry: Geometry,
    codec: str = DEFAULT_CODEC,
    selection: Selection = EVERYTHING,
    links: Links = NO_LINKS,
) -> Discovery:
    """Find the pairs under a root, in key order.

    Everything in `ref/` and `dis/` is part of a pair, or skipped with a reason. Raises RootError
    when a folder is missing, EmptyCorpusError when there is no pair, or none is left.
    """
    references, skipped = _references(_folder(root, REFERENCES, links), links)
    wanted, not_pairs = _distorted(_folder(root, DISTORTED, links), references, links)
    skipped += not_pairs
    if not wanted:
        raise EmptyCorpusError(
            f"no pair in {root}: none of the {len(skipped)} entries of {REFERENCES}/ and "
            f"{DISTORTED}/ forms one ({'; '.join(examples(skipped)) or 'they are empty'})"
        )
    pairs = {_key(name): (name, source) for name, source in wanted}
    selected, left_out = selection.split(
        {key: f"{DISTORTED}/{name}" for key, (name, _) in pairs.items()}
    )
    skipped += left_out
    skipped += [
        Skipped(f"{REFERENCES}/{references[source].name}", "reference without a distorted file")
        for source in references.keys() - {source for _, source in wanted}
    ]
    clips = tuple(
        _pair(root, name, references[source], geometry, {"source": source, "codec": codec})
        for name, source in (pairs[key] for key in selected)
    )
    return Discovery(clips, tuple(sorted(skipped, key=lambda skip: skip.name)))


def _folder(root: Path, name: str, links: Links) -> Path:
    if not (root / name).is_dir():
        missing = f"{root} has no folder {name}/" if root.is_dir() else f"{root} is not a folder"
        raise RootError(
            f"data_root: {missing}; set data_root or {VARIABLE} to the folder that holds "
            f"{REFERENCES}/ and {DISTORTED}/"
        )
    check_inside(root / name, root, links)
    return root / name


def _references(folder: Path, links: Links) -> tuple[dict[str, _Reference], list[Skipped]]:
    """Return the reference of every source, the first by name where there are several."""
    references: dict[str, _Reference] = {}
    skipped: list[Skipped] = []
    for name, reason in sorted(reasons_to_skip(folder, links).items()):
        found = REFERENCE_NAME.fullmatch(name)
        if reason:
            skipped.append(Skipped(f"{REFERENCES}/{shown(name)}", reason))
        elif not found or not Fraction(found["rate"]):
            skipped.append(Skipped(f"{REFERENCES}/{shown(name)}", REFERENCE_GRAMMAR))
        elif used := references.get(found["source"]):
            second = f"second reference of its source; {used.name} is used"
            skipped.append(Skipped(f"{REFERENCES}/{name}", second))
        else:
            references[found["source"]] = _Reference(name, Fraction(found["rate"]))
    return references, skipped


def _distorted(
    folder: Path, references: Mapping[str, _Reference], links: Links
) -> tuple[list[tuple[str, str]], list[Skipped]]:
    """Return names with their source in key order, and what is no distorted side of a pair."""
    wanted: list[tuple[str, str]] = []
    skipped: list[Skipped] = []
    for name, reason in reasons_to_skip(folder, links).items():
        found = DISTORTED_NAME.fullmatch(name)
        if reason or not found:
            skipped.append(Skipped(f"{DISTORTED}/{shown(name)}", reason or DISTORTED_GRAMMAR))
        elif found["source"] not in references:
            orphan = f"orphan: there is no reference {REFERENCES}/{found['source']}_<fps>fps.yuv"
            skipped.append(Skipped(f"{DISTORTED}/{name}", orphan))
        else:
            wanted.append((name, found["source"]))
    return sorted(wanted, key=lambda pair: _key(pair[0])), skipped


def _key(name: str) -> str:
    return name.removesuffix(".yuv")


def _pair(
    root: Path, name: str, reference: _Reference, geometry: Geometry, labels: Mapping[str, str]
) -> Clip:
    def video(folder: str, file: str) -> RawVideo:
        return RawVideo(
            FileSource(str(root), f"{folder}/{file}"),
            width=geometry.width,
            height=geometry.height,
            pixel_format=geometry.pixel_format,
            frame_rate=reference.rate,
        )

    return Clip(
        key=_key(name),
        reference=video(REFERENCES, reference.name),
        distorted=video(DISTORTED, name),
        pixel_format=geometry.pixel_format,
        labels={**labels, "dis_basename": name},
    )
