"""What a program can do is tried, and remembered by the program's hash."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from corpus_assets.libvmaf.binary import read_binary
from corpus_assets.libvmaf.engine import Engine
from corpus_assets.libvmaf.features import FULL
from corpus_assets.libvmaf.ffmpeg import FfmpegProgram
from corpus_assets.libvmaf.model import Model
from corpus_assets.libvmaf.process import Children
from corpus_assets.libvmaf.trials import Trials
from corpus_assets_tests.faulty_ffmpeg import make_faulty_ffmpeg

MODEL = Model("vmaf_v0.6.1")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The programs of all children that are started."""
    programs: list[str] = []
    real = Children.run

    def run(self: Children, argv: list[str], **options):  # type: ignore[no-untyped-def] # noqa: ANN003, ANN202
        programs.append(argv[0])
        return real(self, argv, **options)

    monkeypatch.setattr(Children, "run", run)
    return programs


def engine(ffmpeg: str, folder: Path | None) -> Engine:
    return Engine(Trials(FfmpegProgram(ffmpeg), folder), MODEL, FULL)


def test_remembered_by_hash(ffmpeg: str, tmp_path: Path, started: list[str]) -> None:
    first = engine(ffmpeg, tmp_path / "engines")
    learnt, identity = first.computation(1920, 1080), first.identity
    assert started
    started.clear()
    again = engine(ffmpeg, tmp_path / "engines")
    assert again.computation(1920, 1080) == learnt
    assert again.identity == identity
    assert started == []
    other = make_faulty_ffmpeg(tmp_path / "ffmpeg", ffmpeg, "none")
    assert engine(other, tmp_path / "engines").computation(1920, 1080) == learnt
    assert set(started) == {other}


def test_nothing_is_kept_without_a_folder(ffmpeg: str, started: list[str]) -> None:
    engine(ffmpeg, None).computation(1920, 1080)
    count = len(started)
    engine(ffmpeg, None).computation(1920, 1080)
    assert len(started) == 2 * count


def test_damaged_memory_is_tried_again(ffmpeg: str, tmp_path: Path) -> None:
    folder = tmp_path / "engines"
    learnt = engine(ffmpeg, folder).computation(1920, 1080)
    (file,) = folder.iterdir()
    for damage in (b"", b"{", b'{"format": 2, "trials": {}}', b"\xff"):
        file.write_bytes(damage)
        assert engine(ffmpeg, folder).computation(1920, 1080) == learnt
        assert json.loads(file.read_bytes())["format"] == 1


def test_a_killed_trial_proves_nothing(ffmpeg: str, tmp_path: Path) -> None:
    """A crash is not remembered as a missing extractor."""
    script = tmp_path / "ffmpeg"
    script.write_text(
        "#!/bin/sh\n"
        f'case "$*" in *-version*) exec {ffmpeg} -version;; *name=psnr*) kill -9 $$;; esac\n'
        f'exec {ffmpeg} "$@"\n'
    )
    script.chmod(0o755)
    folder = tmp_path / "engines"
    computation = engine(str(script), folder).computation(1920, 1080)
    assert {"psnr_y", "psnr_cb", "psnr_cr"} < set(computation.unavailable)
    assert not folder.exists()


def test_linked_libraries_are_part_of_the_identity(tmp_path: Path) -> None:
    """A program that is linked with libvmaf changes with it; here a small one, made by hand."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler to make a library")
    children = Children()

    def compile_(*arguments: str) -> None:
        assert children.run([compiler, *arguments], timeout=60).ended_well

    library, program = tmp_path / "libvmaf.so.3", tmp_path / "program"
    for answer in ("1", "2"):
        (tmp_path / "l.c").write_text(f"int answer(void) {{ return {answer}; }}\n")
        (tmp_path / "p.c").write_text("int answer(void); int main(void) { return answer(); }\n")
        source = str(tmp_path / "l.c")
        compile_("-shared", "-Wl,-soname,libvmaf.so.3", "-o", str(library), source)
        if answer == "1":
            main = str(tmp_path / "p.c")
            compile_("-o", str(program), main, str(library), f"-Wl,-rpath,{tmp_path}")
            before = read_binary(str(program), "")
    after = read_binary(str(program), "")
    assert [entry.name for entry in after.libraries] == ["libvmaf.so.3"]
    assert before.sha256 == after.sha256
    assert before.fingerprint != after.fingerprint
