"""Benchmarks run, at a size that says nothing about time; and what they compute from times."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from corpus_assets_tests.benchmarks import accelerated, konvid_pairs, overhead, quality_metrics
from corpus_assets_tests.benchmarks.__main__ import BENCHMARKS
from corpus_assets_tests.benchmarks.__main__ import main as run_benchmarks
from corpus_assets_tests.benchmarks.claims import Claim, faster, more, table
from corpus_assets_tests.benchmarks.rounds import Rounds, Spent, Spread, run_rounds

TINY = ("--clips", "1", "--frames", "2", "--rounds", "1")
OTHERS = {
    "bvi_rows": ("--reports", "4", "--frames", "2", "--rounds", "1"),
    "bvi_zip": TINY,
    "extractors": ("--parts", "540p-encoded", "--frames", "1"),
    "kernels": ("--sizes", "192x176", "--frames", "2"),
    "memory": ("--sizes", "320x180", "--frames", "2"),
    "observe": ("--files", "20", "--touched", "2"),
    "verify": ("--rows", "480"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_benchmark_that_claims_nothing_runs(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    importlib.import_module(f"corpus_assets_tests.benchmarks.{name}").main(OTHERS[name])
    assert capsys.readouterr().out


def test_konvid_is_compared_with_four_steps_and_writes_no_video() -> None:
    sequential, at_once, scratch = konvid_pairs.main(("--clips", "2", *TINY[2:]))
    assert sequential.goal == "at least 1.8 times"
    assert not at_once.goal
    assert scratch.met
    assert scratch.measured.endswith("; 6 MB")  # two clips, two files of two frames each


def test_netflix_is_compared_with_two_passes(capsys: pytest.CaptureFixture[str]) -> None:
    run_benchmarks(("--only", "b", "--clips", "1", "--frames", "1", "--rounds", "1"))
    heading, _, full, canonical6 = capsys.readouterr().out.splitlines()[-4:]
    assert heading == table({}).splitlines()[0]
    assert full.startswith("| b | Netflix Public, `full`")
    assert canonical6.startswith("| b | Netflix Public, `canonical6`")


def test_numbers_agree_with_those_of_ffmpeg_quality_metrics() -> None:
    _, _, difference = quality_metrics.main(TINY)
    assert difference.met, difference


def test_overhead_is_measured_for_two_corpora(capsys: pytest.CaptureFixture[str]) -> None:
    claims = overhead.main(TINY)
    assert [claim.goal for claim in claims] == ["at most 5%", ""] * 2
    machine = capsys.readouterr().out.split("KoNViD", 1)[0]
    assert all(word in machine for word in ("GiB", "Python 3", "libvmaf", "corpus-assets 0"))


def test_full_with_kernels_is_compared_with_libvmaf_and_equal() -> None:
    claims = accelerated.main((*TINY, "--long", "2", "--parts", "540p-encoded"))
    assert [claim.what for claim in claims if claim.met] == [claims[-2].what]
    assert "largest difference" in claims[-2].what
    assert "MiB" in claims[-1].measured


def test_goals_are_for_1080p() -> None:
    goals = {name: (part.goal, part.most_memory) for name, part in accelerated.PARTS.items()}
    assert goals == {
        "1080p-raw": (4, 1024),
        "1080p-encoded": (2.5, 1024),
        "540p-encoded": (None, None),
    }


def test_every_second_round_is_the_other_way_round() -> None:
    order: list[str] = []
    run_rounds(3, {name: lambda name=name: order.append(name) for name in "ab"})  # type: ignore[misc]
    assert order == ["a", "b", "b", "a", "a", "b"]


def test_ratios_are_medians_of_rounds_with_their_spread() -> None:
    slow = [Spent(2.0, 8.0, 0), Spent(9.0, 1.0, 0), Spent(4.0, 1.0, 0)]
    fast = [Spent(1.0, 1.0, 0), Spent(3.0, 1.0, 0), Spent(1.0, 1.0, 0)]
    rounds = Rounds({"slow": slow, "fast": fast})
    assert rounds.ratio("slow", "fast") == Spread(3.0, 2.0, 4.0)
    assert rounds.ratio("slow", "fast", "processor") == Spread(1.0, 1.0, 8.0)


def test_a_goal_is_met_by_the_median() -> None:
    spread = Spread(1.04, 1.0, 1.2)
    assert more("x", spread, 0.05).met
    assert not more("x", spread, 0.03).met
    assert more("x", spread, 0.05).measured == "+4.0% (+0.0% to +20.0%)"
    assert faster("x", spread, 1.04).met
    assert not faster("x", spread, 1.05).met
    assert faster("x", spread).met is None


def test_the_table_has_a_row_for_every_claim() -> None:
    two, one = [Claim("x", "1", "2", met=False), Claim("y", "3")], [Claim("z", "4")]
    assert table({("a", "p.m"): two, ("b", "p.n"): one}).splitlines()[2:] == [
        "| a | x | 1 | 2 | **no** | `m` |",
        "| a | y | 3 |  |  | `m` |",
        "| b | z | 4 |  |  | `n` |",
    ]


def test_the_documentation_has_a_row_of_every_command() -> None:
    text = (Path(__file__).parents[1] / "docs" / "benchmarks.md").read_text()
    for letter, main in BENCHMARKS.items():
        rows = [line for line in text.splitlines() if line.startswith(f"| {letter} |")]
        assert rows, letter
        assert all(row.endswith(f"`{main.__module__.rpartition('.')[2]}` |") for row in rows)
