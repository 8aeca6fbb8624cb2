"""The benchmark of training tables runs, on a small scale."""

from __future__ import annotations

import pytest

from corpus_assets_tests.benchmarks.combine import main


def test_a_small_scale(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--rows", "960", "--corpus-rows", "160"]) == (960, 80)
    assert "MiB over the idle process" in capsys.readouterr().out
