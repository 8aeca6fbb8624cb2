"""Corpora as observable sources: what changes their version, and what is behind then."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.data_version import CachingStaleStatusResolver
from dagster._core.loader import LoadingContextForTest

from corpus_assets.artifacts.settings import SharedSettings
from corpus_assets.artifacts.sources import SOURCES, Observed, observe
from corpus_assets.errors import EmptyCorpusError, RootError, UnsetRootError
from corpus_assets.extraction import corpus_version
from corpus_assets.locks import held
from corpus_assets.orchestration.build import build_definitions
from corpus_assets_tests.archives import stem, write_archive
from corpus_assets_tests.dagster_runs import KEY, materialize_pairs, metadata_of
from corpus_assets_tests.making import build_pairs, manifest_of

NETFLIX, KONVID, BVI = SOURCES
VIDEOS = dg.AssetKey(["konvid_1k", "videos"])
TIERS, TIER_VIDEOS = dg.AssetKey(["bvi_dvc", "full_features"]), dg.AssetKey(["bvi_dvc", "videos"])


def look(source: Any = KONVID, **settings: Any) -> Observed:
    return observe(source, settings, SharedSettings(), os.environ)


def version(observed: Observed, part: str | None = None) -> str:
    return observed.versions[part].digest


def memories(tmp_path: Path) -> list[Path]:
    return [*(tmp_path / "cache" / "inventories").iterdir()]


@pytest.fixture
def videos(konvid_root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three clips that have no content worth scoring."""
    monkeypatch.setenv("VMAF_KONVID_1K_DIR", str(konvid_root))
    return konvid_root / "KoNViD_1k_videos"


CHANGES: dict[str, Callable[[Path], object]] = {
    "added": lambda videos: (videos / "15.mp4").write_bytes(b"new"),
    "removed": lambda videos: (videos / "20.mp4").unlink(),
    "renamed": lambda videos: (videos / "20.mp4").rename(videos / "21.mp4"),
    "longer": lambda videos: lengthen(videos / "20.mp4"),
    "same size": lambda videos: flip(videos / "20.mp4"),
    "same size and time": lambda videos: replace_unnoticed(videos / "20.mp4"),
}


def lengthen(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"more")


def flip(path: Path) -> None:
    """Change a byte in place."""
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)


def replace_unnoticed(path: Path) -> None:
    """Put another file of the same size and time in its place."""
    status, other = path.stat(), path.with_name("other")
    other.write_bytes(bytes(status.st_size))
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(path)


@pytest.mark.parametrize("read", [False, True], ids=["unread", "read"])
@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_the_version(change: str, read: bool, videos: Path, tmp_path: Path) -> None:
    before = version(look())
    if read:
        build_pairs(videos.parent)
    (videos / "notes.txt").write_text("no clip")
    assert version(look()) == before
    CHANGES[change](videos)
    after = version(look())
    assert after != before
    assert version(look()) == after
    assert [path.suffix for path in memories(tmp_path)] == [".json"]


def test_a_touch_changes_nothing_of_files_that_runs_have_read(videos: Path) -> None:
    before = look()
    assert (before.hashed, before.versions[None].files, before.root) == (0, 3, videos.parent)
    assert before.versions[None].bytes == sum(path.stat().st_size for path in videos.iterdir())
    build_pairs(videos.parent)
    for path in videos.iterdir():
        path.touch()
    shutil.copy(videos / "20.mp4", videos / "copy")
    (videos / "copy").replace(videos / "20.mp4")
    touched = look()
    assert (version(touched), touched.hashed) == (version(before), 3)
    assert look().hashed == 0, "remembered"
    for path in videos.iterdir():
        path.touch()
    assert manifest_of(build_pairs(videos.parent))["counts"]["cached"] == 3
    shutil.rmtree(videos.parents[1] / "cache" / "konvid_1k")
    again = look()
    assert (version(again), again.hashed) == (version(before), 3), "known without the reports too"


def test_content_that_comes_back_in_time_is_no_change(videos: Path) -> None:
    before, data = look(), (videos / "20.mp4").read_bytes()
    build_pairs(videos.parent)
    flip(videos / "20.mp4")
    (videos / "20.mp4").write_bytes(data)
    assert version(look()) == version(before)


def test_a_look_reads_so_many_bytes_and_no_more(
    videos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = look()
    build_pairs(videos.parent)
    for path in videos.iterdir():
        path.touch()
    most = (videos / "10.mp4").stat().st_size
    monkeypatch.setattr(corpus_version, "MOST_READ", most)
    bounded = look()
    assert bounded.hashed == 1
    assert version(bounded) != version(before), "what was not read counts as changed"
    assert version(look()) == version(bounded)


def test_netflix_goes_by_both_sides_of_a_pair(
    netflix_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VMAF_NETFLIX_CORPUS_DIR", str(netflix_root))
    before = look(NETFLIX)
    assert before.versions[None].files == 5
    (netflix_root / "dis" / "Orphan_30_144_200.yuv").write_bytes(b"of no pair")
    assert version(look(NETFLIX)) == version(before)
    flip(netflix_root / "ref" / "Bunny_29.97fps.yuv")
    assert version(look(NETFLIX)) != version(before)


def test_tiers_of_a_folder_and_of_an_archive(
    media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, archive = tmp_path / "bvi", tmp_path / "bvi.zip"
    folder.mkdir()
    monkeypatch.setenv("VMAF_BVI_DVC_DIR", str(folder))

    def versions() -> dict[str, str]:
        observed = look(BVI)
        return {str(tier): one.digest for tier, one in observed.versions.items()}

    def changed(before: dict[str, str]) -> list[str]:
        return [tier for tier, digest in versions().items() if digest != before[tier]]

    for name in ("AOne", "DOne"):
        shutil.copy(media / "ten.mp4", folder / f"{stem(name)}.mp4")
    before = versions()
    assert changed(before) == []
    flip(folder / f"{stem('DOne')}.mp4")
    assert changed(before) == ["D"]
    shutil.copy(media / "ten.mp4", folder / f"{stem('BOne')}.mp4")
    assert changed(before) == ["B", "D"]

    monkeypatch.setenv("VMAF_BVI_DVC_ZIP", str(archive))
    write_archive(archive, {"AOne": media / "ten.mp4", "DOne": media / "ten.mp4"})
    before = versions()
    write_archive(archive, {"DOne": media / "ten.mp4", "AOne": media / "ten.mp4"})
    os.utime(archive, (1, 1))
    assert changed(before) == [], "where in the archive, and when it was written"
    write_archive(archive, {"AOne": media / "ten.mp4", "DOne": media / "bikes.mp4"})
    assert changed(before) == ["D"]


@pytest.mark.parametrize("damage", [b"", b"{", b'{"format":1,"files":{"a":[1]}}', b'{"format":2}'])
def test_a_damaged_memory_is_begun_anew(videos: Path, tmp_path: Path, damage: bytes) -> None:
    before = look()
    (memory,) = memories(tmp_path)
    memory.write_bytes(damage)
    assert version(look()) == version(before), "files were not touched since"
    memory.unlink()
    memory.mkdir()
    blocked = look()
    assert (version(blocked), blocked.remembered) == (version(before), False)
    assert videos.is_dir()


def test_two_looks_at_once(videos: Path, tmp_path: Path) -> None:
    before = look()
    build_pairs(videos.parent)
    (videos / "20.mp4").touch()
    (memory,) = memories(tmp_path)
    (memory.parent / f".{memory.name}.0123456789ab.tmp").write_text("of a killed run")
    with held(memory):
        blocked = look()
    assert (version(blocked), blocked.remembered) == (version(before), False)
    assert (version(look()), memories(tmp_path)) == (version(before), [memory])


def test_links_out_of_the_corpus_are_looked_at_and_never_read(videos: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    (videos / "20.mp4").rename(store)
    (videos / "20.mp4").symlink_to(store)
    before = look()
    links: dict[str, Any] = {"follow_symlinks": True, "symlink_roots": [str(tmp_path)]}
    build_pairs(videos.parent, **links)
    assert version(look(**links)) == version(before), "whatever a run follows"
    store.touch()
    after = look()
    assert (version(after) != version(before), after.hashed) == (True, 0)


def test_a_file_that_cannot_be_read(videos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It counts by size and time, as one that nobody has read."""
    before = look()
    build_pairs(videos.parent)
    (videos / "20.mp4").touch()
    source = "corpus_assets.corpora.file_source.sha256_of_file"

    def refuse(*_: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(source, refuse)
    after = look()
    assert (version(after) != version(before), after.hashed) == (True, 0)


def test_cache_policy_off_writes_nothing(videos: Path, tmp_path: Path) -> None:
    look(cache_policy="off")
    assert not (tmp_path / "cache").exists()
    assert videos.is_dir()


def test_a_corpus_that_is_not_there(konvid_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnsetRootError, match="konvid_root is not set: set it, or VMAF_KONVID_1K"):
        look()
    for source in SOURCES:
        with pytest.raises(RootError, match=r"VMAF_.* is not a folder|is not a folder"):
            look(source, **{source.where[-1]: str(konvid_root / "nowhere")})
    monkeypatch.setenv("VMAF_KONVID_1K_DIR", str(konvid_root))
    shutil.rmtree(konvid_root / "KoNViD_1k_videos")
    (konvid_root / "KoNViD_1k_videos").mkdir()
    with pytest.raises(EmptyCorpusError, match="no clip in"):
        look()


def observed(instance: dg.DagsterInstance, *, succeeds: bool = True) -> dg.ExecuteInProcessResult:
    job = build_definitions().resolve_implicit_global_asset_job_def()
    result = job.execute_in_process(
        instance=instance, asset_selection=[VIDEOS], raise_on_error=succeeds
    )
    assert result.success == succeeds
    return result


def stale_status(
    instance: dg.DagsterInstance, key: dg.AssetKey = KEY, partition: str | None = None
) -> str:
    """Ask what Dagster's GraphQL asks for `staleStatus`; test_bvi_full.py asks GraphQL itself."""
    graph = build_definitions().resolve_asset_graph()
    resolver = CachingStaleStatusResolver(instance, graph, LoadingContextForTest(instance))
    return resolver.get_status(key, partition).value


def test_fresh_and_stale(videos: Path, tmp_path: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert materialize_pairs(instance, {}).success
        for path in videos.iterdir():
            path.touch()
        observed(instance)
        assert stale_status(instance) == "FRESH", "the run itself has looked at the corpus"
        shutil.copy(videos / "10.mp4", videos / "20.mp4")
        observed(instance)
        assert stale_status(instance) == "STALE"
        assert materialize_pairs(instance, {}).success
        observed(instance)
        assert stale_status(instance) == "FRESH"
        elsewhere = shutil.copytree(videos.parent, tmp_path / "elsewhere")
        assert materialize_pairs(instance, {"konvid_root": str(elsewhere)}).success
        assert stale_status(instance) == "STALE", "it is not made of the corpus that is observed"


def test_tiers_that_one_run_makes_and_one_of_another_archive(
    media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = write_archive(
        tmp_path / "bvi.zip", {"COne": media / "ten.mp4", "DOne": media / "ten.mp4"}
    )
    monkeypatch.setenv("VMAF_BVI_DVC_ZIP", str(archive))
    job = build_definitions().resolve_implicit_global_asset_job_def()

    def run(tags: dict[str, str], **settings: str) -> None:
        config = {"feature_set": "canonical6", **settings}
        result = job.execute_in_process(
            run_config={"ops": {"bvi_dvc__full_features": {"config": config}}},
            instance=instance,
            asset_selection=[TIERS],
            tags=tags,
        )
        assert result.success

    def status() -> list[str]:
        return [stale_status(instance, TIERS, tier) for tier in "CD"]

    with dg.DagsterInstance.ephemeral() as instance:
        run({"dagster/asset_partition_range_start": "C", "dagster/asset_partition_range_end": "D"})
        assert job.execute_in_process(instance=instance, asset_selection=[TIER_VIDEOS]).success
        assert status() == ["FRESH", "FRESH"]
        run(
            {"dagster/partition": "C"},
            bvi_zip=shutil.copy(str(archive), str(tmp_path / "other.zip")),
        )
        assert status() == ["STALE", "FRESH"]


def test_what_an_observation_and_a_materialization_record(videos: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        observed(instance)
        (record,) = instance.fetch_observations(VIDEOS, limit=5).records
        assert record.asset_observation is not None
        metadata: dict[str, Any] = {
            name: one.value for name, one in record.asset_observation.metadata.items()
        }
        size = sum(path.stat().st_size for path in videos.iterdir())
        assert metadata.pop("seconds") > 0
        digest = metadata.pop("digest")
        assert metadata == {
            "root": str(videos.parent),
            "files": 3,
            "bytes": size,
            "files_hashed": 0,
            "remembered": True,
        }
        assert materialize_pairs(instance, {}).success
        assert metadata_of(instance)["corpus_version"].value == digest
        assert instance.get_latest_materialization_event(KEY) is not None


def test_an_unset_root_fails_the_observation_and_no_more() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        result = observed(instance, succeeds=False)
    (event,) = [event for event in result.all_events if event.is_step_failure]
    failure = event.step_failure_data.user_failure_data
    assert failure is not None
    assert "konvid_root is not set: set it, or VMAF_KONVID_1K_DIR" in str(failure.description)
