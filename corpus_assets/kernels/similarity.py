"""float_ssim and float_ms_ssim of a pair of luma planes: which images, and how means are pooled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from corpus_assets.kernels import layout

if TYPE_CHECKING:
    from corpus_assets.kernels.frames import FrameFormat, Plane
    from corpus_assets.kernels.loading import Kernels

Image: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]
Means: TypeAlias = tuple[float, float, float, float]
"""Of l*c*s, l, c and s, which are luminance, contrast and structure."""

LUMINANCE = 0.1333
"""The weight of luminance, which counts at the last scale only."""
WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""The weights of contrast, and of structure, from the full scale to the smallest."""


class Pair(NamedTuple):
    """The images of the reference and the distorted frame at one scale, row after row."""

    width: int
    height: int
    images: tuple[Image, Image]

    @classmethod
    def empty(cls, width: int, height: int) -> Pair:
        """Make images for later use."""
        pixels = width * height
        return cls(width, height, (np.empty(pixels, np.float32), np.empty(pixels, np.float32)))

    def smaller(self, factor: int) -> Pair:
        """Make images for every so-manieth pixel of these."""
        return Pair.empty(layout.smaller(self.width, factor), layout.smaller(self.height, factor))


class Similarity:
    """Scores pairs of planes, one after the other, in arrays that are made once."""

    def __init__(self, kernels: Kernels, frames: FrameFormat) -> None:
        """Make the arrays, about eleven bytes a pixel."""
        self._kernels = kernels
        self._levels = np.float32(1 / frames.scale)
        self._scales = [Pair.empty(frames.width, frames.height)]
        for _ in WEIGHTS[1:]:
            self._scales.append(self._scales[-1].smaller(2))
        self._factor = layout.ssim_factor(frames.width, frames.height)
        self._reduced = self._scales[0].smaller(self._factor) if self._factor > 1 else None
        columns = self._scales[1].width
        self._split = np.empty((2, columns + layout.REACH), np.float32)
        self._filtered = np.empty((layout.KEPT_ROWS, layout.REACH + 1, columns))
        self._row = np.empty(frames.width)
        self._tile, self._sums = np.empty(layout.TILE, np.float32), np.empty(layout.SUMS)

    @property
    def memory(self) -> int:
        """Bytes of all arrays."""
        pairs = [*self._scales, *([self._reduced] if self._reduced else [])]
        images = sum(image.nbytes for pair in pairs for image in pair.images)
        rows = self._split.nbytes + self._filtered.nbytes + self._row.nbytes
        return images + rows + self._tile.nbytes + self._sums.nbytes

    def float_ssim(self, reference: Plane, distorted: Plane) -> float:
        """Return libvmaf's SSIM, of reduced images where the frame is large."""
        self._load(reference, distorted)
        return self._ssim(None)

    def float_ms_ssim(self, reference: Plane, distorted: Plane) -> float | None:
        """Return libvmaf's MS-SSIM, None where the structure of a scale is negative."""
        self._load(reference, distorted)
        return self._ms_ssim(self._means(self._scales[0]))

    def both(self, reference: Plane, distorted: Plane) -> tuple[float, float | None]:
        """Return SSIM and MS-SSIM for less than the two take."""
        self._load(reference, distorted)
        full = self._means(self._scales[0])
        return self._ssim(full), self._ms_ssim(full)

    def _load(self, reference: Plane, distorted: Plane) -> None:
        """Write the full scale: levels of 8 bit as float32."""
        for plane, image in zip((reference, distorted), self._scales[0].images, strict=True):
            self._kernels.to_luma(plane, self._levels, image)

    def _means(self, pair: Pair) -> Means:
        return self._kernels.means(*pair.images, pair.width, pair.height, self._tile, self._sums)

    def _ssim(self, full: Means | None) -> float:
        """Return the mean of l*c*s; `full` is of the full scale where it is known."""
        if self._reduced is None:
            return (full or self._means(self._scales[0]))[0]
        pair, small = self._scales[0], self._reduced
        for image, target in zip(pair.images, small.images, strict=True):
            self._kernels.box(image, *pair[:2], self._factor, target, *small[:2], self._row)
        return self._means(small)[0]

    def _ms_ssim(self, means: Means) -> float | None:
        """Return the weighted product of all scales, given the means of the first."""
        product = 1.0
        for scale, weight in enumerate(WEIGHTS):
            if scale:
                means = self._means(self._halved(scale))
            _, luminance, contrast, structure = means
            if structure < 0:
                return None
            product *= (contrast * structure) ** weight
        return float(product * luminance**LUMINANCE)

    def _halved(self, scale: int) -> Pair:
        """Fill the images of a scale from those of the one before."""
        pair, small = self._scales[scale - 1], self._scales[scale]
        work = self._split, self._filtered, self._row
        for image, target in zip(pair.images, small.images, strict=True):
            self._kernels.halve(image, *pair[:2], target, *work)
        return small
