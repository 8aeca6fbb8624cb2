"""How all kernels are compiled: without the GIL, cached, and with IEEE rules.

Indices are unsigned, because Numba makes a signed one wrap around, which no vector unit can do.
Many values live at fixed distances in one work array, because a compiler vectorizes a loop only
where it can prove, with few comparisons, that what is written is not read again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numba import njit

Function = TypeVar("Function", bound=Callable[..., object])
Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
Singles: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]
Doubles: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
Single: TypeAlias = np.float32
Index: TypeAlias = int | np.uint64


def exact(function: Function) -> Function:
    """Compile with every operation rounded as it is written."""
    compiled: Function = njit(nogil=True, cache=True, error_model="numpy")(function)
    return compiled


def fused(function: Function) -> Function:
    """Let a product and a sum be rounded once: for doubles whose last bits decide nothing."""
    rules = {"nogil": True, "cache": True, "error_model": "numpy", "fastmath": {"contract"}}
    compiled: Function = njit(**rules)(function)
    return compiled


def inlined(function: Function) -> Function:
    """Make a function part of its callers, with their rules."""
    compiled: Function = njit(inline="always")(function)
    return compiled
