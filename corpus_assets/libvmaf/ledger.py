"""The frame ledger: how many frames each step of a run saw.

ffmpeg prints the counts at the end of its verbose log; they explain a failure, and on success all
of them must agree.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass

DECODED = re.compile(r"^\[in#0/.* Input stream #0:\d+ \(video\): .* (\d+) frames decoded")
MUXED = re.compile(r"^\[out#(\d+)/null .* Output stream #\d+:0 \(video\): (\d+) frames encoded")
MUXED_BYTES = re.compile(r"^\[out#0/null .* packets muxed \((\d+) bytes\)")


@dataclass(slots=True)
class FrameLedger:
    """Frames in the container, decoded on either side, and scored; None where not known."""

    container: int | None = None
    decoded_reference: int | None = None
    decoded_distorted: int | None = None
    scored: int | None = None

    def counts(self) -> dict[str, int | None]:
        """Return the counts by name."""
        return asdict(self)

    def disagreement(self) -> str:
        """Name the counts when those that are known differ; empty when they agree."""
        known = {name: count for name, count in self.counts().items() if count is not None}
        if len(set(known.values())) <= 1:
            return ""
        return ", ".join(f"{name} {count}" for name, count in known.items())


@dataclass(slots=True)
class LedgerReader:
    """Picks the counts out of ffmpeg's log, line by line."""

    ledger: FrameLedger
    encoded: bool
    encoded_bytes: int | None = None

    def __call__(self, line: str) -> None:
        """Look at one line of the log."""
        if found := DECODED.match(line):
            self.ledger.decoded_reference = int(found[1])
        elif (found := MUXED.match(line)) and found[1] == "2":
            self.ledger.decoded_distorted = int(found[2])
        if self.encoded and (found := MUXED_BYTES.match(line)):
            self.encoded_bytes = int(found[1])
