"""What examining a table gives, whatever its format."""

from __future__ import annotations

from dataclasses import dataclass, field

from corpus_assets.tables.findings import Findings


@dataclass
class Examination:
    """A table that was read once.

    `columns` are names and types in order. `shape` are rows that do not have them (JSON lines);
    `keys` breaches of uniqueness and order; `values` numbers that cannot be. `incomplete` counts
    rows with a NaN, `contents` the different `src_sha256` of merged rows. No breaches: `alike` are
    rows that de-duplication would take for one, `empty` clips that are null in every frame where a
    single null is fine.
    """

    columns: tuple[tuple[str, str], ...]
    rows: int = 0
    clips: int = 0
    contents: int = 0
    incomplete: int = 0
    shape: Findings = field(default_factory=Findings)
    keys: Findings = field(default_factory=Findings)
    values: Findings = field(default_factory=Findings)
    alike: Findings = field(default_factory=Findings)
    empty: Findings = field(default_factory=Findings)
