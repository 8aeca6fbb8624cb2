"""The content of sources: each is hashed once, however many clips share it."""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from corpus_assets.corpora.clip import Source, Stamp

KEPT = 64
"""Clips that share a reference follow one another, so that few digests need to be kept."""


@dataclass(frozen=True, slots=True)
class ContentDigests:
    """SHA-256 of the sources that were asked for last; one that failed is tried again."""

    _kept: OrderedDict[tuple[Source, Stamp], Future[str]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def sha256(
        self,
        source: Source,
        stamp: Stamp,
        check: Callable[[], None],
        aside: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext,
    ) -> str:
        """Return the digest of a source as it is at `stamp`; one caller hashes, others wait.

        `check` is called on the way, and may raise to end it; `aside` is entered while waiting.

        Raises OSError or ClipError when the source cannot be read.
        """
        with self._lock:
            known = self._kept.get((source, stamp))
            digest = known or self._kept.setdefault((source, stamp), Future())
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        if known is None:
            try:
                digest.set_result(source.sha256(check))
            except BaseException as error:
                with self._lock:
                    self._kept.pop((source, stamp), None)
                digest.set_exception(error)
                raise
        if not digest.done():
            with aside():
                return digest.result()
        return digest.result()
