"""Command lines on the page of an asset, to copy."""

import re
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import dagster as dg

LEAST_FENCE = 3


def command_metadata(manifest: Path, argv: Sequence[str]) -> dict[str, Any]:
    """Return what to type to check, make again or cite an artifact, and what has made it."""
    wanted = [
        shlex.join(["corpus-assets", command, str(manifest)])
        for command in ("verify", "replay", "cite")
    ]
    return {
        "commands": dg.MetadataValue.md(code_block(wanted)),
        "command_line": dg.MetadataValue.md(code_block([shlex.join(argv)])),
    }


def code_block(lines: Iterable[str]) -> str:
    """Return lines as a block of shell code in markdown, whatever characters they hold."""
    code = "\n".join(lines)
    longest = max(map(len, re.findall("`+", code)), default=0)
    fence = "`" * max(LEAST_FENCE, longest + 1)
    return f"{fence}sh\n{code}\n{fence}"
