"""Spoiling valid inputs: bytes anywhere, or single values of a JSON tree.

Hypothesis draws a seed, and a fast mutator spoils a valid input with it, so that all of it fits
into a CI run. The seeds are the same in every run (`derandomize`): a change is judged by what it
changes, and never by luck. To look further, set FUZZ_SEED to any number.
"""

from __future__ import annotations

import copy
import json
import os
import random
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus_assets.errors import ClipError

DEEP = b"[" * 1000 + b"]" * 1000
"""As deep as orjson takes, and deeper than Python prints."""
TOKENS = (
    *(b"null", b"true", b"NaN", b"Infinity", b"1e999", b"-1", b"9" * 400, b"1.5", b"{}", b"[]"),
    *(
        b'"',
        b"\\",
        b'"\\ud800"',
        b"\0",
        b"\n",
        b"\xff\xfe",
        b"\xed\xa0\x80",
        b",",
        b":",
        b"{",
        b"[",
    ),
    *(DEEP, b"PK\x03\x04", b"\xef\xbb\xbf", "\u0663".encode(), "\u2028".encode()),
)
MARK = "@deep@"
VALUES: tuple[Any, ...] = (
    *(None, True, False, -1, 0, 1, 3, 1 << 31, 1 << 63, 1 << 64, 10**400, 0.5, -0.0, 1e308),
    *(float("nan"), float("inf"), "", "x", "1", "\0", "\ud800", "\u0663", "\n", "NaN", "x" * 5000),
    *([], [[]], [1], {}, {"": None}, {"mean": {}}, MARK),
)

SEED = int(os.environ.get("FUZZ_SEED", "0")) << 64
Test = Callable[..., None]


def spoilt(times: int = 10_000) -> Callable[[Test], Test]:
    """Give a test a source of chance, many times over."""
    checks = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow)
    often = settings(
        max_examples=times, deadline=None, derandomize=True, suppress_health_check=checks
    )
    seeds = st.integers(0, (1 << 64) - 1).map(lambda seed: random.Random(SEED + seed))  # noqa: S311
    return lambda test: pytest.mark.slow(often(given(chance=seeds)(test)))


def check_refusal(error: ClipError, stage: str) -> None:
    """Demand a refusal that says where and why, and not too long."""
    assert error.stage == stage
    assert 0 < len(error.reason) < 20_000


def spoilt_bytes(chance: random.Random, data: bytes) -> bytes:
    """Change, insert, repeat or cut bytes, once or a few times."""
    spoilt = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 5))):
        start = chance.randrange(len(spoilt) + 1)
        end = min(len(spoilt), start + chance.choice((0, 1, 1, 2, 4, 8, 99, len(data))))
        piece = bytes(spoilt[start:end])
        spoilt[start:end] = chance.choice(
            (b"", chance.choice(TOKENS), piece * 2, piece[::-1], chance.randbytes(len(piece)))
        )
    return bytes(spoilt)


def spoilt_tree(chance: random.Random, data: bytes) -> bytes:
    """Replace, remove, move or add values of JSON."""
    tree = orjson.loads(data)
    for _ in range(chance.choice((1, 1, 2, 4))):
        _spoil(chance, tree)
    return json.dumps(tree).encode().replace(json.dumps(MARK).encode(), DEEP)


def spoilt_json(chance: random.Random, data: bytes) -> bytes:
    """Spoil values or bytes of JSON."""
    return (spoilt_tree if chance.random() < 0.6 else spoilt_bytes)(chance, data)


def _spoil(chance: random.Random, tree: Any) -> None:
    """Walk down at random, and do something to what is there."""
    node = tree
    while True:
        places = list(node) if isinstance(node, dict) else range(len(node))
        if not places:
            break
        place = chance.choice(places)
        if isinstance(node[place], dict | list) and chance.random() < 0.8:
            node = node[place]
            continue
        chance.choice(ACTIONS)(chance, node, place)
        return
    _add(chance, node, "")


def _replace(chance: random.Random, node: Any, place: Any) -> None:
    node[place] = copy.deepcopy(chance.choice(VALUES))


def _remove(_: random.Random, node: Any, place: Any) -> None:
    del node[place]


def _swap(chance: random.Random, node: Any, place: Any) -> None:
    other = chance.choice(list(node) if isinstance(node, dict) else range(len(node)))
    node[place], node[other] = node[other], node[place]


def _add(chance: random.Random, node: Any, place: Any) -> None:
    value = copy.deepcopy(chance.choice(VALUES))
    if isinstance(node, dict):
        node[chance.choice(("", "frames", "version", "x", "\u0663", f"{place}2"))] = value
    else:
        node.append(value)


def _shift(chance: random.Random, node: Any, place: Any) -> None:
    value = node[place]
    if isinstance(value, str):
        node[place] = (
            value[::-1] if chance.random() < 0.5 else value + chance.choice("\0\n0z\u0663")
        )
    elif isinstance(value, float) or (isinstance(value, int) and abs(value) < 1 << 99):
        node[place] = value + chance.choice((1, -1, 0.5, 1e300))


Action = Callable[[random.Random, Any, Any], None]
ACTIONS: tuple[Action, ...] = (_replace, _replace, _replace, _remove, _swap, _add, _shift)
