"""Charts and what they are drawn of: numbers, bounds, and names that nobody chose for a chart."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus_assets.artifacts.clip_scores import AT_EACH_END, MOST_GROUPS, ClipScores
from corpus_assets.artifacts.statistics import BINS, ScoreStatistics, Spread
from corpus_assets.orchestration.charts import distribution, spreads
from corpus_assets.orchestration.score_metadata import clip_scores, frame_scores
from corpus_assets_tests.pictures import SVG, boxes, drawing, texts

SCORES = np.random.default_rng(6).normal(80, 12, 5000).clip(0, 100)
HOSTILE = '<script>alert("1")</script>&amp;]](x)`\x00\x1b\udcff\n\u202e' + "𝄞" * 500


def statistics(scores: np.ndarray) -> ScoreStatistics:
    collected = ScoreStatistics()
    for part in np.array_split(scores, 7):
        collected.add(part)
    return collected


def test_statistics_are_those_of_all_scores() -> None:
    collected = statistics(SCORES)
    assert collected.count == collected.histogram.sum() == len(SCORES)
    assert collected.mean == pytest.approx(SCORES.mean())
    assert (collected.low, collected.high) == (SCORES.min(), SCORES.max())
    assert collected.counts(20) == np.histogram(SCORES, 20, (0, 100))[0].tolist()
    for share in (0.05, 0.25, 0.5, 0.75):
        assert collected.quantile(share) == pytest.approx(np.quantile(SCORES, share), abs=0.27)


@given(st.lists(st.floats(-20, 120), min_size=1, max_size=30))
def test_one_by_one_is_the_same_as_together(scores: list[float]) -> None:
    together, single = ScoreStatistics(), ScoreStatistics()
    together.add(np.array(scores))
    for score in scores:
        single.add_one(score)
    assert single.histogram.tolist() == together.histogram.tolist()
    assert (single.count, single.low, single.high) == (together.count, together.low, together.high)
    assert together.low <= together.quantile(0.5) <= together.high


def test_spread_of_a_clip_is_exact() -> None:
    scores = np.array([10.0, 20.0, 30.0, 40.0, 90.0])
    assert Spread.of("a", scores) == Spread(38.0, "a", 10.0, (20.0, 30.0, 40.0), 90.0)


def test_clips_at_both_ends_are_kept_whatever_the_order() -> None:
    forward, backward = ClipScores(), ClipScores()
    clips = [(f"{number:03}", SCORES[number : number + 5]) for number in range(100)]
    for collected, order in ((forward, clips), (backward, clips[::-1])):
        for name, scores in order:
            collected.add(name, scores)
    wanted = sorted((float(scores.mean()), name) for name, scores in clips)
    ends = wanted[:AT_EACH_END] + wanted[-AT_EACH_END:]
    assert [(one.mean, one.name) for one in forward.ends] == ends
    assert forward.ends == backward.ends
    assert not forward.complete
    assert forward.by_group() == []


def test_more_groups_than_fit_are_none() -> None:
    collected = ClipScores()
    for number in range(MOST_GROUPS):
        collected.add_one("clip", 50.0, f"{number:02}")
    assert [one.name for one in collected.by_group()] == [f"{n:02}" for n in range(MOST_GROUPS)]
    collected.add_one("clip", 50.0, "one more")
    collected.add_one("clip", 50.0, "00")
    assert collected.groups is None
    assert "chart_vmaf_by_size" not in clip_scores(collected)


def test_distribution_shows_every_bin_and_names_its_axes() -> None:
    root = drawing(distribution(statistics(SCORES), "frames"))
    (path,) = root.iter(f"{SVG}path")
    occupied = np.count_nonzero(np.histogram(SCORES, 100, (0, 100))[0])
    assert path.attrib["d"].count("M") == occupied
    heights = [float(height) for height in re.findall(r"v-([\d.]+)h", path.attrib["d"])]
    assert 80 <= max(heights) <= 160
    shown = texts(root)
    assert shown[:7] == [
        *("0", "20", "40", "60", "80", "100"),
        "VMAF score, 0 to 100 (no unit, higher is better)",
    ]
    assert {"frames per point", f"mean {SCORES.mean():.1f} (line)"} <= {*shown}


@pytest.mark.parametrize("count", [1, 3, 999, 1000, 10**6, 36 * 10**9])
def test_counts_of_every_size_fit_beside_the_axis(count: int) -> None:
    collected = ScoreStatistics()
    collected.add_one(100.0)
    collected.histogram *= count
    numbers = texts(drawing(distribution(collected, "frames")))[7:10]
    assert numbers[0] == "0"
    assert all(len(number) <= 5 for number in numbers[:2])


def test_boxes_stand_where_the_scores_are() -> None:
    rows = [
        Spread(50.0, "a", 0.0, (25.0, 50.0, 75.0), 100.0),
        Spread(130.0, "b", 130.0, (130.0,) * 3, 130.0),
    ]
    root = drawing(spreads(rows, "Title", ["caption"]))
    first, beyond = boxes(root)
    left, right = 212.0, 542.0
    assert float(first.attrib["x"]) == pytest.approx(left + (right - left) / 4, abs=0.1)
    assert float(first.attrib["width"]) == pytest.approx((right - left) / 2, abs=0.1)
    assert float(beyond.attrib["x"]) == right
    assert [float(one.attrib["cx"]) for one in root.iter(f"{SVG}circle")] == [377.0, right]
    assert {"Title", "a", "b"} <= {*texts(root)}


def test_hostile_names_are_text_and_short() -> None:
    clips = ClipScores()
    for number in range(2 * AT_EACH_END):
        clips.add(f"{number}{HOSTILE}", SCORES[:9], f"{number % 7}{HOSTILE}")
    metadata = frame_scores(statistics(SCORES), clips)
    for name, count in (("chart_vmaf_by_source", 7), ("chart_vmaf_by_clip", 2 * AT_EACH_END)):
        markdown = metadata[name].value
        assert "script" not in markdown
        root = drawing(markdown)
        assert {element.tag.removeprefix(SVG) for element in root.iter()} == {
            *("svg", "rect", "line", "text", "circle")
        }
        labels = [text for text in texts(root) if "<script>alert(" in text]
        assert len(labels) == count == len(boxes(root))
        assert all(label.isprintable() and len(label) <= 32 for label in labels)


def test_bounded_and_the_same_at_many_clips() -> None:
    """150,000 clips, whose names are long and whose sources are as many as are drawn."""

    def metadata() -> dict[str, str]:
        frames, clips = ScoreStatistics(), ClipScores()
        means = np.random.default_rng(1).uniform(0, 100, 150_000)
        frames.add(means)
        for number, mean in enumerate(means.tolist()):
            clips.add_one(f"{number}{'&' * 200}", mean, f"{number % MOST_GROUPS}{'&' * 200}")
        entries = frame_scores(frames, clips)
        return {name: entry.value for name, entry in entries.items() if name.startswith("chart")}

    charts = metadata()
    assert [*charts] == [
        *("chart_vmaf_of_frames", "chart_vmaf_of_clips"),
        *("chart_vmaf_by_source", "chart_vmaf_by_clip"),
    ]
    drawn = {name: drawing(markdown) for name, markdown in charts.items()}
    assert len(boxes(drawn["chart_vmaf_by_clip"])) == 2 * AT_EACH_END
    assert "VMAF by clip: the 12 lowest and 12 highest of 150,000 means" in texts(
        drawn["chart_vmaf_by_clip"]
    )
    assert len(boxes(drawn["chart_vmaf_by_source"])) == MOST_GROUPS
    assert sum(map(len, charts.values())) < 80_000
    assert charts == metadata()
    assert ScoreStatistics().histogram.shape == (BINS,)
