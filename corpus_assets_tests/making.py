"""Making artifacts in tests, with and without Dagster."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus_assets.artifacts import konvid_pairs
from corpus_assets.artifacts.konvid_pairs import Built, Launch
from corpus_assets.artifacts.settings import SharedSettings, VmafPairsSettings
from corpus_assets.libvmaf.process import Children

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pytest

    from corpus_assets.libvmaf.process import ProcessRun


def build_pairs(
    root: Path, *, workers: int = 2, ffmpeg: str | None = None, **settings: Any
) -> Built:
    """Make the table of a corpus in this process, with settings by their names."""
    shared = SharedSettings(workers=workers, ffmpeg=ffmpeg)
    request = konvid_pairs.resolve(VmafPairsSettings(konvid_root=str(root), **settings), shared)
    return konvid_pairs.build(request, Launch(argv=("test",)), lambda _: None)


def manifest_of(built: Built) -> dict[str, Any]:
    """Return the manifest as it stands on disk."""
    manifest: dict[str, Any] = json.loads(built.manifest_path.read_text())
    return manifest


@contextmanager
def counted_scorings(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Collect the input URL of every process that is started to score a clip."""
    started: list[str] = []
    real = Children.run

    def run(self: Children, argv: Sequence[str], **options: Any) -> ProcessRun:
        started.extend(argument for argument in argv if argument.startswith("file:"))
        return real(self, argv, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Children, "run", run)
        yield started
