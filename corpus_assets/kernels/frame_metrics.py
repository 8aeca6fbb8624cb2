"""ciede2000, float_ssim and float_ms_ssim of pairs of frames: the front door of the kernels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from corpus_assets.kernels import layout
from corpus_assets.kernels.similarity import Similarity

if TYPE_CHECKING:
    from collections.abc import Collection

    from corpus_assets.kernels.frames import Frame, FrameFormat
    from corpus_assets.kernels.loading import Kernels

COLUMNS = ("ciede2000", "float_ssim", "float_ms_ssim")
"""The columns, and libvmaf's report keys, that the kernels can compute."""


class FrameMetrics:
    """Scores pairs of frames of one format, one after the other, in arrays that are made once.

    Not for two threads at once: each makes its own. No thread holds the GIL while a kernel runs.
    """

    def __init__(
        self, kernels: Kernels, frames: FrameFormat, columns: Collection[str] = COLUMNS
    ) -> None:
        """Make the arrays. Raises ValueError for columns that no kernel, or not this size, has."""
        _examine(frames, columns)
        self._kernels, self._frames, self._columns = kernels, frames, frozenset(columns)
        self._similarity = Similarity(kernels, frames)
        self._chunk = (
            np.empty(layout.SAMPLES, np.int32),
            np.empty(layout.SAMPLES),
            np.empty(layout.COLOURS, np.float32),
            np.empty(layout.CHUNK),
        )

    @property
    def memory(self) -> int:
        """Bytes of all arrays."""
        return self._similarity.memory + sum(array.nbytes for array in self._chunk)

    def score(self, reference: Frame, distorted: Frame) -> dict[str, float | None]:
        """Return the columns of one pair; None where libvmaf prints null.

        That is ciede2000 of equal frames, and float_ms_ssim where the structure of a scale is
        negative. Raises ValueError when a plane has not the format that was said.
        """
        reference, distorted = self._frames.checked(reference), self._frames.checked(distorted)
        scores: dict[str, float | None] = {}
        if "ciede2000" in self._columns:
            scores["ciede2000"] = self._ciede2000(reference, distorted)
        luma = reference[0], distorted[0]
        if self._columns >= {"float_ssim", "float_ms_ssim"}:
            scores["float_ssim"], scores["float_ms_ssim"] = self._similarity.both(*luma)
        elif "float_ssim" in self._columns:
            scores["float_ssim"] = self._similarity.float_ssim(*luma)
        elif "float_ms_ssim" in self._columns:
            scores["float_ms_ssim"] = self._similarity.float_ms_ssim(*luma)
        return scores

    def _ciede2000(self, reference: Frame, distorted: Frame) -> float | None:
        """Return 45 - 20 log10 of the mean colour difference, None where there is none."""
        scale = float(self._frames.scale)
        mean = self._kernels.mean_difference(*reference, *distorted, scale, *self._chunk)
        return 45.0 - 20.0 * math.log10(mean) if mean > 0 else None


def _examine(frames: FrameFormat, columns: Collection[str]) -> None:
    if unknown := set(columns) - set(COLUMNS):
        raise ValueError(f"no kernel computes {', '.join(sorted(unknown))}")
    size = f"frames of {frames.width}x{frames.height}"
    if "float_ms_ssim" in columns and min(frames.width, frames.height) < layout.SMALLEST:
        raise ValueError(f"{size} are too small: float_ms_ssim needs {layout.SMALLEST} a side")
    if "ciede2000" in columns and (frames.width % 2 or frames.height % 2):
        raise ValueError(f"{size}: of odd ones libvmaf's ciede2000 reads beyond the chroma planes")
