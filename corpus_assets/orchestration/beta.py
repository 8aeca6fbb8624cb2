"""Parts of Dagster that it calls beta and this project relies on, without a warning at each start.

Observable sources are the one way to make a downstream partition stale, and a backfill policy the
one way to make a range of partitions in one run. Tests pin what both do.
"""

import contextlib
import warnings
from collections.abc import Iterator

import dagster as dg


@contextlib.contextmanager
def relied_on() -> Iterator[None]:
    """Use such a part."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)
        yield
