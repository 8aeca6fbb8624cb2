"""`corpus-assets demo`: everything once, on sample corpora, inside one folder."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from corpus_assets.artifacts.catalog import ASSETS
from corpus_assets.artifacts.environment import DASK_VARIABLE, Environment, absolute
from corpus_assets.artifacts.settings import EMBEDDED, SharedSettings
from corpus_assets.artifacts.storage import check_writable
from corpus_assets.cli.run import materialized
from corpus_assets.cli.samples import make_bvi_samples, make_konvid_samples, make_netflix_samples
from corpus_assets.cli.summary import print_json, result_as_json, show_result
from corpus_assets.corpora import bvi_dvc, netflix_public
from corpus_assets.libvmaf.ffmpeg import embedded_ffmpeg

DAGSTER_YAML = """telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  pools:
    granularity: run
    default_limit: 1
python_logs:
  python_log_level: INFO
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample corpus: where it lies, the variable that leads to it, and how it is made."""

    name: str
    variable: str
    make: Callable[[str, Path], None]


SAMPLES = (
    Sample("netflix_public", netflix_public.VARIABLE, make_netflix_samples),
    Sample("konvid-1k", "VMAF_KONVID_1K_DIR", make_konvid_samples),
    Sample("bvi-dvc.zip", bvi_dvc.ZIP_VARIABLE, make_bvi_samples),
)


def demo(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where all of it goes.")] = Path(
        "demo"
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Make small sample corpora and materialize the assets on them.

    Corpora, tables, caches and Dagster's history lie inside DIR; VMAF_* variables are ignored.
    """
    folder = absolute(folder)
    variables = _world(folder)
    check_writable("demo", folder / "dagster", "give another DIR")
    (folder / "dagster" / "dagster.yaml").write_text(DAGSTER_YAML)
    _enter(variables)
    results = {}
    for name, result in _made(folder):
        results[name] = result
        if not as_json:
            typer.echo(f"{name}\n")
            show_result(result)
            typer.echo()
    if as_json:
        print_json({name: result_as_json(result) for name, result in results.items()})
    else:
        typer.echo(_next_steps(results, variables))


def _made(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Make the sample corpora, and materialize every asset, upstream first."""
    own = Environment(os.environ).ffmpeg(SharedSettings())
    shared, ffmpeg = SharedSettings(ffmpeg=own or EMBEDDED), own or embedded_ffmpeg()
    for sample in SAMPLES:
        sample.make(ffmpeg, folder / "corpora" / sample.name)
    for asset in ASSETS:
        for request in asset.resolve(asset.settings(), shared, os.environ):
            part = f" {request.partition}" if request.partition else ""
            yield f"{asset.name}{part}", materialized(asset, request)


def _world(folder: Path) -> dict[str, str]:
    """Return the variables that keep everything inside the folder."""
    roots = {sample.variable: folder / "corpora" / sample.name for sample in SAMPLES}
    paths = {
        "DAGSTER_HOME": folder / "dagster",
        **roots,
        "CORPUS_ASSETS_OUTPUT_DIR": folder / "runs",
        "CORPUS_ASSETS_CACHE_DIR": folder / "cache",
    }
    return {name: str(path) for name, path in paths.items()}


def _enter(variables: Mapping[str, str]) -> None:
    """Replace the user's corpora and cluster in this process' environment by the demo's."""
    for name in [name for name in os.environ if name.startswith("VMAF_") or name == DASK_VARIABLE]:
        del os.environ[name]
    os.environ.update(variables)


def _next_steps(results: Mapping[str, Mapping[str, Any]], variables: Mapping[str, str]) -> str:
    settings = " ".join(f"{name}={shlex.quote(value)}" for name, value in variables.items())
    first = next(iter(results.values()))
    table, manifest = shlex.quote(first["artifact"]), shlex.quote(first["manifest"])
    runs = shlex.quote(variables["CORPUS_ASSETS_OUTPUT_DIR"])
    python = Path(sys.executable)
    dagster, tool = (shlex.quote(str(python.parent / n)) for n in ("dagster", "corpus-assets"))
    show = "import pandas, sys; print(pandas.read_parquet(sys.argv[1]))"
    return f"""Look further:
  a table       {shlex.quote(str(python))} -c "{show}" {table}
  its manifest  less {manifest}
  its evidence  {tool} verify {runs} --inputs
  made again    {tool} replay {manifest}
  the web UI    {settings} {dagster} dev -m corpus_assets.definitions
  a dry run     {settings} {tool} run konvid_1k/vmaf_pairs --crf 36 --dry-run"""
