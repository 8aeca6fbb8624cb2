"""All benchmarks that make a claim, one after another, and a Markdown table of what they found.

python -m corpus_assets_tests.benchmarks [--only a,b] [what each takes: --rounds 1 ...]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from corpus_assets_tests.benchmarks import (
    accelerated,
    bvi_rows,
    growth,
    konvid_pairs,
    netflix_full,
    overhead,
    quality_metrics,
    warm_cache,
)
from corpus_assets_tests.benchmarks.claims import Claim, table

Main = Callable[[Sequence[str]], list[Claim]]
BENCHMARKS: dict[str, Main] = {
    "a": konvid_pairs.main,
    "b": netflix_full.main,
    "c": quality_metrics.main,
    "d": overhead.main,
    "e": warm_cache.main,
    "f": bvi_rows.main,
    "g": growth.main,
    "h": accelerated.main,
}
"""Each takes what this command does not know itself, and returns its claims. One that has other
options than `options_of` gives must let those pass (`parse_known_args`)."""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0], allow_abbrev=False)
    parser.add_argument("--only", default=",".join(BENCHMARKS), help="letters, with commas")
    options, rest = parser.parse_known_args(arguments)
    letters = options.only.split(",")
    if unknown := set(letters) - BENCHMARKS.keys():
        parser.error(f"--only: unknown {', '.join(sorted(unknown))}; known {', '.join(BENCHMARKS)}")
    claims = {}
    for letter in letters:
        print(f"\n({letter})", flush=True)
        main_of = BENCHMARKS[letter]
        claims[letter, main_of.__module__] = main_of(rest)
    print(f"\n{table(claims)}")


if __name__ == "__main__":
    main()
