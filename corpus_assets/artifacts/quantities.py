"""Durations and sizes as people write them: `30d`, `20GB`."""

from __future__ import annotations

import re

from corpus_assets.errors import SettingError

NUMBER_AND_UNIT = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,6})?) ?([a-z]*)", re.IGNORECASE)
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
THOUSANDS = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
BYTES = {
    **{unit.lower(): scale for unit, scale in THOUSANDS.items()},
    **{f"{letter}ib": 1 << 10 * power for power, letter in enumerate("kmgt", 1)},
}
DURATION_ALLOWED = "it takes a number and one of s, m, h, d, w, as in 30d"
SIZE_ALLOWED = "it takes a number and one of B, kB, MB, GB, TB, KiB, MiB, GiB, TiB, as in 20GB"


def parse_duration(setting: str, text: str) -> float:
    """Return seconds. Raises SettingError."""
    return _product(setting, text, SECONDS, DURATION_ALLOWED)


def parse_size(setting: str, text: str) -> int:
    """Return bytes. Raises SettingError."""
    return int(_product(setting, text, BYTES, SIZE_ALLOWED))


def size_text(size: int) -> str:
    """Return bytes in the largest unit of 1000 that they fill."""
    filled = [unit for unit, scale in THOUSANDS.items() if size >= scale > 1]
    return f"{size / THOUSANDS[filled[-1]]:.1f} {filled[-1]}" if filled else f"{size} B"


def _product(setting: str, text: str, units: dict[str, int], allowed: str) -> float:
    found = NUMBER_AND_UNIT.fullmatch(text.strip())
    if found is None or found[2].lower() not in units:
        raise SettingError(setting, text, allowed)
    return float(found[1]) * units[found[2].lower()]
