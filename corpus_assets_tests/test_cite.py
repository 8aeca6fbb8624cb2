"""`corpus-assets cite`: what a manifest says, in three forms, whatever its texts hold."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from markdown_it import MarkdownIt

from corpus_assets.artifacts.request import Built
from corpus_assets.libvmaf.features import NAMED_SETS
from corpus_assets.manifests.bibtex import to_bibtex
from corpus_assets.manifests.card import to_markdown
from corpus_assets.manifests.citation import Citation
from corpus_assets.manifests.citing import cite
from corpus_assets_tests.archives import write_archive
from corpus_assets_tests.making import (
    build_bvi,
    build_konvid_full,
    build_netflix,
    build_pairs,
    build_rows,
)
from corpus_assets_tests.schemas import FOLDER, path_of
from corpus_assets_tests.test_cli import corpus_assets
from corpus_assets_tests.test_diff import earlier, strict

CLIPS = "KoNViD_1k_videos"
KEYS = (
    *("schema", "manifest", "manifest_schema", "artifact", "corpus", "corpora"),
    *("inputs", "unit", "counts"),
    *("selection", "skipped", "failed", "foreign_reports", "feature_set", "features"),
    *("unavailable_features", "geometry", "encode", "engine", "model", "created", "tool"),
    *("replay", "command"),
)


@pytest.fixture(scope="module")
def made(
    media: Path, pairs: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Built, Path]]:
    """One artifact of every kind; corpora and tables are gone, copies of the manifests are left."""
    folder = tmp_path_factory.mktemp("made")
    videos = folder / "konvid-1k" / CLIPS
    videos.mkdir(parents=True)
    for name, clip in {"10": "bikes", "20": "carphone", "30": "audio", "40": "gap"}.items():
        shutil.copy(media / f"{clip}.mp4", videos / f"{name}.mp4")
    (videos / "a|`b`\n.txt").touch()
    archive = write_archive(folder / "bvi.zip", {"DOne": media / "ten.mp4"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CORPUS_ASSETS_CACHE_DIR", str(folder / "cache"))
        patch.setenv("CORPUS_ASSETS_OUTPUT_DIR", str(folder / "runs"))
        built: dict[str, Built] = {
            "konvid": build_pairs(videos.parent, max_clips=3),
            "konvid_full": build_konvid_full(videos.parent, max_clips=1, feature_set=["psnr_y"]),
            "netflix": build_netflix(pairs, feature_set="ssimulacra2,adm2", width=384, height=216),
            "bvi": build_bvi(bvi_zip=str(archive), feature_set="canonical6", preset="faster"),
            "rows": build_rows(preset="faster"),
        }
    kept = folder / "kept"
    kept.mkdir()
    copies = {}
    for name, one in built.items():
        copies[name] = one, Path(shutil.copy(one.manifest_path, kept))
    shutil.rmtree(videos.parent)
    shutil.rmtree(folder / "runs")
    archive.unlink()
    return copies


@pytest.fixture
def konvid(made: dict[str, tuple[Built, Path]], tmp_path: Path) -> Path:
    """A manifest to change."""
    return Path(shutil.copy(made["konvid"][1], tmp_path))


def edited(manifest: Path, change: Callable[[dict[str, Any]], object]) -> Citation:
    document = json.loads(manifest.read_text())
    change(document)
    manifest.write_text(json.dumps(document))
    return cite(manifest)


def cells(markdown: str) -> dict[str, str]:
    """Parse the table as a reader of Markdown does, and return its texts."""
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    kinds = [token.type for token in tokens if token.nesting >= 0]
    assert kinds.count("table_open") == 1
    texts = [
        "".join(child.content for child in token.children or ())
        for token, before in zip(tokens[1:], tokens, strict=False)
        if before.type == "td_open"
    ]
    assert kinds.count("tr_open") - 1 == len(texts) / 2
    return dict(zip(texts[::2], texts[1::2], strict=True))


def entries(bibtex: str) -> dict[str, dict[str, str]]:
    """Parse entries: fields in braces that balance, as BibTeX counts them."""
    found = {}
    for kind, key, body in re.findall(r"@(\w+)\{([\w:-]+),\n(.*?)\n\}\n", bibtex, re.DOTALL):
        fields = dict(re.findall(r"^  (\w+) = \{(.*)\},$", body, re.MULTILINE))
        assert len(fields) == body.count("\n") + 1, "every line is a field"
        for value in fields.values():
            depth = 0
            for character in value:
                depth += {"{": 1, "}": -1}.get(character, 0)
                assert depth >= 0
            assert depth == 0
        found[key] = {"kind": kind, **fields}
    assert bibtex.count("@") == len(found)
    return found


def test_every_kind_in_every_form(made: dict[str, tuple[Built, Path]]) -> None:
    corpora = {"konvid": "KoNViD-1k", "konvid_full": "KoNViD-1k", "netflix": "Netflix Public"}
    for name, (built, manifest) in made.items():
        cited = cite(manifest)
        document = strict(json.dumps(cited.model_dump(mode="json", by_alias=True)))
        assert tuple(document) == KEYS
        jsonschema.validate(document, json.loads(path_of(document["schema"]).read_text()))
        recorded = built.manifest.artifact
        assert document["artifact"] == {
            "name": Path(recorded.path).name,
            "rows": recorded.rows,
            "columns": len(recorded.columns),
            "sha256": recorded.sha256,
            "content_sha256": recorded.content_sha256,
        }
        assert document["corpus"]["name"] == corpora.get(name, "BVI-DVC")
        assert document["command"] == shlex.join(built.manifest.run_provenance.argv)
        table = cells(to_markdown(cited))
        assert table["SHA-256"] == recorded.sha256
        assert table["SHA-256 of the content"] == recorded.content_sha256
        assert table["Created"] == f"{built.manifest.created}, by corpus_assets 0.1.0"
        assert table["Make again"] == f"corpus-assets replay {manifest.name}"
        assert "not recorded" not in to_markdown(cited)
        first, *others = entries(to_bibtex(cited)).items()
        assert first[0].endswith(f"_{recorded.content_sha256[:12]}")
        assert first[1]["year"] == built.manifest.created[:4]
        assert [key for key, _ in others][-1] == "li2016vmaf"
        assert len(others) == (1 if name == "netflix" else 2)


def test_what_is_said_of_konvid(made: dict[str, tuple[Built, Path]]) -> None:
    table = cells(to_markdown(cite(made["konvid"][1])))
    assert table["Table"] == "24 rows, 9 columns"
    assert table["Clips"] == "5 found, 3 selected, 2 scored, 1 failed, 2 skipped"
    assert table["Selection"] == "max_clips 3"
    assert table["Skipped"].startswith("2: ")
    assert "beyond max_clips (1: 40.mp4)" in table["Skipped"]
    assert "a|`b`\\n.txt" in table["Skipped"]
    assert re.match(rf"1: probe: .* \(1: {CLIPS}_30\)$", table["Failed"])
    assert table["Features"].startswith("canonical6: adm2, vif_scale0, ")
    assert table["Without numbers"] == "none"
    assert table["Encode"] == "libx264, preset veryfast, CRF 35, yuv420p"
    assert table["Model"] == "vmaf_v0.6.1"
    assert re.match(r"libvmaf \S+, in ffmpeg \S+$", table["Engine"])
    assert "Hosu, Vlad; " in table["Corpus"]
    assert "10.1109/QoMEX.2017.7965673" in table["Corpus"]
    assert table["Terms of use"].startswith("the clips were taken from YFCC100M")
    assert table["Terms of use"].endswith(
        "; see http://database.mmsp-kn.de/konvid-1k-database.html"
    )


def test_what_is_said_of_the_others(made: dict[str, tuple[Built, Path]]) -> None:
    table = cells(to_markdown(cite(made["netflix"][1])))
    assert table["Pairs"] == "3 found, 3 selected, 3 scored, 0 failed, 0 skipped"
    assert table["Features"] == "custom: ssimulacra2, adm2"
    assert table["Without numbers"].startswith("ssimulacra2 (all): this libvmaf has no extractor")
    assert table["Raw frames"] == "384x216 yuv420p"
    assert "Encode" not in table
    table = cells(to_markdown(cite(made["bvi"][1])))
    assert table["Selection"] == "tier D"
    assert table["Encode"] == "libx264, preset faster, CRF 35, yuv420p10le"
    table = cells(to_markdown(cite(made["rows"][1])))
    assert table["Reports"] == "1 found, 1 ours, 0 foreign, 0 failed, 0 incomplete"
    assert table["Encode"] == "libx264, preset faster, CRF 35, yuv420p10le (labels of the rows)"
    assert not table.keys() & {"Features", "Engine", "Model", "Skipped"}


def test_equal_manifests_give_equal_bytes(konvid: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    other.mkdir()
    copy = Path(shutil.copy(konvid, other))
    first = corpus_assets("cite", konvid, folder=tmp_path, TZ="Asia/Tokyo")
    strange = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    again = corpus_assets("cite", copy, folder=other, **strange)
    assert (first.returncode, again.returncode) == (0, 0), again.stderr
    assert first.stdout == again.stdout == to_markdown(cite(konvid))
    assert to_bibtex(cite(konvid)) == to_bibtex(cite(copy))
    printed = corpus_assets("cite", copy, "--format", "json", folder=other)
    assert strict(printed.stdout) == cite(konvid).model_dump(mode="json", by_alias=True)


def test_names_reasons_and_commands_that_would_break_the_block(konvid: Path) -> None:
    nasty = "| `a` \\| <b> [c](d) *e* _f_ $g$ &amp; {h} } % # ~ ^ @x, \x1b[31m\r\n| i |\\"
    shown = nasty.replace("\x1b", "\\x1b").replace("\r", "\\r").replace("\n", "\\n")

    def change(document: dict[str, Any]) -> None:
        document["skipped"] = [{"name": nasty, "reason": nasty}] * 2
        document["run_provenance"]["argv"] = ["a b", "```\n# x", "it's"]
        document["engine"]["model"]["name"] = nasty
        document["artifact"]["path"] = f"/x/{nasty.replace('/', '')}"

    cited = edited(konvid, change)
    markdown = to_markdown(cited)
    table = cells(markdown)
    assert table["Skipped"] == f"2: {shown} (2: {shown}, {shown})"
    assert table["Model"] == shown
    assert fences(markdown) == [("sh", f"{cited.command}\n")]
    assert shlex.split(str(cited.command)) == ["a b", "```\n# x", "it's"]
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    (heading, *_) = [token.content for token in tokens if token.type == "inline"]
    assert heading.startswith("Data: ")
    bibtex = to_bibtex(cited).replace("@x", "x")
    assert len(entries(bibtex)) == 3
    assert r"\textbraceleft{}h\textbraceright{} \textbraceright{} \% \#" in bibtex


def test_accents_are_commands_of_latex(konvid: Path) -> None:
    bibtex = to_bibtex(cite(konvid))
    assert r"Szir{\'a}nyi, Tam{\'a}s" in bibtex
    assert bibtex.isascii()


def test_the_block_is_bounded(konvid: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        count, long = 150_000, "long " * 10_000
        document["skipped"] = [
            {"name": f"clip {number}", "reason": long if number == 0 else f"why {number % 1000}"}
            for number in range(count)
        ]
        document["counts"] |= {"skipped": count, "found": count + 3}
        document["engine"]["version"] = document["recipe"]["preset"] = long
        document["run_provenance"]["args"]["include"] = [str(number) for number in range(1000)]

    cited = edited(konvid, change)
    assert len(to_markdown(cited)) < 10_000
    assert len(to_bibtex(cited)) < 5000
    left_out = cited.skipped
    assert left_out is not None
    assert (left_out.count, len(left_out.reasons), left_out.more_reasons) == (150_000, 20, 981)
    assert "and 991 more reasons" in cells(to_markdown(cited))["Skipped"]


def fences(markdown: str) -> list[tuple[str, str]]:
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    return [(token.info, token.content) for token in tokens if token.type == "fence"]


def test_a_long_command_is_cut_and_does_not_look_whole(konvid: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        document["run_provenance"]["argv"] = ["dagster", *(["`" * 5] * 100_000)]

    cited = edited(konvid, change)
    markdown = to_markdown(cited)
    assert len(markdown) < 20_000
    ((info, content),) = fences(markdown)
    assert info == "text"
    rest = len(str(cited.command)) - 8000
    assert content.startswith("dagster '`````' ")
    assert content.endswith(f"… ({rest} characters more; the manifest has it)\n")
    assert "Made by:" not in markdown
    whole = cited.model_copy(update={"command": "x" * 8000})
    assert fences(to_markdown(whole)) == [("sh", "x" * 8000 + "\n")]


def test_many_features_are_bounded(konvid: Path) -> None:
    names = tuple(f"{number}{'x' * 1000}" for number in range(5000))
    cited = cite(konvid).model_copy(update={"features": names})
    assert len(to_markdown(cited)) < 30_000
    assert cells(to_markdown(cited))["Features"].endswith(", and 4950 more")
    for known in NAMED_SETS.values():
        every = cells(to_markdown(cited.model_copy(update={"features": known.columns})))
        assert every["Features"] == f"canonical6: {', '.join(known.columns)}"


def test_no_single_corpus(konvid: Path) -> None:
    cited = cite(konvid).model_copy(
        update={"corpus": None, "corpora": (), "manifest_schema": "merged-v1"}
    )
    assert "Corpus" not in cells(to_markdown(cited))
    (first, second) = entries(to_bibtex(cited))
    assert first.startswith("corpora_")
    assert second == "li2016vmaf"


def test_reports_of_other_tools(konvid: Path) -> None:
    trusted = [{"key": "a", "sha256": "0" * 64}] * 2
    cited = edited(konvid, lambda document: document.update(trusted_reports=trusted))
    assert cells(to_markdown(cited))["Reports of other tools"].startswith("2, taken as they stand")


def test_an_earlier_scripts_manifest(konvid: Path) -> None:
    cited = edited(konvid, earlier)
    table = cells(to_markdown(cited))
    assert table["Table"] == "24 rows"
    assert table["SHA-256"] == table["Skipped"] == table["Engine"] == "not recorded"
    assert table["Clips"] == "3 selected, 2 scored, 1 failed"
    assert table["Failed"] == f"1: reason not recorded (1: {CLIPS}_30)"
    assert table["Encode"] == "not recorded, preset not recorded, CRF 35, not recorded"
    assert table["Make again"] == "the manifest records too little"
    assert table["Created"] == "not recorded, by not recorded"
    (first, *_) = entries(to_bibtex(cited))
    assert first == "konvid_1k_konvid_vmaf_pairs_parquet"


def test_the_example_in_the_docs() -> None:
    _, _, rest = (FOLDER.parent / "manifest.md").read_text().partition("```markdown\n")
    shown = rest.partition("\n```")[0].splitlines()
    printed = to_markdown(cite(FOLDER.parent / "example.manifest.json")).splitlines()
    assert printed[len(shown) : len(shown) + 2] == ["", "Made by:"], "every line is shown"
    for line, whole in zip(shown, printed, strict=False):
        assert whole.startswith(line.partition("…")[0])


def test_exit_codes(konvid: Path, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    assert corpus_assets("cite", tmp_path / "none", folder=tmp_path).returncode == 2
    assert corpus_assets("cite", konvid, "--format", "html", folder=tmp_path).returncode == 2
    konvid.write_text("{}")
    done = corpus_assets("cite", konvid, folder=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "schema: None is none of" in done.stderr


def test_kernels_are_part_of_the_engine(konvid: Path) -> None:
    part = {"version": 1, "numba": "0.61.2", "columns": ["ciede2000", "float_ssim"]}
    cited = edited(konvid, lambda document: document["engine"].update(kernels=part))
    assert cited.engine is not None
    assert cited.engine.kernels == "1 (Numba 0.61.2): ciede2000, float_ssim"
    said = cells(to_markdown(cited))["Engine"]
    assert said.endswith("; kernels 1 (Numba 0.61.2): ciede2000, float_ssim")
