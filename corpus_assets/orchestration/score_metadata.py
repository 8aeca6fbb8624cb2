"""What a materialization shows of the teacher score: a number, charts, and the lowest clips."""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from corpus_assets.artifacts.clip_scores import AT_EACH_END, ClipScores
from corpus_assets.artifacts.statistics import ScoreStatistics
from corpus_assets.orchestration.charts import distribution, spreads

TEXT_BINS = 20
BAR_CHARACTERS = 24
"""The whole drawing stays under 1,000 characters, so that the UI shows it without a click."""
BOX = "Box: the middle half; bar: median; dot: mean; line: lowest to highest."
BINNED = "Quartiles are read from half-point bins."
LOWEST_SCHEMA = dg.TableSchema(
    columns=[
        dg.TableColumn("key", "string", description="clip key"),
        dg.TableColumn("mean", "float", description="VMAF, mean over the frames"),
        dg.TableColumn("lowest", "float", description="VMAF of the lowest frame"),
        dg.TableColumn("median", "float", description="VMAF, median of the frames"),
        dg.TableColumn("highest", "float", description="VMAF of the highest frame"),
    ]
)


def frame_scores(scores: ScoreStatistics, clips: ClipScores) -> dict[str, Any]:
    """Return the metadata of a table of frames, grouped by source where the corpus has sources."""
    return {
        **_scores(scores, "frames"),
        **({} if clips.complete else _chart("vmaf_of_clips", distribution(clips.means, "clips"))),
        **_by_group("source", clips, (BOX, f"Over the frames of all its pairs. {BINNED}")),
        **_by_clip(clips, (BOX, "Over its frames.")),
        "lowest_clips": _lowest(clips),
    }


def clip_scores(clips: ClipScores) -> dict[str, Any]:
    """Return the metadata of a table of clips, grouped by size."""
    return {
        **_scores(clips.means, "clips"),
        **_by_group("size", clips, (BOX, f"Over its clips' means. {BINNED}")),
        **_by_clip(clips, ("Dot: the clip's mean.",)),
    }


def histogram(counts: list[int], of: str) -> str:
    """Draw frames or clips by VMAF score as horizontal bars, in a markdown code block."""
    step, most = 100 // TEXT_BINS, max([*counts, 1])
    lines = [
        f"{low:3d}-{low + step:<3d} {'█' * round(BAR_CHARACTERS * count / most)} {count}"
        for low, count in zip(range(0, 100, step), counts, strict=True)
    ]
    return f"VMAF, {of} per score\n\n```\n" + "\n".join(reversed(lines)) + "\n```"


def _scores(scores: ScoreStatistics, of: str) -> dict[str, Any]:
    drawing = histogram(scores.counts(TEXT_BINS), of)
    return {
        "vmaf_mean": scores.mean,
        "vmaf_histogram": dg.MetadataValue.md(drawing),
        **_chart(f"vmaf_of_{of}", distribution(scores, of)),
    }


def _by_group(kind: str, clips: ClipScores, caption: Sequence[str]) -> dict[str, Any]:
    groups = clips.by_group()
    drawn = spreads(groups, f"VMAF by {kind}", caption) if groups else ""
    return _chart(f"vmaf_by_{kind}", drawn) if drawn else {}


def _by_clip(clips: ClipScores, caption: Sequence[str]) -> dict[str, Any]:
    """Draw every clip, or those at both ends."""
    if clips.complete:
        drawn = spreads(clips.ends, "VMAF by clip, lowest mean first", caption)
    else:
        which = f"the {AT_EACH_END} lowest and {AT_EACH_END} highest"
        title = f"VMAF by clip: {which} of {clips.means.count:,} means"
        drawn = spreads(clips.ends, title, caption, gap_after=AT_EACH_END)
    return _chart("vmaf_by_clip", drawn)


def _chart(name: str, markdown: str) -> dict[str, Any]:
    return {f"chart_{name}": dg.MetadataValue.md(markdown)}


def _lowest(clips: ClipScores) -> dg.TableMetadataValue:
    records = [
        dg.TableRecord(
            {
                "key": one.name,
                "mean": round(one.mean, 2),
                "lowest": round(one.low, 2),
                "median": round(one.quartiles[1], 2),
                "highest": round(one.high, 2),
            }
        )
        for one in clips.ends[:AT_EACH_END]
    ]
    return dg.MetadataValue.table(records, LOWEST_SCHEMA)
