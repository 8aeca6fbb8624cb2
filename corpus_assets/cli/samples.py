"""Small sample corpora in the layouts of the real ones, drawn by ffmpeg's own sources."""

from __future__ import annotations

from pathlib import Path

from corpus_assets.corpora.konvid_1k import VIDEOS_FOLDER
from corpus_assets.errors import EngineError
from corpus_assets.files import publish, removed_on_error, temporary_beside
from corpus_assets.libvmaf.process import Children

SECONDS = 60.0
KONVID_SAMPLES = {
    "1001": "testsrc2=size=320x180:rate=25",
    "1002": "mandelbrot=size=320x180:rate=25",
    "1003": "life=size=320x180:rate=30000/1001:seed=1:ratio=0.2:mold=10",
    "1004": "zoneplate=size=320x180:rate=24:ku=512:kv=100:kt2=10:kx2=20",
}


def make_konvid_samples(ffmpeg: str, root: Path) -> None:
    """Write four clips of 2 seconds where they are not there yet. Raises EngineError, OSError."""
    folder = root / VIDEOS_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for stem, source in KONVID_SAMPLES.items():
        _make_clip(ffmpeg, source, folder / f"{stem}.mp4")


def _make_clip(ffmpeg: str, source: str, target: Path) -> None:
    if target.exists():
        return
    with removed_on_error(temporary_beside(target)) as temporary:
        run = Children().run(
            [
                *(ffmpeg, "-hide_banner", "-nostdin", "-v", "error", "-y"),
                *("-f", "lavfi", "-i", source),
                *("-t", "2", "-c:v", "libx264", "-preset", "veryfast", "-crf", "12"),
                *("-threads", "1", "-pix_fmt", "yuv420p", "-f", "mp4", str(temporary)),
            ],
            timeout=SECONDS,
        )
        if not run.ended_well:
            tail = "; ".join(run.stderr_tail[-2:])
            raise EngineError(f"{ffmpeg} cannot make {target.name}: {run.describe()}; {tail}")
        publish(temporary, target)
