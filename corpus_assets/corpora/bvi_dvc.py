"""BVI-DVC: references at four sizes, ten bit, distributed as one zip archive.

Ma, Zhang and Bull, "BVI-DVC: a training database for deep video compression", IEEE Transactions
on Multimedia 24, 2022.

    <archive>.zip: …/Videos/<name>.mp4      <folder>: <name>.mp4 or .mkv, there or in Videos/
    <name> = <tier A to D><Scene>_<W>x<H>_<fps>fps_<8|10>bit_420      key: <name>

A tier is one size: A 3840x2176, B 1920x1088, C 960x544, D 480x272. The distorted side is made by
encoding.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Literal, get_args

from corpus_assets.corpora.clip import Clip, ContainerVideo, Discovery, Encode, Preset, Skipped
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
from corpus_assets.corpora.zip_directory import DAMAGE, Directory, reason_by_kind
from corpus_assets.corpora.zip_source import UnreadableSource, ZipSource
from corpus_assets.errors import EmptyCorpusError, RootError
from corpus_assets.files import sha256_of_bytes

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Iterable

    from corpus_assets.corpora.clip import Source

CORPUS = "bvi_dvc"
Tier = Literal["A", "B", "C", "D"]
TIERS: tuple[Tier, ...] = get_args(Tier)
VIDEOS_FOLDER = "Videos"
DEMUXERS = {".mp4": "mov", ".mkv": "matroska"}
NAME = re.compile(
    r"[ABCD][A-Za-z0-9-]{1,100}_(?P<width>\d{1,5})x(?P<height>\d{1,5})"
    r"_(?P<rate>\d{1,4}(\.\d{1,4})?)fps_(8|10)bit_420",
    re.ASCII,
)
GRAMMAR = "not named [ABCD]<Scene>_<W>x<H>_<fps>fps_<8|10>bit_420.mp4 or .mkv"
PIXEL_FORMAT = "yuv420p10le"
DEFAULT_PRESET: Preset = "fast"
DEFAULT_CRF = 35
DEFAULT_CODEC = "x264"
ZIP_VARIABLE, FOLDER_VARIABLE = "VMAF_BVI_DVC_ZIP", "VMAF_BVI_DVC_DIR"
ZIP_REMEDY = f"set bvi_zip or {ZIP_VARIABLE} to the archive"
FOLDER_REMEDY = f"set bvi_dir or {FOLDER_VARIABLE} to the folder with the videos"


def recipe(crf: int = DEFAULT_CRF, preset: str = DEFAULT_PRESET) -> Encode:
    """Return the encode that makes the distorted side."""
    return Encode(encoder="libx264", preset=preset, crf=crf, pixel_format=PIXEL_FORMAT)


@dataclass(frozen=True, slots=True)
class KeyFormat:
    """What a key says of its video: pixels, and frames a second; 0 where it says nothing."""

    width: int = 0
    height: int = 0
    frame_rate: float = 0.0


def format_of(key: str) -> KeyFormat:
    """Read a clip's key."""
    match = NAME.fullmatch(key)
    if not match:
        return KeyFormat()
    return KeyFormat(int(match["width"]), int(match["height"]), float(match["rate"]))


def size_of(key: str) -> str:
    """Return a clip's tier and size in words, as far as its key says."""
    clip = format_of(key)
    return f"tier {key[0]}, {clip.width}x{clip.height}" if clip.width else "size not known"


@dataclass(frozen=True, slots=True)
class Named:
    """Something that is named like a clip: its key, where it was found, and its bytes."""

    key: str
    suffix: str
    source: Source


@dataclass(frozen=True, slots=True)
class Inventory:
    r"""What an archive or a folder holds, of all tiers, in key order.

    `directory_sha256` is there for an archive: the SHA-256 of the lines `<crc> <size> <name>\n` of
    all entries, sorted, with the CRC-32 as 8 hex digits and the name as JSON.
    """

    path: Path
    setting: str
    named: tuple[Named, ...]
    skipped: tuple[Skipped, ...]
    directory_sha256: str | None = None

    @property
    def where(self) -> str:
        """The setting and the path, for messages."""
        return f"{self.setting}: {self.path}"

    @property
    def tiers(self) -> tuple[Tier, ...]:
        """The tiers that have clips."""
        return tuple(tier for tier in TIERS if any(_tier_of(one) == tier for one in self.named))

    def without(self, what: str) -> str:
        """Say that there is no clip of something, and what there is."""
        there = ", ".join(self.tiers) or "none"
        others = "; ".join([f"{len(self.skipped)} other entries", *examples(self.skipped)])
        return f"{self.where} has no clip of {what} (tiers with clips: {there}; {others})"

    def selected_tiers(self, selection: Selection) -> tuple[Tier, ...]:
        """Return the tiers of which the globs leave a clip. Raises EmptyCorpusError.

        The limit is one of clips in a tier, so that it leaves none out.
        """
        names = {one.key: one.source.name for one in self.named}
        keys, _ = replace(selection, limit=None).split(names)
        return tuple(tier for tier in TIERS if any(key[0] == tier for key in keys))

    def discover(
        self,
        tier: str,
        encode: Encode,
        codec: str = DEFAULT_CODEC,
        selection: Selection = EVERYTHING,
    ) -> Discovery:
        """Return a tier's clips in key order; found is also what is no clip of any tier.

        Raises EmptyCorpusError when the tier has no clip, or none is left.
        """
        wanted = {one.key: one for one in self.named if _tier_of(one) == tier}
        if not wanted:
            raise EmptyCorpusError(self.without(f"tier {tier}"))
        selected, left_out = selection.split({key: wanted[key].source.name for key in wanted})
        return Discovery(
            tuple(_clip(wanted[key], encode, codec) for key in selected),
            tuple(sorted([*self.skipped, *left_out], key=lambda skip: skip.name)),
        )


def look_in_zip(archive: Path) -> Inventory:
    """Read an archive's directory, and nothing else of it.

    An entry that must not be read, and one whose key another entry has too, is a clip that fails.
    Raises RootError when the archive is missing or has no readable directory.
    """
    try:
        directory = Directory.read(archive)
    except OSError as error:
        reason = error.strerror or str(error)
        raise RootError(f"bvi_zip: {archive} cannot be read: {reason}; {ZIP_REMEDY}") from error
    except DAMAGE as error:
        raise RootError(
            f"bvi_zip: {archive} is no whole zip archive: {error}; {ZIP_REMEDY}"
        ) from error
    files = [entry for entry in directory.entries if not entry.filename.endswith("/")]
    reasons = [(entry, _reason_of_entry(entry)) for entry in files]
    named = [_entry(archive, directory, entry) for entry, reason in reasons if not reason]
    skipped = [Skipped(shown(entry.orig_filename), reason) for entry, reason in reasons if reason]
    return replace(
        _inventory(archive, "bvi_zip", named, skipped),
        directory_sha256=_directory(directory.entries),
    )


def look_in_folder(root: Path, links: Links = NO_LINKS) -> Inventory:
    """List a folder and its `Videos/`. Raises RootError when it is missing."""
    if not root.is_dir():
        raise RootError(f"bvi_dir: {root} is not a folder; {FOLDER_REMEDY}")
    names = reasons_to_skip(root, links)
    if (root / VIDEOS_FOLDER).is_dir():
        check_inside(root / VIDEOS_FOLDER, root, links)
        names.pop(VIDEOS_FOLDER, None)
        inner = reasons_to_skip(root / VIDEOS_FOLDER, links)
        names |= {f"{VIDEOS_FOLDER}/{name}": reason for name, reason in inner.items()}
    reasons = [(name, _reason_by_name(name) or reason) for name, reason in names.items()]
    named = [_named(FileSource(str(root), name)) for name, reason in reasons if not reason]
    skipped = [Skipped(shown(name), reason) for name, reason in reasons if reason]
    return _inventory(root, "bvi_dir", named, skipped)


def _directory(entries: Iterable[zipfile.ZipInfo]) -> str:
    lines = sorted(f"{e.CRC:08x} {e.file_size} {json.dumps(e.filename)}\n" for e in entries)
    return sha256_of_bytes("".join(lines).encode())


def _inventory(
    path: Path, setting: str, named: Iterable[Named], skipped: Iterable[Skipped]
) -> Inventory:
    """Sort by key; what shares a key becomes one clip that fails."""
    by_key: dict[str, list[Named]] = {}
    for one in named:
        by_key.setdefault(one.key, []).append(one)
    clips = [_only(by_key[key]) for key in sorted(by_key)]
    by_name = sorted(skipped, key=lambda skip: skip.name)
    return Inventory(path, setting, tuple(clips), tuple(by_name))


def _only(same: list[Named]) -> Named:
    if len(same) == 1:
        return same[0]
    first = same[0]
    names = ", ".join(one.source.name for one in same)
    reason = f"{len(same)} videos are called {first.key}: {names}; leave one"
    return Named(first.key, first.suffix, UnreadableSource(first.source.name, reason))


def _entry(archive: Path, directory: Directory, entry: zipfile.ZipInfo) -> Named:
    if reason := directory.unreadable(entry):
        return _named(UnreadableSource(entry.filename, f"{entry.filename} {reason}"))
    return _named(ZipSource.of(archive, entry, directory.end_of(entry)))


def _named(source: Source) -> Named:
    path = PurePosixPath(source.name)
    return Named(path.stem, path.suffix, source)


def _reason_of_entry(entry: zipfile.ZipInfo) -> str:
    """Say why an entry is no clip's; empty when it is one."""
    path = PurePosixPath(entry.filename)
    if path.is_absolute() or ".." in path.parts:
        return "a name that leads out of the archive"
    if reason := reason_by_kind(entry):
        return reason
    if path.parent.name != VIDEOS_FOLDER:
        return f"not in a folder {VIDEOS_FOLDER}/"
    return _reason_by_name(entry.filename)


def _reason_by_name(name: str) -> str:
    path = PurePosixPath(name)
    return "" if path.suffix in DEMUXERS and NAME.fullmatch(path.stem) else GRAMMAR


def _tier_of(one: Named) -> str:
    return one.key[0]


def _clip(one: Named, encode: Encode, codec: str) -> Clip:
    return Clip(
        key=one.key,
        reference=ContainerVideo(one.source, DEMUXERS[one.suffix]),
        distorted=encode,
        pixel_format=encode.pixel_format,
        labels={"key": one.key, "codec": codec},
    )
