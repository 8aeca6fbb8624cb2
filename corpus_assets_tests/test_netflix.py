"""Netflix Public: pairing, one pass over all features, and raw files that are not in order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from corpus_assets.artifacts.settings import NetflixSettings, validated
from corpus_assets.corpora import file_source
from corpus_assets.corpora.netflix_public import Geometry, discover
from corpus_assets.corpora.selection import Selection
from corpus_assets.errors import EmptyCorpusError, EngineError, RootError, SettingError, SetupError
from corpus_assets.files import sha256_of_file
from corpus_assets.kernels.frame_metrics import COLUMNS
from corpus_assets.libvmaf.features import CANONICAL6, FULL, FULL_V1
from corpus_assets.libvmaf.self_check import TOLERANCE
from corpus_assets_tests.making import build_netflix, manifest_of
from corpus_assets_tests.media import NETFLIX_SIZE, PAIR_FRAMES, run_ffmpeg, write_pair

SIZE: dict[str, Any] = {"width": NETFLIX_SIZE[0], "height": NETFLIX_SIZE[1]}
FRAME_BYTES = NETFLIX_SIZE[0] * NETFLIX_SIZE[1] * 3 // 2
REPORT_KEYS = {
    "adm2": "integer_adm2",
    **{f"adm_scale{n}": f"integer_adm_scale{n}" for n in range(4)},
    **{f"vif_scale{n}": f"integer_vif_scale{n}" for n in range(4)},
    "motion": "VMAF_integer_feature_motion_sad_score",
    "motion2": "integer_motion2",
    "motion3": "integer_motion3",
}
"""Report keys of libvmaf 3.2 that are not the columns' own names, written out again on purpose."""
EXTRACTORS = (
    "name=psnr|name=float_ssim|name=float_ms_ssim|name=cambi|name=ciede|name=psnr_hvs|"
    "name=speed_temporal|name=speed_chroma"
)


def direct_run(
    ffmpeg: str, reference: Path, distorted: Path, work: Path, pixel_format: str = "yuv420p"
) -> pd.DataFrame:
    """Score two raw files with libvmaf as a user would by hand; columns are report keys."""
    size = f"{NETFLIX_SIZE[0]}x{NETFLIX_SIZE[1]}"
    raw = ("-f", "rawvideo", "-pixel_format", pixel_format, "-video_size", size)
    run_ffmpeg(
        ffmpeg,
        *(*raw, "-i", reference, *raw, "-i", distorted, "-filter_complex"),
        f"[1:v][0:v]libvmaf=log_fmt=json:log_path={work / 'direct.json'}:feature={EXTRACTORS}[o]",
        *("-map", "[o]", "-f", "null", "-"),
    )
    frames = json.loads((work / "direct.json").read_text())["frames"]
    return pd.DataFrame([frame["metrics"] for frame in frames])


def as_computed(column: str, expected: list[float]) -> Any:
    """Return what a column must equal: libvmaf's numbers, or near them where kernels compute."""
    return pytest.approx(expected, rel=0, abs=TOLERANCE) if column in COLUMNS else expected


def table_of(manifest: Any) -> pd.DataFrame:
    return pd.read_parquet(manifest.artifact.path)


def test_every_available_column_equals_a_direct_run(
    netflix_root: Path, tmp_path: Path, ffmpeg: str
) -> None:
    """By libvmaf alone; kernels give its numbers but for the last digit."""
    manifest = build_netflix(netflix_root, accelerate="off", **SIZE).manifest
    table = table_of(manifest)
    columns = ["source", "dis_basename", "frame_index", "codec", "vmaf", *FULL.columns]
    assert list(table.columns) == columns
    pairs = {
        "Bikes_30_144_200.yuv": "Bikes_25fps.yuv",
        "Bikes_80_216_900.yuv": "Bikes_25fps.yuv",
        "Bunny_40_144_300.yuv": "Bunny_29.97fps.yuv",
    }
    assert table["dis_basename"].unique().tolist() == [*pairs]
    for distorted, reference in pairs.items():
        rows = table[table["dis_basename"] == distorted]
        assert rows["frame_index"].tolist() == list(range(PAIR_FRAMES))
        assert set(rows["source"]) == {distorted.split("_")[0]}
        assert set(rows["codec"]) == {"unknown"}
        files = netflix_root / "ref" / reference, netflix_root / "dis" / distorted
        direct = direct_run(ffmpeg, *files, tmp_path)
        for column in ("vmaf", *FULL.columns):
            if column == "ssimulacra2":
                assert rows[column].isna().all()
                continue
            expected = direct[REPORT_KEYS.get(column, column)].tolist()
            assert rows[column].tolist() == as_computed(column, expected), column
            assert np.isfinite(expected).all()
    (unavailable,) = manifest.unavailable_features
    assert unavailable.feature == "ssimulacra2"
    assert unavailable.reason == "this libvmaf has no extractor ssimulacra2"
    assert unavailable.clips is None
    for moving in ("motion", "motion2", "ciede2000", "float_ms_ssim", "vmaf"):
        assert table[moving].nunique() > PAIR_FRAMES, moving


def test_types_of_the_table(netflix_root: Path) -> None:
    manifest = build_netflix(netflix_root, max_pairs=1, codec="h264", **SIZE).manifest
    schema = pq.read_schema(manifest.artifact.path)
    types = {field.name: str(field.type) for field in schema}
    texts = {"source": "string", "dis_basename": "string", "codec": "string"}
    numbers = dict.fromkeys(("vmaf", *FULL.columns), "double")
    assert types == {**texts, "frame_index": "int64", **numbers}
    assert set(table_of(manifest)["codec"]) == {"h264"}


def test_files_are_hashed_once_however_many_pairs_share_them(
    netflix_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []

    def counting(path: Path, *_: object) -> str:
        hashed.append(f"{path.parent.name}/{path.name}")
        return sha256_of_file(path)

    monkeypatch.setattr(file_source, "sha256_of_file", counting)
    first = build_netflix(netflix_root, **SIZE, feature_set="canonical6")
    files = [file.path for file in first.manifest.inventory.files]
    assert sorted(hashed) == files
    assert len(files) == 5
    hashed.clear()
    changed = netflix_root / "dis" / "Bikes_30_144_200.yuv"
    changed.write_bytes(changed.read_bytes()[::-1])
    build_netflix(netflix_root, **SIZE, feature_set="canonical6")
    assert hashed == ["dis/Bikes_30_144_200.yuv"]


def test_manifest(netflix_root: Path) -> None:
    (netflix_root / "dis" / "Nothing_1_2_3.yuv").write_bytes(b"x")
    manifest = manifest_of(build_netflix(netflix_root, **SIZE))
    assert manifest["schema"] == "netflix-full-features-manifest-v1"
    assert manifest["features"] == list(FULL.columns)
    stats = manifest["stats"]
    assert (stats["pairs"], stats["rows"]) == (3, 3 * PAIR_FRAMES)
    assert set(stats) == {"pairs", "rows", "elapsed_s"}
    assert manifest["geometry"] == {
        **SIZE,
        "pix_fmt": "yuv420p",
        "assumed": False,
    }
    provenance = manifest["run_provenance"]
    assert set(provenance["inputs"]) == {"data_root", "cache_dir", "vmaf_bin"}
    assert set(provenance["outputs"]) == {"parquet", "manifest"}
    assert provenance["args"]["feature_set"] == "full"
    names = [entry["path"] for entry in manifest["inventory"]["files"]]
    assert names == [
        *("dis/Bikes_30_144_200.yuv", "dis/Bikes_80_216_900.yuv", "dis/Bunny_40_144_300.yuv"),
        *("ref/Bikes_25fps.yuv", "ref/Bunny_29.97fps.yuv"),
    ]
    (skipped,) = manifest["skipped"]
    assert skipped["name"] == "dis/Nothing_1_2_3.yuv"
    assert skipped["reason"].startswith("orphan")


def test_discovery_names_everything_that_is_left_out(tmp_path: Path) -> None:
    ref, dis = tmp_path / "ref", tmp_path / "dis"
    for path in (
        *(ref / "A_25fps.yuv", ref / "A_30fps.yuv", ref / "B_24fps.yuv", ref / "C.yuv"),
        *(ref / "Z_0fps.yuv", dis / "A_1_288_375.yuv", dis / "A_2_288_375.yuv"),
        *(dis / "A_bad.yuv", dis / "D_1_2_3.yuv", dis / "readme.txt", dis / "A_1_2_3.YUV"),
    ):
        path.parent.mkdir(exist_ok=True)
        path.touch()
    (dis / "A_9_9_9.yuv").mkdir()
    (dis / "A_8_8_8.yuv").symlink_to("/etc/passwd")
    found = discover(tmp_path, Geometry(), selection=Selection(limit=1, limit_name="max_pairs"))
    assert [clip.key for clip in found.clips] == ["A_1_288_375"]
    assert found.clips[0].reference.source.name == "ref/A_25fps.yuv"
    grammar = "not named <Source>_<quality>_<height>_<kbps>.yuv"
    assert {skip.name: skip.reason for skip in found.skipped} == {
        "dis/A_1_2_3.YUV": grammar,
        "dis/A_2_288_375.yuv": "beyond max_pairs",
        "dis/A_8_8_8.yuv": "symbolic link that leads out of the corpus",
        "dis/A_9_9_9.yuv": "not a regular file",
        "dis/A_bad.yuv": grammar,
        "dis/D_1_2_3.yuv": "orphan: there is no reference ref/D_<fps>fps.yuv",
        "dis/readme.txt": grammar,
        "ref/A_30fps.yuv": "second reference of its source; A_25fps.yuv is used",
        "ref/B_24fps.yuv": "reference without a distorted file",
        "ref/C.yuv": "not named <Source>_<fps>fps.yuv",
        "ref/Z_0fps.yuv": "not named <Source>_<fps>fps.yuv",
    }
    assert found.found == 12


def test_roots_that_do_not_hold_the_corpus(tmp_path: Path) -> None:
    with pytest.raises(RootError, match=r"is not a folder; set data_root or VMAF_NETFLIX_CORPUS"):
        discover(tmp_path / "none", Geometry())
    (tmp_path / "ref").mkdir()
    with pytest.raises(RootError, match=r"has no folder dis/; set data_root"):
        discover(tmp_path, Geometry())
    (tmp_path / "dis").mkdir()
    with pytest.raises(EmptyCorpusError, match=r"no pair in .*they are empty"):
        discover(tmp_path, Geometry())


def test_bad_files_next_to_good_ones(netflix_root: Path) -> None:
    """Length, partial frame, no byte, wrong depth: each is one failed pair with its numbers."""
    dis = netflix_root / "dis"
    good = (dis / "Bikes_30_144_200.yuv").read_bytes()
    ten_bit = np.frombuffer(good[: 3 * FRAME_BYTES], np.uint8).astype("<u2") * 4
    (dis / "Bikes_1_1_1.yuv").write_bytes(good[: 4 * FRAME_BYTES])
    (dis / "Bikes_2_2_2.yuv").write_bytes(good[:-100])
    (dis / "Bikes_3_3_3.yuv").write_bytes(b"")
    (dis / "Bikes_4_4_4.yuv").write_bytes(ten_bit.tobytes())
    manifest = manifest_of(build_netflix(netflix_root, feature_set="canonical6", **SIZE))
    failures = {failure["key"]: failure["reason"] for failure in manifest["failures"]}
    size, expected = PAIR_FRAMES * FRAME_BYTES - 100, f"384x216 yuv420p frames of {FRAME_BYTES}"
    assert failures["Bikes_1_1_1"] == f"reference has {PAIR_FRAMES} frames, distorted 4"
    assert f"{size} bytes are not a whole number of {expected} bytes" in failures["Bikes_2_2_2"]
    assert "0 bytes are not a whole number" in failures["Bikes_3_3_3"]
    assert "holds 10-bit samples, read as 8 bit" in failures["Bikes_4_4_4"]
    assert "set width, height and pix_fmt" in failures["Bikes_4_4_4"]
    assert len(failures) == 4
    assert manifest["counts"]["extracted"] == 3
    frames = next(f["frames"] for f in manifest["failures"] if f["key"] == "Bikes_1_1_1")
    assert (frames["container"], frames["container_distorted"]) == (PAIR_FRAMES, 4)


def test_geometry_is_assumed_only_where_the_size_allows_it(netflix_root: Path) -> None:
    """Frames of 384x216 are no whole frames of 1920x1080."""
    with pytest.raises(Exception, match=r"not a whole number of 1920x1080 yuv420p frames"):
        build_netflix(netflix_root)


def test_ten_bit_pairs(tmp_path: Path, ffmpeg: str) -> None:
    root, ten = tmp_path / "c", "yuv420p10le"
    write_pair(ffmpeg, "bikes", root, "A_25fps.yuv", "A_1_2_3.yuv", crf=40, pixel_format=ten)
    reference, distorted = root / "ref" / "A_25fps.yuv", root / "dis" / "A_1_2_3.yuv"
    table = table_of(build_netflix(root, pix_fmt=ten, accelerate="off", **SIZE).manifest)
    direct = direct_run(ffmpeg, reference, distorted, tmp_path, ten)
    for column in ("vmaf", *FULL.columns):
        if column != "ssimulacra2":
            expected = direct[REPORT_KEYS.get(column, column)].tolist()
            assert table[column].tolist() == as_computed(column, expected), column
    data = bytearray(distorted.read_bytes())
    data[4 * 2 * FRAME_BYTES + 1] = 0x40
    (root / "dis" / "A_4_4_4.yuv").write_bytes(bytes(data))
    settings = {"pix_fmt": ten, "feature_set": "canonical6", **SIZE}
    (failure,) = manifest_of(build_netflix(root, **settings))["failures"]
    assert failure["key"] == "A_4_4_4"
    assert "frame 4 has a sample of 16" in failure["reason"]
    assert "and 10-bit samples are 1023 at most" in failure["reason"]


def test_identical_planes_give_null_where_the_metric_is_infinite(netflix_root: Path) -> None:
    dis = netflix_root / "dis"
    (dis / "Bikes_99_1_1.yuv").write_bytes((netflix_root / "ref/Bikes_25fps.yuv").read_bytes())
    manifest = build_netflix(netflix_root, **SIZE).manifest
    table = table_of(manifest)
    same = table[table["dis_basename"] == "Bikes_99_1_1.yuv"]
    assert len(same) == PAIR_FRAMES
    nulls = {column for column in table.columns if same[column].isna().all()}
    assert nulls == {"ciede2000", "psnr_hvs", "ssimulacra2"}
    assert (same["psnr_y"] == 60).all()
    assert {part.feature for part in manifest.unavailable_features} == {"ssimulacra2"}
    others = table[table["dis_basename"] != "Bikes_99_1_1.yuv"]
    assert others[["ciede2000", "psnr_hvs"]].notna().all().all()


@pytest.mark.parametrize(
    ("size", "lost"),
    [
        ((64, 64), ["cambi", "float_ms_ssim", "speed_chroma_u", "speed_temporal"]),
        ((176, 144), ["cambi", "float_ms_ssim", "speed_chroma_u"]),
        ((18, 18), ["cambi", "float_ms_ssim", "speed_chroma_u", "speed_temporal"]),
    ],
)
def test_small_frames_give_nulls_with_reasons(
    tmp_path: Path, ffmpeg: str, size: tuple[int, int], lost: list[str]
) -> None:
    original = "carphone_pristine"
    write_pair(ffmpeg, original, tmp_path / "c", "C_30fps.yuv", "C_1_2_3.yuv", crf=35, size=size)
    manifest = build_netflix(tmp_path / "c", width=size[0], height=size[1]).manifest
    assert manifest.counts.extracted == 1
    reasons = {part.feature: part.reason for part in manifest.unavailable_features}
    expected = {*lost, "ssimulacra2", "speed_chroma_v", "speed_chroma_uv"}
    assert set(reasons) == expected
    for name in lost:
        assert f"frames of {size[0]}x{size[1]} are too small" in reasons[name]
    table = table_of(manifest)
    assert {column for column in table if table[column].isna().any()} == expected
    assert table["vmaf"].notna().all()


def test_feature_sets(netflix_root: Path) -> None:
    def columns(choice: Any) -> list[str]:
        built = build_netflix(netflix_root, max_pairs=1, feature_set=choice, **SIZE)
        assert built.manifest.features == tuple(table_of(built.manifest).columns[5:])
        return list(built.manifest.features)

    assert columns("canonical6") == list(CANONICAL6.columns)
    assert columns("full_v1") == list(FULL_V1.columns)
    assert len(FULL.columns) == 25
    assert len(FULL_V1.columns) == 21
    assert columns(["psnr_y", "adm2"]) == ["psnr_y", "adm2"]
    assert columns("psnr_y, adm2") == ["psnr_y", "adm2"]


def test_a_report_with_more_features_serves_fewer(netflix_root: Path) -> None:
    full = build_netflix(netflix_root, **SIZE).manifest
    fewer = build_netflix(netflix_root, feature_set="canonical6", **SIZE).manifest
    assert fewer.counts.cached == 3
    columns = ["vmaf", *CANONICAL6.columns]
    pd.testing.assert_frame_equal(table_of(full)[columns], table_of(fewer)[columns])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"feature_set": "nope"}, "feature_set: 'nope' is not allowed; unknown feature or set"),
        ({"feature_set": ["vmaf"]}, "unknown feature or set: vmaf"),
        ({"feature_set": []}, "names each once, and at least one"),
        ({"feature_set": "adm2,adm2"}, "names each once"),
        ({"feature_set": 3}, "it takes the name of a set, or a list"),
        ({"max_pairs": 0}, "max_pairs: 0 is not allowed; it should be greater than or equal to 1"),
        ({"width": 1280}, "width and height are given together"),
        ({"width": 1281, "height": 721}, "width and height are even"),
        ({"width": 16, "height": 16}, "width: 16 is not allowed"),
        ({"pix_fmt": "yuv422p"}, "pix_fmt: 'yuv422p' is not allowed"),
        ({"codec": ""}, "codec: '' is not allowed"),
    ],
)
def test_settings_that_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SetupError, match=message.replace("(", r"\(")):
        validated(NetflixSettings, settings)


def test_models(netflix_root: Path) -> None:
    """A model with options reports its features under suffixed keys, beside the plain ones."""
    settings = {"feature_set": "full_v1", "max_pairs": 1, **SIZE}
    default = build_netflix(netflix_root, **settings).manifest
    first = table_of(default)
    for model in ("vmaf_v0.6.1neg", "vmaf_4k_v0.6.1"):
        other = build_netflix(netflix_root, model=model, **settings).manifest
        assert other.cache.stale == 1
        assert other.engine.model.name == model
        second = table_of(other)
        pd.testing.assert_frame_equal(first.drop(columns="vmaf"), second.drop(columns="vmaf"))
    assert (first["vmaf"] != second["vmaf"]).all()
    with pytest.raises(SettingError, match="it takes a built-in model's name"):
        build_netflix(netflix_root, model="vmaf_v0.6.1|vmaf_4k_v0.6.1", **settings)
    with pytest.raises(EngineError, match="cannot score with model vmaf_b_v0"):
        build_netflix(netflix_root, model="vmaf_b_v0.6.3", **settings)


def test_a_model_that_needs_larger_frames_fails_the_pair(tmp_path: Path, ffmpeg: str) -> None:
    """This model eats cambi, which cannot run at 176x144; libvmaf then ends with exit code 0."""
    root = tmp_path / "c"
    small, large = (176, 144), NETFLIX_SIZE
    write_pair(ffmpeg, "bikes", root, "S_25fps.yuv", "S_1_2_3.yuv", crf=35, size=small)
    settings: dict[str, Any] = {"model": "vmaf_v1.0.16_3d0h", "feature_set": "canonical6"}
    with pytest.raises(Exception, match="S_1_2_3: accept: libvmaf wrote no report"):
        build_netflix(root, width=176, height=144, **settings)
    write_pair(ffmpeg, "bikes", root, "S_25fps.yuv", "S_1_2_3.yuv", crf=35, size=large)
    assert build_netflix(root, **SIZE, **settings).manifest.counts.extracted == 1
