"""Making tables in a child process, as a plain user would or under a watch (strace)."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from corpus_assets.artifacts.build import ScoredBuilt
from corpus_assets_tests.corpora import bvi_archive, corpus_at
from corpus_assets_tests.making import manifest_of

OPENED = re.compile(r"\b(open|openat|openat2|creat|execve|execveat)\(")
CONNECTED = re.compile(r"\b(connect|sendto|sendmsg|bind)\(.*AF_INET")
AS_USER = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
"""Root without the right to read what it has no right to read."""


@dataclass(frozen=True)
class Seen:
    """System calls that open files and connections, and how many clips were scored."""

    opened: list[str]
    connected: list[str]
    scored: int


def watched(folder: Path, places: Sequence[tuple[str, Path]]) -> Seen:
    """Make the tables of places under strace; skips the test where that cannot be."""
    strace = shutil.which("strace")
    if not strace:
        pytest.skip("strace is not installed: nothing shows which files are opened")
    log = folder / "calls.txt"
    watch = (strace, "-f", "-s", "4096", "-e", "trace=%file,%network", "-o", str(log))
    tried = subprocess.run([*watch, "true"], check=False, capture_output=True, text=True)
    if tried.returncode:
        pytest.skip(f"strace cannot watch here: {tried.stderr.strip()}")
    manifests = _child(watch, places)
    lines = log.read_text(errors="backslashreplace").splitlines()
    return Seen(
        opened=[line for line in lines if OPENED.search(line)],
        connected=[line for line in lines if CONNECTED.search(line)],
        scored=sum(one["counts"]["extracted"] > 0 for one in manifests),
    )


def run_in_child(name: str, root: Path) -> dict[str, Any]:
    """Make a table as a user who may not read everything, and return its manifest."""
    if os.geteuid():
        return _child((), [(name, root)])[0]
    tried = subprocess.run([*AS_USER, "true"], check=False, capture_output=True, text=True)
    if tried.returncode:
        pytest.skip(f"root cannot give up the right to read everything: {tried.stderr.strip()}")
    return _child(AS_USER, [(name, root)])[0]


def _child(prefix: Sequence[str], places: Sequence[tuple[str, Path]]) -> list[dict[str, Any]]:
    task = json.dumps([(name, str(path)) for name, path in places])
    command = [*prefix, sys.executable, "-m", "corpus_assets_tests.watched", task]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stderr
    manifests: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return manifests


def _made(name: str, path: Path) -> ScoredBuilt:
    if name == "archive":
        return bvi_archive(path)()
    return corpus_at(name, path).build()


def _main() -> None:
    """Do what the argument says, and print the manifests."""
    manifests = []
    for name, path in json.loads(sys.argv[1]):
        if name == "open":
            Path(path).read_bytes()
        elif name == "connect":
            socket.create_connection(("127.0.0.1", int(path))).close()
        else:
            manifests.append(manifest_of(_made(name, Path(path))))
    print(json.dumps(manifests))


if __name__ == "__main__":
    _main()
