"""Globs and limits: what is selected, what is left out and why, the same for every corpus."""

from __future__ import annotations

import json
import os
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus_assets.artifacts.bvi_full import FULL_FEATURES as BVI_FULL
from corpus_assets.artifacts.konvid_pairs import VMAF_PAIRS
from corpus_assets.artifacts.netflix_full import FULL_FEATURES as NETFLIX_FULL
from corpus_assets.artifacts.scored import ScoredAsset, ScoredRequest
from corpus_assets.artifacts.settings import SharedSettings, validated
from corpus_assets.corpora.selection import Selection
from corpus_assets.errors import EmptyCorpusError, SettingError
from corpus_assets_tests.archives import stem
from corpus_assets_tests.making import build_pairs, counted_scorings, manifest_of
from corpus_assets_tests.test_cli import ASSET, corpus_assets

CORPORA: dict[str, tuple[ScoredAsset, str, str]] = {
    "netflix_public": (NETFLIX_FULL, "data_root", "max_pairs"),
    "konvid_1k": (VMAF_PAIRS, "konvid_root", "max_clips"),
    "bvi_dvc": (BVI_FULL, "bvi_dir", "max_clips"),
}
FILES = {
    "netflix_public": ["ref/A_25fps.yuv", *(f"dis/A_{n}_288_375.yuv" for n in range(1, 5))],
    "konvid_1k": [f"KoNViD_1k_videos/{n}.mp4" for n in range(1, 5)],
    "bvi_dvc": [f"Videos/{stem(f'D{n}')}.mp4" for n in range(1, 5)],
}
GLOBS = {
    "netflix_public": "A_{}_*",
    "konvid_1k": "KoNViD_1k_videos_{}",
    "bvi_dvc": "D{}_*",
}


def write_files(root: Path, names: list[str]) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def resolved(asset: ScoredAsset, *tiers: str, **settings: Any) -> tuple[ScoredRequest, ...]:
    given = validated(asset.settings, settings)
    return asset.resolve(given, SharedSettings(), os.environ, tiers)


@pytest.mark.parametrize("corpus", CORPORA)
def test_globs_come_before_the_limit(corpus: str, tmp_path: Path) -> None:
    asset, root, limit = CORPORA[corpus]
    folder = tmp_path / "corpus"
    write_files(folder, FILES[corpus])
    glob = GLOBS[corpus].format
    (request,) = resolved(
        asset,
        **{root: str(folder), limit: 1},
        include=[glob(4), glob("[1-3]")],
        exclude=[glob(9), glob(1)],
    )
    found = request.discover()
    assert [clip.key for clip in found.clips if fnmatchcase(clip.key, glob(2))]
    assert len(found.clips) == 1
    assert [skip.reason for skip in found.skipped] == [
        f"excluded by {glob(1)}",
        f"beyond {limit}",
        f"beyond {limit}",
    ]
    assert found.found == 4
    (request,) = resolved(asset, **{root: str(folder)}, include=[glob(3)])
    found = request.discover()
    assert len(found.clips) == 1
    assert [skip.reason for skip in found.skipped] == ["not included"] * 3
    prefix = FILES[corpus][-1].rpartition("/")[0] + "/" if corpus != "konvid_1k" else ""
    assert all(skip.name.startswith(prefix) for skip in found.skipped)


@pytest.mark.parametrize("corpus", CORPORA)
def test_nothing_left_names_globs_and_keys(corpus: str, tmp_path: Path) -> None:
    asset, root, _ = CORPORA[corpus]
    write_files(tmp_path, FILES[corpus])
    tiers = ("D",) if corpus == "bvi_dvc" else ()
    lower = GLOBS[corpus].format(1).lower()
    (request,) = resolved(asset, *tiers, **{root: str(tmp_path)}, include=[lower])
    with pytest.raises(EmptyCorpusError) as caught:
        request.discover()
    text = str(caught.value)
    assert f"none of the 4 clips is left: include ['{lower}'];" in text
    key = GLOBS[corpus].format(1).rstrip("*")
    assert f"keys are {key}" in text
    (request,) = resolved(asset, *tiers, **{root: str(tmp_path)}, exclude=["*"])
    with pytest.raises(EmptyCorpusError, match=r"is left: exclude \['\*'\]; "):
        request.discover()


def test_tiers_without_selected_clips_are_left_out(tmp_path: Path) -> None:
    """Where no tier is named, globs choose among tiers, and the limit is one of each tier."""
    write_files(tmp_path, [f"{stem(name)}.mp4" for name in ("AOne", "BOne", "BTwo", "DOne")])
    root = str(tmp_path)

    def tiers(*named: str, **settings: Any) -> list[str | None]:
        requests = resolved(BVI_FULL, *named, bvi_dir=root, **settings)
        return [request.partition for request in requests]

    assert tiers(max_clips=1) == ["A", "B", "D"]
    assert tiers(exclude=["A*", "*Two*"]) == ["B", "D"]
    assert tiers("A", include=["B*"]) == ["A"]
    with pytest.raises(EmptyCorpusError, match=r"none of the 4 clips is left: include \['C\*'\]"):
        tiers(include=["C*"])


def test_shown_keys_are_few() -> None:
    with pytest.raises(EmptyCorpusError, match=r"keys are a0, a1, a2, a3, a4, and 995 more$"):
        Selection(include=("x",)).split({f"a{n}": "" for n in range(1000)})


KEYS = st.lists(st.text("aAb[]*?.", min_size=1, max_size=4), unique=True, min_size=1, max_size=9)
TEXTS = st.lists(st.text("aAb[]*?.!", min_size=1, max_size=4), max_size=3).map(tuple)


@given(KEYS, TEXTS, TEXTS, st.none() | st.integers(1, 5))
def test_every_key_is_selected_or_left_out(
    keys: list[str], include: tuple[str, ...], exclude: tuple[str, ...], limit: int | None
) -> None:
    selection = Selection(include, exclude, limit)
    try:
        selected, left_out = selection.split({key: key for key in keys})
    except EmptyCorpusError:
        assert all(selection.reason_against(key) for key in keys)
        return
    assert sorted([*selected, *(skip.name for skip in left_out)]) == sorted(keys)
    assert selected == [key for key in keys if key in selected]
    assert all(skip.reason for skip in left_out)


@pytest.mark.parametrize("setting", ["include", "exclude", "symlink_roots"])
def test_values_that_are_no_globs(setting: str) -> None:
    for value, message in (
        ([""], rf"{setting}: \[''\] is not allowed; it takes a list of texts, none of them empty"),
        ("A*", rf"{setting}: 'A\*' is not allowed; it should be a valid list"),
        ([1], rf"{setting}\.0: 1 is not allowed; it should be a valid string"),
    ):
        with pytest.raises(SettingError, match=message):
            validated(VMAF_PAIRS.settings, {setting: value})


def test_what_is_left_out_is_in_the_manifest(
    konvid_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with counted_scorings(monkeypatch) as started:
        manifest = manifest_of(build_pairs(konvid_root, include=["*_[12]0"], exclude=["*_10"]))
    assert len(started) == 1
    assert manifest["skipped"] == [
        {"name": "10.mp4", "reason": "excluded by *_10"},
        {"name": "30.mp4", "reason": "not included"},
    ]
    counts = manifest["counts"]
    assert (counts["found"], counts["selected"], counts["skipped"]) == (3, 1, 2)
    args = manifest["run_provenance"]["args"]
    assert (args["include"], args["exclude"]) == (["*_[12]0"], ["*_10"])


def test_repeated_flags(konvid_root: Path, tmp_path: Path) -> None:
    run = ("run", ASSET, "--konvid-root", konvid_root)
    globs = ("--include", "*_10", "--include", "*_20", "--exclude", "*_20")
    done = corpus_assets(*run, *globs, "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    manifest = json.loads(Path(json.loads(done.stdout)["manifest"]).read_text())
    assert manifest["counts"]["selected"] == 1
    assert manifest["run_provenance"]["args"]["include"] == ["*_10", "*_20"]
    document = json.loads(manifest["run_provenance"]["argv"][-1])
    config = document["ops"]["konvid_1k__vmaf_pairs"]["config"]
    assert (config["include"], config["exclude"]) == (["*_10", "*_20"], ["*_20"])
    planned = corpus_assets(*run, *globs, "--dry-run", folder=tmp_path).stdout
    assert planned.startswith("3 found, 1 selected, 2 skipped\n")
    nothing = corpus_assets(*run, "--include", "10", folder=tmp_path)
    assert nothing.returncode == 1
    assert nothing.stderr.startswith("error: none of the 3 clips is left: include ['10']; ")
    assert len(nothing.stderr.splitlines()) == 1
