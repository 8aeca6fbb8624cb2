"""Where the planes of a chunk of pixels start: one work array has them one after the other."""

from __future__ import annotations

import numpy as np

from corpus_assets.kernels import layout

U = np.uint64
CHUNK = U(layout.CHUNK)
REFERENCE, DISTORTED = U(0), U(3) * CHUNK
"""Where three planes of each side start."""
CHROMA, HUE, WEIGHTS = U(6) * CHUNK, U(8) * CHUNK, U(10) * CHUNK
"""Where two planes start, of reference and distorted frame unless said otherwise."""
