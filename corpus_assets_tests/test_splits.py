"""Splits of training tables: who is where, what moves none, and their publication."""

from __future__ import annotations

import errno
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus_assets.artifacts.publication import Publication
from corpus_assets.errors import DataError, StorageError
from corpus_assets.files import sha256_of_bytes
from corpus_assets.manifests.pair import examine
from corpus_assets.manifests.source_parts import SourcesPart
from corpus_assets.manifests.splits import Shares, SplitsDocument
from corpus_assets.manifests.verification import verify
from corpus_assets.tables.merged_row import read_row
from corpus_assets.tables.reading import read_facts
from corpus_assets.tables.sources import Contents, SourceName
from corpus_assets_tests.making import build_merged
from corpus_assets_tests.rows import ONE, THREE, TWO, row, write_rows

MANIFEST, SPLITS = "fr_train_corpus.manifest.json", "fr_train_corpus.splits.json"
TABLE = "fr_train_corpus.jsonl"
MOST_STEPS = 200
Named = dict[tuple[str, str], int]


def split(named: Named, shares: Shares = Shares(0.2, 0.2)) -> dict[tuple[str, str], str]:  # noqa: B008
    """Return the split of every source, given with a number that tells contents apart."""
    contents = Contents()
    for name, number in named.items():
        contents.add(SourceName(*name), sha256_of_bytes(str(number).encode()), key=name[1])
    document = SplitsDocument.of("t", "0" * 64, contents, shares)
    assert sum(document.counts.values()) == len(named)
    held_out = [name for names in document.folds.values() for name in names]
    assert sorted(held_out) == sorted(named)
    return {(one.corpus, one.source): one.split for one in document.sources}


NAMES = st.tuples(st.sampled_from("ab"), st.text(max_size=3))


@given(st.dictionaries(NAMES, st.integers(0, 9)), st.dictionaries(NAMES, st.integers(0, 9)))
def test_clips_that_are_added_move_none(before: Named, added: Named) -> None:
    old, new = split(before), split({**added, **before})
    assert {name: new[name] for name in old} == old
    of_content: dict[int, set[str]] = {}
    for name, number in before.items():
        of_content.setdefault(number, set()).add(old[name])
    assert all(len(sides) == 1 for sides in of_content.values())


def contents_of(*told: tuple[str, str, str | None]) -> Contents:
    """Return the contents of sources, given with corpus, key and what is known of the content."""
    contents = Contents()
    for corpus, key, content in told:
        contents.add(SourceName(corpus, key), content, key)
    return contents


@pytest.mark.parametrize("turned", [False, True])
def test_what_one_input_knows_holds_of_all_with_the_key(turned: bool) -> None:
    told = [("a", "clip", ONE), ("b", "clip", None), ("b", "other", None)]
    contents = contents_of(*(reversed(told) if turned else told))
    document = SplitsDocument.of("t", "0" * 64, contents, Shares(0.3, 0.3))
    assert document.folds[ONE] == (("a", "clip"), ("b", "clip"))
    assert {one.content for one in document.sources if one.source == "clip"} == {ONE}
    assert [one.known for one in document.sources] == [True, False, False]
    part = SourcesPart.of(contents)
    assert (part.contents, part.unknown, part.joined, part.divided) == (2, 1, 1, 0)
    assert [one.names for one in part.listed] == [("a/clip", "b/clip")]


def test_what_has_several_contents_is_named() -> None:
    """Two known ones of a key say nothing of a third source with that key."""
    contents = contents_of(
        *(("a", "clip", ONE), ("b", "clip", TWO), ("c", "clip", None)),
        *(("d", "twice", ONE), ("d", "twice", THREE)),
    )
    part = SourcesPart.of(contents)
    assert (part.contents, part.unknown, part.joined, part.divided) == (4, 1, 0, 2)
    assert [(one.name, one.count) for one in part.listed_divided] == [("c/clip", 3), ("d/twice", 2)]
    assert part.listed_divided[1].sha256 == (ONE, THREE)


def test_shares_are_met_on_average() -> None:
    named = {("a", str(number)): number for number in range(2000)}
    sides = list(split(named, Shares(validation=0.2, test=0.1)).values())
    assert sides.count("test") == pytest.approx(200, abs=50)
    assert sides.count("validation") == pytest.approx(400, abs=60)
    assert set(split(named, Shares(0.0, 0.0)).values()) == {"train"}
    assert set(split(named, Shares(0.0, 1.0)).values()) == {"test"}


def test_the_rule_is_as_written() -> None:
    """Recorded, so that no release moves a source."""
    shares = Shares(0.3, 0.3)
    sides = [shares.split_of(f"{digit:x}" * 64) for digit in range(16)]
    assert sides == RECORDED


SIDES = {"-": "train", "v": "validation", "e": "test"}
RECORDED = [SIDES[letter] for letter in "-vvve-vvve--ve--"]


def shards_in(folder: Path) -> None:
    for number in (1, 2, 3):
        rows = [row(f"{number}{one}.mp4", f"{number}{one}" * 32) for one in "abcdef"]
        write_rows(folder / f"{number}.jsonl", *rows)


def test_published_checked_and_removed(tmp_path: Path) -> None:
    shards_in(tmp_path)
    settings: dict[str, Any] = {"shards": [str(tmp_path / "1.jsonl")]}
    path = build_merged(**settings, splits=True).manifest_path
    splits = path.with_name(SPLITS)
    first = splits.read_bytes()
    assert verify(path).mismatches == ()
    assert build_merged(**settings, splits=True).manifest.splits is not None
    assert splits.read_bytes() == first
    for change, named in (
        ({"split": "nowhere"}, "splits"),
        ({"content": "f" * 64}, "splits.folds"),
    ):
        document = json.loads(first)
        document["sources"][0] |= change
        splits.write_text(json.dumps(document))
        assert {"splits.sha256", named} <= {one.what for one in verify(path).mismatches}
    document = json.loads(first)
    document["sources"][0]["split"] = {"train": "test"}.get(
        document["sources"][0]["split"], "train"
    )
    document["table"]["content_sha256"] = "0" * 64
    splits.write_text(json.dumps(document))
    what = {one.what for one in verify(path).mismatches}
    assert {"splits.table", "splits of /1a.mp4"} <= what
    splits.unlink()
    assert [str(one) for one in examine(path)] == [f"splits: expected {splits}, found no such file"]
    splits.write_bytes(first)
    build_merged(**settings)
    assert not splits.exists()
    assert verify(path).mismatches == ()
    splits.write_bytes(first)
    assert [one.what for one in examine(path)] == ["splits"]


def test_what_was_set_aside_is_put_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the new table did not get its name: by an error, or by a kill and a run that fails."""
    shards_in(tmp_path)
    path = build_merged(shards=[str(tmp_path / "1.jsonl")], splits=True).manifest_path
    splits = path.with_name(SPLITS)
    before = {one.name: one.read_bytes() for one in path.parent.iterdir()}
    real = Publication._set_aside

    def full(self: Publication) -> None:
        real(self)
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patch:
        patch.setattr(Publication, "_set_aside", full)
        for wanted in (True, False):
            with pytest.raises(StorageError):
                build_merged(shards=[str(tmp_path / "2.jsonl")], splits=wanted)
            assert {one.name: one.read_bytes() for one in path.parent.iterdir()} == before
    splits.rename(splits.with_name(f".{SPLITS}.{'0' * 12}.tmp"))
    assert [one.what for one in examine(path)] == ["splits"]
    with pytest.raises(DataError):
        build_merged(shards=[str(write_rows(tmp_path / "bad.jsonl", "{}"))])
    assert {one.name: one.read_bytes() for one in path.parent.iterdir()} == before
    assert examine(path) == []


def test_repeated_contents_are_those_of_the_splits(tmp_path: Path) -> None:
    rows = [row("a:x", ONE), row("b:y", ONE, crf=20), row("c:z", TWO)]
    path = build_merged(
        shards=[str(write_rows(tmp_path / "1.jsonl", *rows))], splits=True
    ).manifest_path
    assert verify(path).mismatches == ()
    document = json.loads(path.read_text())
    document["sources"] |= {"repeated": 0, "listed": []}
    path.write_text(json.dumps(document))
    (wrong,) = verify(path).mismatches
    assert str(wrong) == "splits.folds of several names: expected 0, found 1"


def splits_are_of_the_table(runs: Path) -> bool:
    """Say whether no splits are there, or those of the table."""
    if not (runs / SPLITS).exists():
        return True
    said = json.loads((runs / SPLITS).read_text())["table"]["content_sha256"]
    return bool(said == read_facts(runs / TABLE, read_row).content_sha256)


@pytest.mark.parametrize(("before", "after"), [(2, 3), (2, 30), (20, 2)])
def test_killed_at_every_step(tmp_path: Path, before: int, after: int) -> None:
    """With splits (below ten) and without, one after the other."""
    shards_in(tmp_path)
    runs, kept = tmp_path / "runs", tmp_path / "kept"
    process = subprocess.Popen(
        [sys.executable, "-m", "corpus_assets_tests.killed_at", str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    assert process.stdin
    assert process.stdout

    def run(step: int, number: int) -> int:
        assert process.stdin
        assert process.stdout
        process.stdin.write(f"{step} {number}\n")
        return int(process.stdout.readline())

    def expected(number: int) -> set[str]:
        return {TABLE, MANIFEST, *([SPLITS] if number < 10 else [])}

    def rows_if_whole() -> int | None:
        wrong = examine(runs / MANIFEST)
        if not wrong:
            return len((runs / TABLE).read_text().splitlines())
        left = any(one.what == "publication" for one in wrong)
        assert left or {one.what for one in wrong} == {"splits"}, wrong
        return None

    assert run(0, before) == 0
    shutil.copytree(runs, kept)
    seen = set()
    for step in range(1, MOST_STEPS):
        if (status := run(step, after)) == 0:
            break
        assert status == -signal.SIGKILL
        assert splits_are_of_the_table(runs), step
        seen.add(rows_if_whole())
        assert run(0, after) == 0, step
        assert rows_if_whole() == 6 * int(str(after)[0])
        assert {path.name for path in runs.iterdir()} == expected(after), step
        assert verify(runs / MANIFEST).mismatches == ()
        shutil.rmtree(runs)
        shutil.copytree(kept, runs)
    assert step > 20
    assert {6 * int(str(before)[0]), 6 * int(str(after)[0])} <= seen
    process.stdin.close()
    process.wait(timeout=30)
    process.stdout.close()
