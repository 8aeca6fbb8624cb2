"""`corpus-assets demo`: everything once, on sample corpora, inside one folder."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Annotated

import typer

from corpus_assets.artifacts import konvid_pairs
from corpus_assets.artifacts.settings import (
    Environment,
    SharedSettings,
    VmafPairsSettings,
    absolute,
)
from corpus_assets.cli.run import materialized
from corpus_assets.cli.samples import make_konvid_samples
from corpus_assets.cli.summary import show_result
from corpus_assets.libvmaf.embedded import embedded_ffmpeg

DAGSTER_YAML = "telemetry:\n  enabled: false\nnux:\n  enabled: false\n"


def demo(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where all of it goes.")] = Path(
        "demo"
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Make small sample corpora and materialize the assets on them.

    Corpora, tables, caches and Dagster's history lie inside DIR; VMAF_* variables are ignored.
    """
    folder = absolute(folder)
    root, home = folder / "corpora" / "konvid-1k", folder / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    (home / "dagster.yaml").write_text(DAGSTER_YAML)
    _forget_the_users_world(home)
    ffmpeg = Environment(os.environ).ffmpeg(SharedSettings()) or embedded_ffmpeg()
    make_konvid_samples(ffmpeg, root)
    shared = SharedSettings(
        ffmpeg=ffmpeg, output_dir=str(folder / "runs"), cache_dir=str(folder / "cache")
    )
    settings = VmafPairsSettings(konvid_root=str(root))
    request = konvid_pairs.resolve(settings, shared)
    request.check()
    show_result(materialized(request), as_json=as_json)
    if not as_json:
        typer.echo(_next_steps(folder, home, root, request))


def _forget_the_users_world(home: Path) -> None:
    """Drop VMAF_* from this process' environment and point Dagster at its folder."""
    for name in [name for name in os.environ if name.startswith("VMAF_")]:
        del os.environ[name]
    os.environ["DAGSTER_HOME"] = str(home)


def _next_steps(
    folder: Path, home: Path, root: Path, request: konvid_pairs.VmafPairsRequest
) -> str:
    variables = {
        "DAGSTER_HOME": home,
        "VMAF_KONVID_1K_DIR": root,
        "CORPUS_ASSETS_OUTPUT_DIR": folder / "runs",
        "CORPUS_ASSETS_CACHE_DIR": folder / "cache",
    }
    settings = " ".join(f"{name}={shlex.quote(str(value))}" for name, value in variables.items())
    table, manifest = shlex.quote(str(request.out)), shlex.quote(str(request.manifest_out))
    return f"""
Look further:
  the table     python -c "import pandas, sys; print(pandas.read_parquet(sys.argv[1]))" {table}
  the manifest  less {manifest}
  the web UI    {settings} dagster dev -m corpus_assets.definitions
  again         {settings} corpus-assets run konvid_1k/vmaf_pairs --crf 36 --dry-run"""
