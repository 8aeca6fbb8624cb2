"""`corpus-assets cache`: what it counts, what it removes, and above all what it never removes."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from corpus_assets.artifacts import pruning
from corpus_assets.artifacts.caches import look
from corpus_assets.artifacts.environment import Environment
from corpus_assets.artifacts.pruning import Criteria, Pruned, present_engine, prune
from corpus_assets.artifacts.quantities import parse_duration, parse_size, size_text
from corpus_assets.artifacts.settings import SharedSettings
from corpus_assets.errors import SetupError
from corpus_assets.extraction.cache import ReportCache
from corpus_assets.extraction.entry import EntryHeader, read_header
from corpus_assets.extraction.folder import kept_files, opened_folder, remove
from corpus_assets_tests.entries import ENCODE, ENGINE, REPORT, entry_bytes, put
from corpus_assets_tests.making import build_pairs, manifest_of
from corpus_assets_tests.test_cli import corpus_assets

OLD_FORMAT = entry_bytes().replace(b'"format":2', b'"format":1')
NEW_FORMAT = entry_bytes().replace(b'"format":2', b'"format":3')
EVERYTHING = Criteria(older_than=0, max_size=0, stale=True)
OURS = {
    "entry.json": entry_bytes(),
    "old_format.json": OLD_FORMAT,
    "new_format.json": NEW_FORMAT,
    "cut.json": entry_bytes()[:100],
    "no_header.json": b'{"corpus_assets":{"format":2},\n"frames":[]}',
    "rewritten.json": b'{"corpus_assets":{},"frames":[]}',
}
NOT_OURS = {
    "foreign.json": REPORT,
    "foreign_long.json": b'{"frames":[' + b"1," * 1_000_000 + b"1]}",
    "foreign_blank_line.json": b"\n" + REPORT,
    "foreign_blank_mebibyte.json": b" " * (1 << 20) + REPORT,
    "names_us.json": b'{"frames":[], "corpus_assets":{}}',
    "no_json.json": b"hello",
    "empty.json": b"",
    "zeros.json": b"\0" * 4096,
    ".entry.json.0123456789ab.tmp": entry_bytes(),
    "entry.txt": entry_bytes(),
    "entry.JSON": entry_bytes(),
    "folder/entry.json": entry_bytes(),
    "folder.json/entry.json": entry_bytes(),
}


@pytest.fixture
def caches(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def folder(caches: Path) -> Path:
    """The folder of KoNViD-1k with everything that can lie there, all of it old."""
    for name, data in (OURS | NOT_OURS).items():
        put(caches / "konvid_1k" / name, data, days=40)
    outside = put(caches / "outside.json", entry_bytes(), days=40)
    (caches / "konvid_1k" / "link.json").symlink_to(outside)
    os.mkfifo(caches / "konvid_1k" / "pipe.json")
    return caches / "konvid_1k"


def pruned(criteria: Criteria, *, dry_run: bool = False) -> Pruned:
    return prune(["konvid_1k"], criteria, SharedSettings(), os.environ, dry_run=dry_run)[
        "konvid_1k"
    ]


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def test_show_counts_each_kind(folder: Path, tmp_path: Path) -> None:
    put(folder / "used.json", entry_bytes())
    for command in (["cache"], ["cache", "show"]):
        done = corpus_assets(*command, "--json", folder=tmp_path)
        assert done.returncode == 0, done.stderr
        state = json.loads(done.stdout)["konvid_1k"]
        counts = ("entries", "other_format", "damaged", "foreign", "unknown")
        assert [state[name] for name in counts] == [4, 2, 3, 6, 2]
        files = [path for path in folder.glob("*.json") if path.is_file() and not path.is_symlink()]
        assert state["bytes"] == sum(path.stat().st_size for path in files)
        assert state["oldest_use"] < state["newest_use"]
    text = corpus_assets("cache", folder=tmp_path).stdout
    assert "4 entries, 6 other tools' reports, 3 damaged, 3.1 MB" in text
    assert "bvi_dvc " in text
    assert "netflix_public " in text


def test_folders_are_those_of_the_assets(
    tmp_path: Path, caches: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VMAF_TINY_AI_CACHE_BVI_DVC_FULL", str(tmp_path / "reports"))

    def shown(**shared: Any) -> dict[str, str]:
        states = look(SharedSettings(**shared), os.environ)
        return {corpus: state.folder for corpus, state in states.items()}

    assert shown() == {
        "netflix_public": str(caches / "netflix_public"),
        "konvid_1k": str(caches / "konvid_1k"),
        "bvi_dvc": str(tmp_path / "reports"),
    }
    other = tmp_path / "other"
    assert set(shown(cache_dir=str(other)).values()) == {str(other / name) for name in shown()}


def test_show_reads_no_more_than_the_header() -> None:
    entry = io.BytesIO(entry_bytes())
    read_header(entry)
    assert entry.tell() == entry.getvalue().index(b"\n") + 1
    with pytest.raises(Exception, match="another tool's"):
        read_header(foreign := io.BytesIO(NOT_OURS["foreign_long.json"]))
    assert foreign.tell() < 100


@pytest.mark.parametrize("arguments", [["show"], ["prune", "--older-than", "30d"]])
def test_neither_dagster_nor_an_engine_is_needed(arguments: list[str], tmp_path: Path) -> None:
    code = "import sys; from corpus_assets.cli.main import app\n"
    code += f"app(['cache', *{arguments}], standalone_mode=False)\n"
    code += "assert 'dagster' not in sys.modules"
    variables = dict.fromkeys(("VMAF_BIN", "CORPUS_ASSETS_FFMPEG"), "/nowhere")
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, **variables},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    ("criteria", "kept"),
    [
        (EVERYTHING, set()),
        (Criteria(older_than=0), set()),
        (Criteria(max_size=0), set()),
        (Criteria(stale=True), {"new_format.json"}),
        (Criteria(older_than=41 * 86400, max_size=1 << 40), set(OURS)),
    ],
    ids=["all", "age", "size", "stale", "nothing"],
)
def test_only_files_that_say_they_are_ours_are_removed(
    folder: Path, criteria: Criteria, kept: set[str]
) -> None:
    others = {*NOT_OURS, "link.json", "pipe.json"}
    before = {name: (folder / name).read_bytes() for name in NOT_OURS}
    expected = set(OURS) - kept
    size = sum(len(OURS[name]) for name in expected)
    for dry_run in (True, False):
        assert names(folder) == others | set(OURS)
        result = pruned(criteria, dry_run=dry_run)
        assert (result.removed, result.removed_bytes, result.refused) == (len(expected), size, 0)
    assert names(folder) == others | kept
    assert before == {name: (folder / name).read_bytes() for name in NOT_OURS}
    assert (folder.parent / "outside.json").read_bytes() == entry_bytes()
    assert pruned(criteria).removed == 0


def test_age_is_time_since_the_last_use(caches: Path) -> None:
    for days in (0, 29, 31, 365):
        put(caches / "konvid_1k" / f"{days}.json", entry_bytes(), days=days)
    assert pruned(Criteria(older_than=30 * 86400)).removed == 2
    assert names(caches / "konvid_1k") == {"0.json", "29.json"}


@pytest.mark.parametrize(
    ("entries_of_room", "kept"), [(4, 4), (3, 3), (2.5, 2), (2, 2), (0.5, 0), (0, 0)]
)
def test_size_removes_the_oldest_and_no_more(
    caches: Path, entries_of_room: float, kept: int
) -> None:
    for days in (3, 1, 2, 0):
        put(caches / "konvid_1k" / f"{days}.json", entry_bytes(), days=days)
    foreign = put(caches / "konvid_1k" / "foreign.json", REPORT, days=9)
    room = int(entries_of_room * len(entry_bytes())) + len(REPORT)
    result = pruned(Criteria(max_size=room))
    assert names(caches / "konvid_1k") == {f"{days}.json" for days in range(kept)} | {foreign.name}
    assert result.left_bytes == kept * len(entry_bytes()) + len(REPORT)
    assert result.left_foreign_bytes == len(REPORT)


def test_size_counts_what_the_other_criteria_remove(caches: Path) -> None:
    for days in (1, 2, 40):
        put(caches / "konvid_1k" / f"{days}.json", entry_bytes(), days=days)
    assert pruned(Criteria(older_than=30 * 86400, max_size=2 * len(entry_bytes()))).removed == 1
    assert names(caches / "konvid_1k") == {"1.json", "2.json"}


def test_stale_is_what_the_present_engine_cannot_use(caches: Path) -> None:
    engine = present_engine(SharedSettings(), Environment(os.environ))
    other_ffmpeg = engine.model_copy(update={"ffmpeg_version": "0.1"})
    entries: dict[str, dict[str, Any]] = {
        "present": {"engine": engine},
        "not_encoded": {"engine": other_ffmpeg, "encode": None},
        "encoded_by_another": {"engine": other_ffmpeg, "encode": ENCODE},
        "kind": {"engine": engine.model_copy(update={"kind": "vmaf"})},
        "version": {"engine": engine.model_copy(update={"version": "0.1"})},
        "libvmaf": {"engine": engine.model_copy(update={"libvmaf_version": "0.1"})},
        "other": {"engine": ENGINE},
    }
    for name, values in entries.items():
        put(caches / "konvid_1k" / f"{name}.json", entry_bytes(**values))
    assert pruned(Criteria(stale=True)).removed == 5
    assert names(caches / "konvid_1k") == {"present.json", "not_encoded.json"}


def test_entries_of_a_run_are_not_stale(konvid_root: Path, tmp_path: Path) -> None:
    build_pairs(konvid_root)
    done = corpus_assets("cache", "prune", "--stale", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)["konvid_1k"]
    assert (result["removed"], result["left"]) == (0, 3)
    wrong = corpus_assets("cache", "prune", "--stale", "--vmaf-bin", "/bin/ls", folder=tmp_path)
    assert wrong.returncode == 2
    assert "is not libvmaf's vmaf tool" in wrong.stderr
    assert len(list((tmp_path / "cache" / "konvid_1k").iterdir())) == 3


def test_nothing_is_removed_through_a_link(caches: Path, tmp_path: Path) -> None:
    first = put(caches / "netflix_public" / "a.json", entry_bytes(), days=40)
    far = put(tmp_path / "far" / "a.json", entry_bytes(), days=40)
    (caches / "konvid_1k").symlink_to(far.parent)
    done = corpus_assets("cache", "prune", "--older-than", "30d", folder=tmp_path)
    assert done.returncode == 2
    assert "konvid_1k is a symbolic link, and nothing is removed through one" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert first.exists()
    assert far.exists()
    shown = json.loads(corpus_assets("cache", "--json", folder=tmp_path).stdout)
    assert shown["konvid_1k"]["entries"] == 1
    one = ("cache", "prune", "netflix_public", "--older-than", "30d")
    done = corpus_assets(*one, folder=tmp_path)
    assert done.returncode == 0
    assert f"netflix_public   1 entries removed, {len(entry_bytes())} B\n" in done.stdout
    assert not first.exists()
    assert far.exists()


@pytest.mark.parametrize("change", ["used", "replaced", "gone"])
def test_what_changes_after_the_look_stays(caches: Path, change: str) -> None:
    path = put(caches / "a.json", entry_bytes(), days=40)
    with opened_folder(caches, follow=False) as folder:
        (file,) = kept_files(folder)
        if change == "used":
            path.touch()
        elif change == "replaced":
            status = path.stat()
            put(caches / "b", entry_bytes()).replace(path)
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        else:
            path.unlink()
        assert not remove(folder, file)
    assert path.exists() == (change != "gone")


def test_what_cannot_be_removed_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from corpus_assets.cli.main import main  # noqa: PLC0415 (reads the argument vector)

    def refuse(*_: object) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(pruning, "remove", refuse)
    monkeypatch.setattr(sys, "argv", ["corpus-assets", "cache", "prune", "--older-than", "1d"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    printed = capsys.readouterr()
    assert "6 could not be removed" in printed.out
    assert printed.err == f"error: cannot remove entries from {folder}: Permission denied\n"


def test_a_folder_that_is_none_is_said(caches: Path, tmp_path: Path) -> None:
    put(caches / "konvid_1k", b"")
    put(caches / "bvi_dvc" / "a.json", entry_bytes())
    done = corpus_assets("cache", folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr == f"error: {caches / 'konvid_1k'} cannot be read: Not a directory\n"
    assert "1 entries" in done.stdout
    with pytest.raises(SetupError, match="cannot be read: Not a directory"):
        pruned(EVERYTHING)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["prune"], "needs at least one of --older-than, --max-size, --stale"),
        (["prune", "--older-than", "soon"], "--older-than: 'soon' is not allowed; it takes a"),
        (["prune", "--older-than", "30"], "--older-than: '30' is not allowed"),
        (["prune", "--older-than", ""], "--older-than: '' is not allowed"),
        (["prune", "--older-than", "-1d"], "--older-than: '-1d' is not allowed"),
        (["prune", "--max-size", "20"], "--max-size: '20' is not allowed; it takes a number and"),
        (["prune", "--max-size", "1e9B"], "--max-size: '1e9B' is not allowed"),
        (["prune", "elsewhere", "--stale"], "'elsewhere' is not one of 'netflix_public'"),
        (["--json", "prune", "--stale"], "give --cache-dir and --json after prune"),
        (["shrink"], "No such command 'shrink'"),
    ],
)
def test_mistakes_are_short(tmp_path: Path, arguments: list[str], message: str) -> None:
    done = corpus_assets("cache", *arguments, folder=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_quantities() -> None:
    durations = {"90s": 90, "1.5h": 5400, "30d": 2_592_000, "2 W": 1_209_600, "0d": 0}
    assert {text: parse_duration("x", text) for text in durations} == durations
    sizes = {"20GB": 20 * 10**9, "1.5 kb": 1500, "1GiB": 1 << 30, "7B": 7, "0B": 0, "1TiB": 1 << 40}
    assert {text: parse_size("x", text) for text in sizes} == sizes
    texts = {0: "0 B", 999: "999 B", 1000: "1.0 kB", 84_210_000: "84.2 MB", 10**12: "1.0 TB"}
    assert {size: size_text(size) for size in texts} == texts


def test_a_run_only_loses_the_reuse(
    konvid_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every entry is removed right after the run has read its header."""
    before = build_pairs(konvid_root)
    real = ReportCache.header

    def header(self: ReportCache, key: str) -> EntryHeader | None:
        found = real(self, key)
        self.path(key).unlink(missing_ok=True)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(ReportCache, "header", header)
        during = build_pairs(konvid_root)
    counts = manifest_of(during)["counts"]
    assert (counts["extracted"], counts["cached"], counts["failed"]) == (3, 0, 0)
    assert during.manifest.cache.misses == 3
    assert during.manifest.artifact == before.manifest.artifact
    assert len(names(tmp_path / "cache" / "konvid_1k")) == 3


def test_a_reuse_counts_as_use_once_a_day(konvid_root: Path, tmp_path: Path) -> None:
    build_pairs(konvid_root)
    entries = sorted((tmp_path / "cache" / "konvid_1k").iterdir())
    for path, days in zip(entries, (40, 2, 0.5), strict=True):
        put(path, path.read_bytes(), days=days)
    recent = entries[2].stat().st_mtime_ns
    assert build_pairs(konvid_root).manifest.cache.hits == 3
    assert pruned(Criteria(older_than=86400)).removed == 0
    assert entries[2].stat().st_mtime_ns == recent


def test_a_report_that_begins_with_a_blank_line_is_never_replaced(
    konvid_root: Path, tmp_path: Path
) -> None:
    theirs = put(tmp_path / "cache" / "konvid_1k" / "KoNViD_1k_videos_10.json", b"\n" + REPORT)
    built = build_pairs(konvid_root)
    (failure,) = built.manifest.failures
    assert "another tool's report, which is not replaced" in failure.reason
    assert theirs.read_bytes() == b"\n" + REPORT
