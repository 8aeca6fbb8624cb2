"""What the kernels take: planar 4:2:0 frames of one size and depth, checked before each use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

Plane: TypeAlias = np.ndarray[Any, np.dtype[np.uint8 | np.uint16]]
Frame: TypeAlias = tuple[Plane, Plane, Plane]
"""Y, U and V, rows first; 8 bit as uint8, 10 bit as uint16 in the processor's byte order."""

SAMPLES: dict[int, np.dtype[Any]] = {8: np.dtype(np.uint8), 10: np.dtype(np.uint16)}
SMALLEST = 17
"""Width and height below which libvmaf's extractors crash."""


@dataclass(frozen=True, slots=True)
class FrameFormat:
    """Width and height of luma, and bits of a sample."""

    width: int
    height: int
    bits: int

    def __post_init__(self) -> None:
        """Refuse what cannot be. Raises ValueError."""
        if self.bits not in SAMPLES:
            raise ValueError(f"{self.bits} bits: the kernels take {' or '.join(map(str, SAMPLES))}")
        if min(self.width, self.height) < SMALLEST:
            raise ValueError(f"frames of {self.width}x{self.height}: {SMALLEST} a side is needed")

    @property
    def scale(self) -> int:
        """How many levels stand for one level of 8 bit."""
        return 1 << (self.bits - 8)

    @property
    def shapes(self) -> Iterator[tuple[int, int]]:
        """Rows and columns of Y, U and V."""
        half = (self.height + 1) // 2, (self.width + 1) // 2
        yield from ((self.height, self.width), half, half)

    def checked(self, frame: Frame) -> Frame:
        """Return the planes as kernels take them: contiguous, read-only, of the right shape.

        Raises ValueError: a kernel would read beyond a plane that is too small.
        """
        y, u, v = (
            self._checked(plane, shape) for plane, shape in zip(frame, self.shapes, strict=True)
        )
        return y, u, v

    def _checked(self, plane: Plane, shape: tuple[int, int]) -> Plane:
        if plane.shape != shape or plane.dtype != SAMPLES[self.bits]:
            raise ValueError(
                f"a plane of {plane.dtype} and shape {plane.shape}: {self.bits}-bit frames of "
                f"{self.width}x{self.height} need {SAMPLES[self.bits]} and {shape}"
            )
        view = np.require(plane, requirements=["C", "A"]).view()
        view.flags.writeable = False  # one type for Numba, whoever owns the memory
        return view
