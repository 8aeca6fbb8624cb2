"""What benchmarks claim: a measured number, the goal that was set for it, and whether it is met."""

from __future__ import annotations

from dataclasses import dataclass

from corpus_assets_tests.benchmarks.rounds import Spread

PACKAGE = "corpus_assets_tests.benchmarks"
HEADINGS = ("", "claim", "measured", "goal", "met", f"`python -m {PACKAGE}.…`")


@dataclass(frozen=True, slots=True)
class Claim:
    """One row of the table; a claim without a goal is a fact beside the others."""

    what: str
    measured: str
    goal: str = ""
    met: bool | None = None

    @property
    def verdict(self) -> str:
        return {True: "yes", False: "**no**", None: ""}[self.met]


def faster(what: str, ratio: Spread, at_least: float | None = None) -> Claim:
    """Claim that something is so many times as fast as something else; the median counts."""
    measured = ratio.text(2, " times as fast")
    if at_least is None:
        return Claim(what, measured)
    return Claim(what, measured, f"at least {at_least:g} times", ratio.middle >= at_least)


def more(what: str, ratio: Spread, at_most: float | None = None) -> Claim:
    """Claim that something takes at most so much more, as a share; the median counts."""
    middle, low, high = (n - 1 for n in (ratio.middle, ratio.smallest, ratio.largest))
    measured = f"{middle:+.1%} ({low:+.1%} to {high:+.1%})"
    if at_most is None:
        return Claim(what, measured)
    return Claim(what, measured, f"at most {at_most:.0%}", middle <= at_most)


def show(claims: list[Claim]) -> list[Claim]:
    """Print claims one a line, and return them."""
    for claim in claims:
        goal = f"; goal: {claim.goal}, met: {claim.verdict.strip('*')}" if claim.goal else ""
        print(f"  {claim.what}: {claim.measured}{goal}", flush=True)
    return claims


def table(claims: dict[tuple[str, str], list[Claim]]) -> str:
    """Return a Markdown table of claims by letter and module."""
    rows = [HEADINGS, ("---",) * len(HEADINGS)]
    for (letter, module), each in claims.items():
        command = f"`{module.rpartition('.')[2]}`"
        rows += [(letter, c.what, c.measured, c.goal, c.verdict, command) for c in each]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
