"""Charts of VMAF for the pages of assets, bounded in bytes whatever the corpus' size."""

import math
from collections.abc import Iterable, Iterator, Sequence

from corpus_assets.artifacts.statistics import ScoreStatistics, Spread
from corpus_assets.corpora.listing import shown
from corpus_assets.orchestration.plot import BLUE, FOOT, GREY, PALE, RED, WIDTH, Plot
from corpus_assets.orchestration.svg import element, picture, shortened, text

TOP = 30
BARS = 100
BARS_LEFT = 62
BARS_BOTTOM = 190
LABEL_WIDTH = 212
LONGEST_LABEL = 32
ROW = 18
KILO = 1000
UNITS = ("", "k", "M", "G")


def distribution(scores: ScoreStatistics, of: str) -> str:
    """Draw how many frames, or clips, have which score; there is at least one."""
    plot = Plot(BARS_LEFT, TOP, BARS_BOTTOM)
    counts = scores.counts(BARS)
    top = _round_up(max(counts))
    fifth = scores.quantile(0.05)
    parts = [
        *plot.axes(),
        *_heights(plot, top, of),
        _bars(plot, counts, top),
        plot.upright(scores.mean, RED),
        plot.upright(fifth, GREY, stroke_dasharray="4 3"),
        text(f"mean {scores.mean:.1f} (line)", BARS_LEFT, 18, fill=RED),
        text(f"lowest 5 %: up to {fifth:.1f} (dashed)", BARS_LEFT + 140, 18, fill=GREY),
    ]
    caption = (f"{scores.count:,} {of}. The 5 % are read from half-point bins.",)
    return picture(WIDTH, BARS_BOTTOM + FOOT, parts, f"VMAF distribution over {of}", caption)


def spreads(rows: Sequence[Spread], title: str, caption: Iterable[str], gap_after: int = 0) -> str:
    """Draw a box a row, at least one, with a gap after some rows; names may hold anything."""
    bottom = TOP + ROW * (len(rows) + bool(gap_after))
    plot = Plot(LABEL_WIDTH, TOP, bottom)
    labels: list[str] = []
    boxes: list[str] = []
    for number, row in enumerate(rows):
        y = TOP + ROW * (number + bool(gap_after and number >= gap_after)) + ROW / 2
        labels.append(text(shortened(shown(row.name), LONGEST_LABEL), 0, y + 4))
        boxes.extend(_box(plot, row, y))
    if gap_after:
        labels.append(text("…", 0, TOP + ROW * gap_after + 12))
    fitting = element("svg", *labels, x=8, y=0, width=LABEL_WIDTH - 16, height=bottom, font_size=10)
    parts = [*plot.axes(), text(title, 8, 18, font_weight="bold"), fitting, *boxes]
    return picture(WIDTH, bottom + FOOT, parts, title, caption)


def _heights(plot: Plot, top: int, of: str) -> Iterator[str]:
    """Yield the numbers of the axis of counts, and its name."""
    for count in (0, top / 2, top) if top > 1 else (0, top):
        y = plot.bottom - plot.height * count / top
        yield text(_short(count), plot.left - 6, y + 4, text_anchor="end")
    middle = plot.top + plot.height / 2
    turned = {"transform": f"rotate(-90 16 {middle:.0f})", "text_anchor": "middle"}
    yield text(f"{of} per point", 16, middle, **turned, fill=GREY)


def _bars(plot: Plot, counts: Sequence[int], top: int) -> str:
    width = plot.x(1) - plot.x(0) - 0.4
    drawn = "".join(
        f"M{plot.x(low):.1f} {plot.bottom}v-{max(plot.height * count / top, 1):.1f}h{width:.1f}"
        f"V{plot.bottom}z"
        for low, count in enumerate(counts)
        if count
    )
    return element("path", d=drawn, fill=BLUE)


def _box(plot: Plot, row: Spread, y: float) -> Iterator[str]:
    """Yield a line from end to end, a box between the quartiles, the median and the mean."""
    lower, median, upper = map(plot.x, row.quartiles)
    yield element("line", x1=plot.x(row.low), x2=plot.x(row.high), y1=y, y2=y, stroke=GREY)
    box = {"x": lower, "y": y - 5, "width": max(upper - lower, 0.5), "height": 10}
    yield element("rect", **box, fill=PALE, stroke=BLUE)
    yield element("line", x1=median, x2=median, y1=y - 5, y2=y + 5, stroke=BLUE, stroke_width=2)
    yield element("circle", cx=plot.x(row.mean), cy=y, r=2.5, fill=RED)


def _round_up(count: int) -> int:
    """Return the next number of the form 1, 2 or 5 times a power of ten."""
    power: int = 10 ** int(math.log10(count))
    return next(n * power for n in (1, 2, 5, 10) if n * power >= count)


def _short(count: float) -> str:
    """Return a count in few characters: 2.5k, 20M."""
    unit = min(int(math.log10(max(count, 1))) // 3, len(UNITS) - 1)
    return f"{count / KILO**unit:g}{UNITS[unit]}"
