"""All benchmarks that make a claim, one after another, and a Markdown table of what they found.

python -m corpus_assets_tests.benchmarks [--only a,b] [what each takes: --rounds 1 ...]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from corpus_assets_tests.benchmarks import konvid_pairs, netflix_full, overhead, quality_metrics
from corpus_assets_tests.benchmarks.claims import Claim, table

BENCHMARKS: dict[str, Callable[[Sequence[str]], list[Claim]]] = {
    "a": konvid_pairs.main,
    "b": netflix_full.main,
    "c": quality_metrics.main,
    "d": overhead.main,
}
"""A further one takes arguments and returns its claims; unknown options must be none to it."""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0], allow_abbrev=False)
    parser.add_argument("--only", default=",".join(BENCHMARKS), help="letters, with commas")
    options, rest = parser.parse_known_args(arguments)
    claims = {}
    for letter in options.only.split(","):
        print(f"\n({letter})", flush=True)
        claims[letter] = BENCHMARKS[letter](rest)
    print(f"\n{table(claims)}")


if __name__ == "__main__":
    main()
