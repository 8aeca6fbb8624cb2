"""What benchmarks claim: a measured number, the goal that was set for it, and whether it is met."""

from __future__ import annotations

from dataclasses import dataclass

from corpus_assets_tests.benchmarks.rounds import Spread

HEADINGS = ("", "claim", "measured", "goal", "met")


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


def more(what: str, ratio: Spread, at_most: float) -> Claim:
    """Claim that something takes at most so much more time, as a share; the median counts."""
    percent = Spread(*(100 * (n - 1) for n in (ratio.middle, ratio.smallest, ratio.largest)))
    measured = percent.text(1, " % more time")
    return Claim(what, measured, f"at most {100 * at_most:g} %", percent.middle <= 100 * at_most)


def show(claims: list[Claim]) -> list[Claim]:
    """Print claims one a line, and return them."""
    for claim in claims:
        goal = f"; goal: {claim.goal}, met: {claim.verdict.strip('*')}" if claim.goal else ""
        print(f"  {claim.what}: {claim.measured}{goal}", flush=True)
    return claims


def table(claims: dict[str, list[Claim]]) -> str:
    """Return a Markdown table of claims by letter."""
    rows = [HEADINGS, ("---",) * len(HEADINGS)]
    for letter, each in claims.items():
        rows += [(letter, c.what, c.measured, c.goal, c.verdict) for c in each]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
