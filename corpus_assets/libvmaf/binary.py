"""The identity of a program: its bytes, and those of the shared libraries that compute."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass

from corpus_assets.errors import EngineError
from corpus_assets.files import sha256_of_bytes, sha256_of_file

SECONDS = 60.0
COMPUTING = re.compile(r"lib(vmaf|x264|avcodec|avfilter|avformat|avutil|swscale)[.-]")
LINKED = re.compile(r"^\s*(?P<name>\S+) => (?P<path>/\S.*?) \(0x[0-9a-f]+\)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Library:
    """A shared library that a program is linked with."""

    name: str
    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Binary:
    """An executable file; `libraries` are those that decide the numbers."""

    path: str
    sha256: str
    libraries: tuple[Library, ...]

    @property
    def fingerprint(self) -> str:
        """64 hex digits that change with the program or one of these libraries."""
        if not self.libraries:
            return self.sha256
        lines = [self.sha256, *(f"{library.name} {library.sha256}" for library in self.libraries)]
        return sha256_of_bytes("\n".join(lines).encode())


def read_binary(name: str, remedy: str) -> Binary:
    """Find a program by path, or by name on PATH, and hash it. Raises EngineError."""
    path = shutil.which(name)
    if path is None:
        raise EngineError(f"{name} is not a program that can be run; {remedy}")
    try:
        libraries = tuple(
            Library(found["name"], found["path"], sha256_of_file(found["path"]))
            for found in LINKED.finditer(_linked(path))
            if COMPUTING.match(found["name"])
        )
        return Binary(path, sha256_of_file(path), libraries)
    except OSError as error:
        raise EngineError(f"{path}: {error.strerror}; {remedy}") from error


def _linked(path: str) -> str:
    """Return what the dynamic linker would load; empty for scripts and other platforms."""
    ldd = shutil.which("ldd")
    if ldd is None:
        return ""
    done = subprocess.run([ldd, path], capture_output=True, timeout=SECONDS, check=False)
    return done.stdout.decode(errors="replace")


def output_of(argv: list[str], remedy: str) -> str:
    """Run a program that says something of itself, and return all that it prints.

    The exit code is not looked at. Raises EngineError when it cannot be started.
    """
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise EngineError(f"{argv[0]} does not run: {error}; {remedy}") from error
    return done.stdout.decode(errors="replace").strip()
