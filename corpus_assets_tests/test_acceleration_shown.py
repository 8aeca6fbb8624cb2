"""What a user sees of kernels: on the asset's page, in what commands print, in the log."""

from __future__ import annotations

import importlib.metadata
import json
import logging
import os
import re
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml

from corpus_assets.artifacts.accelerating import ONLY_IN_FFMPEG, acceleration_line
from corpus_assets.artifacts.build import ScoredBuilt
from corpus_assets.artifacts.machine_code import machine_code
from corpus_assets.artifacts.netflix_full import FULL_FEATURES
from corpus_assets.artifacts.plan import ScoringPlan
from corpus_assets.artifacts.request import Launch
from corpus_assets.artifacts.settings import NetflixSettings, SharedSettings
from corpus_assets.cli.cache import prune_command, show
from corpus_assets.cli.doctor import doctor
from corpus_assets.cli.summary import result_as_json
from corpus_assets.kernels.loading import code_folder
from corpus_assets.libvmaf import acceleration
from corpus_assets.libvmaf.acceleration import INSTALL, Verdict
from corpus_assets.libvmaf.self_check import SelfCheck
from corpus_assets.manifests.computed import CheckPart
from corpus_assets.orchestration.build import build_definitions
from corpus_assets.orchestration.run import instance, materialize
from corpus_assets_tests.entries import put
from corpus_assets_tests.making import build_netflix
from corpus_assets_tests.media import NETFLIX_SIZE
from corpus_assets_tests.test_cli import corpus_assets
from corpus_assets_tests.vmaf_stand_in import make_vmaf

README = Path(__file__).parents[1] / "README.md"
SETTINGS: dict[str, Any] = {
    "width": NETFLIX_SIZE[0],
    "height": NETFLIX_SIZE[1],
    "feature_set": "float_ssim,motion2",
}
"""With the column whose kernels compile soonest."""
ALL = "ciede2000, float_ms_ssim, float_ssim"
REFUSAL = "float_ssim of frame 0 is 0.5 by the kernels, 0.9 by libvmaf"
OP = "netflix_public__full_features"


@pytest.fixture
def no_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acceleration, "installed_kernels", lambda: None)


@pytest.fixture
def kernels_that_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: SelfCheck, *_: object) -> Verdict:
        return Verdict(self.job.clip.key, 3, 0.4, REFUSAL)

    monkeypatch.setattr(SelfCheck, "__call__", refuse)


def said(root: Path, **settings: Any) -> str:
    return build_netflix(root, **SETTINGS | settings).acceleration


def test_a_table_says_who_computed(netflix_root: Path, tmp_path: Path, ffmpeg: str) -> None:
    version = re.escape(f"kernels 1 (Numba {importlib.metadata.version('numba')})")
    clip = r"(Bikes_30_144_200|Bikes_80_216_900|Bunny_40_144_300)"
    first = build_netflix(netflix_root, **SETTINGS)
    pattern = rf"{version} computed float_ssim, at most \S+ from libvmaf on 4 frames of {clip}"
    assert re.fullmatch(pattern, first.acceleration)
    assert re.fullmatch(
        f"{version} computed float_ssim, all of it from the cache", said(netflix_root)
    )
    assert said(netflix_root, accelerate="off") == "off"
    assert said(netflix_root, feature_set="canonical6") == ""
    vmaf = make_vmaf(tmp_path / "vmaf", ffmpeg)
    assert said(netflix_root, vmaf_bin=vmaf) == ONLY_IN_FFMPEG

    part = first.manifest.acceleration
    assert part is not None
    more = (*part.checks, CheckPart(clip="x", frames=2, largest_difference=1.4e-6, refusal=None))
    other = first.manifest.model_copy(
        update={"acceleration": part.model_copy(update={"checks": more})}
    )
    assert acceleration_line(other, ()).endswith(
        "at most 1e-06 from libvmaf on 6 frames of 2 clips"
    )


@pytest.mark.usefixtures("no_numba")
def test_how_to_get_kernels_is_said_where_they_would_compute(netflix_root: Path) -> None:
    def log_of(**settings: Any) -> tuple[list[str], str]:
        given = NetflixSettings(data_root=str(netflix_root), **SETTINGS | settings)
        (request,) = FULL_FEATURES.resolve(given, SharedSettings(), os.environ)
        lines: list[str] = []
        built = FULL_FEATURES.build(request, Launch(argv=("test",)), lines.append)
        assert isinstance(built, ScoredBuilt)
        return [line for line in lines if INSTALL in line], built.acceleration

    text = f"not installed: {INSTALL}; would compute float_ssim several times faster"
    assert log_of() == ([f"kernels are {text}"], text)
    assert log_of(accelerate="off") == ([], "off")
    assert log_of(feature_set="canonical6") == ([], "")


@pytest.mark.usefixtures("kernels_that_differ")
def test_kernels_that_were_given_up_are_loud(
    netflix_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = {"data_root": str(netflix_root), "max_pairs": 1, **SETTINGS}
    result = materialize("netflix_public/full_features", {"ops": {OP: {"config": config}}})
    assert result.succeeded
    line = result.metadata["acceleration"]
    assert line == (
        f"OFF for this run, because {REFUSAL} (on the first frames of Bikes_30_144_200); "
        "libvmaf computed what was new"
    )
    assert result.warnings == (f"acceleration: {line}",)
    with instance() as history:
        logged = history.all_logs(result.run_id)
    (warning,) = [one for one in logged if one.level == logging.WARNING]
    assert REFUSAL in warning.user_message
    manifest = json.loads(Path(result.metadata["manifest"]).read_text())
    assert {part["by"] for part in manifest["computed_by"]} == {"libvmaf"}


def test_the_command_shows_the_line(netflix_root: Path, tmp_path: Path) -> None:
    run = ("run", "netflix_public/full_features", "--data-root", netflix_root, "--max-pairs", "1")
    settings = [f"--{name.replace('_', '-')}={value}" for name, value in SETTINGS.items()]
    done = corpus_assets(*run, *settings, "--accelerate", "off", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^acceleration +off$", done.stdout, re.MULTILINE)
    assert "warning" not in done.stderr
    assert result_as_json({"acceleration": "off"}) == {"acceleration": "off"}


def test_doctor_says_what_kernels_would_do(
    tmp_path: Path,
    ffmpeg: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def line(**flags: Any) -> str:
        doctor(**flags)
        (found,) = re.findall(r"^kernels +(.*)$", capsys.readouterr().out, re.MULTILINE)
        return str(found)

    numba = importlib.metadata.version("numba")
    assert line() == f"1 (Numba {numba}), for {ALL} (accelerate: auto)"
    assert line(accelerate="off") == "off (accelerate: off)"
    vmaf = make_vmaf(tmp_path / "vmaf", ffmpeg)
    assert line(vmaf_bin=vmaf) == f"{ONLY_IN_FFMPEG} (accelerate: auto)"
    doctor(accelerate="require", as_json=True)
    kernels = json.loads(capsys.readouterr().out)["kernels"]
    assert kernels == {
        "setting": "require",
        "version": 1,
        "numba": numba,
        "columns": ALL.split(", "),
        "missed": [],
    }
    monkeypatch.setattr(acceleration, "installed_kernels", lambda: None)
    wanted = f"not installed: {INSTALL}; would compute {ALL} several times faster"
    assert line() == f"{wanted} (accelerate: auto)"


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"CORPUS_ASSETS_ACCELERATE": "maybe"}, "CORPUS_ASSETS_ACCELERATE: 'maybe' is not allowed"),
        (
            {"CORPUS_ASSETS_ACCELERATE": "require", "VMAF_BIN": "/bin/ls"},
            "error: accelerate is require, but kernels work with libvmaf inside ffmpeg",
        ),
    ],
)
def test_doctor_names_a_setting_that_cannot_be(
    tmp_path: Path, variables: dict[str, str], message: str
) -> None:
    done = corpus_assets("doctor", folder=tmp_path, **variables)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("error: ") == 1


@pytest.mark.parametrize("name", ["accelerate", "cache_policy"])
def test_off_is_quoted_in_yaml(name: str) -> None:
    """Unquoted, YAML 1.1 reads it as false: Dagster names the field before anything starts."""
    job = build_definitions().resolve_implicit_global_asset_job_def()

    def configured(value: str) -> None:
        text = f"ops: {{{OP}: {{config: {{{name}: {value}}}}}}}"
        dg.validate_run_config(job, yaml.safe_load(text))

    configured('"off"')
    with pytest.raises(dg.DagsterInvalidConfigError, match=f"config:{name}.*[Ss]tring"):
        configured("off")


def test_a_dry_run_knows_that_kernels_are_faster(netflix_root: Path) -> None:
    def seconds(accelerate: str) -> float:
        given = NetflixSettings(
            data_root=str(netflix_root), **SETTINGS | {"feature_set": "full"}, accelerate=accelerate
        )
        (request,) = FULL_FEATURES.resolve(given, SharedSettings(), os.environ)
        plan = request.plan()
        assert isinstance(plan, ScoringPlan)
        return plan.estimated_seconds

    check = 4 * NETFLIX_SIZE[0] * NETFLIX_SIZE[1] / 1e6 * (0.5 + 0.14)  # frames without kernels
    assert seconds("auto") - check < seconds("off") / 4
    assert seconds("auto") > check


def test_both_commands_of_the_readme_bring_numba() -> None:
    extras = re.findall(r"pip install -q (?:-e )?'?\.(?:\[(\w+)\]')?", README.read_text())
    assert extras == ["fast", "test"]
    needed = importlib.metadata.requires("corpus-assets") or []
    assert any(re.match(r"numba\b.*extra == .test.", line) for line in needed) or any(
        re.match(r"corpus-assets\[.*fast.*\].*extra == .test.", line) for line in needed
    )


def test_machine_code_of_other_versions_is_counted_and_removed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engines = tmp_path / "cache" / "engines"
    now = put(code_folder(engines) / "compiled" / "a.nbc", b"12345")
    old = put(engines / "kernels-0123456789abcdef" / "compiled" / "a.nbc", b"123")
    trial = put(engines / "trial.json", b"{}")
    far = put(tmp_path / "far" / "a.nbc", b"1")
    (engines / "kernels-link").symlink_to(far.parent)
    assert machine_code(SharedSettings(), os.environ).as_dict() == {
        "folder": str(engines),
        "folders": 2,
        "bytes": 8,
        "stale": 1,
        "stale_bytes": 3,
    }
    show()
    assert "machine code, 8 B, of which 3 B of other versions" in capsys.readouterr().out
    prune_command(older_than="0d")
    prune_command(corpus="konvid_1k", stale=True)
    prune_command(stale=True, dry_run=True)
    assert "machine code of other versions would be removed, 3 B" in capsys.readouterr().out
    assert old.exists()
    prune_command(stale=True, as_json=True)
    assert json.loads(capsys.readouterr().out)["kernels"]["stale"] == 1
    assert not old.parent.parent.exists()
    assert all(path.exists() for path in (now, trial, far, engines / "kernels-link"))
