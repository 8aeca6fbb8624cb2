"""The frame ledger: how many frames each step of a run saw.

ffmpeg prints the counts at the end of its verbose log; they explain a failure, and on success all
of them must agree.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field

DECODED = re.compile(r"^\[in#(\d+)/.* Input stream #\d+:\d+ \(video\): .* (\d+) frames decoded")
MUXED = re.compile(r"^\[out#(\d+)/\w+\b.* Output stream #\d+:0 \(video\): (\d+) frames encoded")
MUXED_BYTES = re.compile(r"^\[out#(\d+)/null\b.* packets muxed \((\d+) bytes\)")


@dataclass(slots=True)
class FrameLedger:
    """Frames in the containers, decoded on either side, and scored; None where not known.

    `container_distorted` only where the distorted side is a file; `accelerated` are those that
    kernels scored, beside libvmaf.
    """

    container: int | None = None
    container_distorted: int | None = None
    decoded_reference: int | None = None
    decoded_distorted: int | None = None
    scored: int | None = None
    accelerated: int | None = None

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
class LogCounts:
    """The counts of one ffmpeg process, picked out of its log line by line.

    `decoded` by input, `written` frames and `muxed` bytes by output.
    """

    decoded: dict[int, int] = field(default_factory=dict)
    written: dict[int, int] = field(default_factory=dict)
    muxed: dict[int, int] = field(default_factory=dict)

    def __call__(self, line: str) -> None:
        """Look at one line of the log."""
        for pattern, counts in (
            (DECODED, self.decoded),
            (MUXED, self.written),
            (MUXED_BYTES, self.muxed),
        ):
            if found := pattern.match(line):
                counts[int(found[1])] = int(found[2])
