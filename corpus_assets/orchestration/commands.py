"""Command lines on the page of an asset, to copy, in short lines."""

import re
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import dagster as dg

LEAST_FENCE = 3
LINE = 64
"""Characters; the web UI does not break lines of code, and a digest is as wide."""
PIECE = re.compile(rf".{{1,{LINE - 6}}}(?:,|$)|.{{1,{LINE - 6}}}", re.DOTALL)
"""Of a long argument; settings are best broken after a comma."""


def command_metadata(manifest: Path, argv: Sequence[str]) -> dict[str, Any]:
    """Return what to type to check, make again or cite an artifact, and what has made it."""
    wanted = [
        folded(["corpus-assets", command, str(manifest)])
        for command in ("verify", "replay", "cite")
    ]
    return {
        "commands": dg.MetadataValue.md(code_block(wanted)),
        "command_line": dg.MetadataValue.md(code_block([folded(argv)])),
    }


def folded(argv: Iterable[str]) -> str:
    """Return a command line for a POSIX shell, continued over short lines."""
    lines = [""]
    for argument in argv:
        word = shlex.quote(argument)
        if len(word) > LINE:
            word = "\\\n".join(map(shlex.quote, PIECE.findall(argument)))
        room = LINE - len(lines[-1]) - 1
        if lines[-1] and len(word) > room:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".lstrip()
    return " \\\n".join(lines)


def code_block(lines: Iterable[str]) -> str:
    """Return lines as a block of shell code in markdown, whatever characters they hold."""
    code = "\n".join(lines)
    longest = max(map(len, re.findall("`+", code)), default=0)
    fence = "`" * max(LEAST_FENCE, longest + 1)
    return f"{fence}sh\n{code}\n{fence}"
