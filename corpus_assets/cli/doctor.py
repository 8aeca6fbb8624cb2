"""`corpus-assets doctor`: what is set up, what is missing, and what to do about it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Annotated

import typer

from corpus_assets.artifacts.accelerating import ONLY_IN_FFMPEG, not_installed
from corpus_assets.artifacts.diagnosis import (
    Diagnosis,
    EngineState,
    KernelsState,
    RootState,
    diagnose,
)
from corpus_assets.artifacts.settings import SharedSettings, validated
from corpus_assets.cli.summary import print_json
from corpus_assets.errors import SetupError


def doctor(  # noqa: PLR0913, PLR0917 (one a flag)
    ffmpeg: Annotated[str | None, typer.Option(help="Instead of $CORPUS_ASSETS_FFMPEG.")] = None,
    vmaf_bin: Annotated[str | None, typer.Option(help="Instead of $VMAF_BIN.")] = None,
    dask_address: Annotated[
        str | None, typer.Option(help="Instead of $CORPUS_ASSETS_DASK_ADDRESS.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Instead of $VMAF_MODEL_PATH.")] = None,
    accelerate: Annotated[
        str | None, typer.Option(help="Instead of $CORPUS_ASSETS_ACCELERATE.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Say what is set up: engine, extractors, models, corpora, folders, workers.

    Corpora that are not set are no error. Exit code 2 when something must be mended.
    """
    given = {"ffmpeg": ffmpeg, "vmaf_bin": vmaf_bin, "model": model, "dask_address": dask_address}
    given |= {"accelerate": accelerate}
    diagnosis = diagnose(validated(SharedSettings, given), os.environ)
    if as_json:
        print_json(diagnosis.as_dict())
    else:
        for name, text in _lines(diagnosis):
            typer.echo(f"{name:16} {text}")
    if diagnosis.problems:
        for problem in diagnosis.problems:
            typer.echo(f"error: {problem}", err=True)
        raise typer.Exit(SetupError.exit_code)


def _lines(diagnosis: Diagnosis) -> Iterator[tuple[str, str]]:
    if diagnosis.engine:
        yield from _engine(diagnosis.engine)
    else:
        yield "engine", "cannot be used"
    if diagnosis.kernels:
        yield "kernels", f"{_kernels(diagnosis.kernels)} (accelerate: {diagnosis.kernels.setting})"
    for corpus, root in diagnosis.roots.items():
        yield corpus, _root(root)
    for what, folder in diagnosis.folders.items():
        yield what, folder.path + ("" if folder.writable else " (cannot be written)")
    yield "workers", f"{diagnosis.workers or '?'} of {diagnosis.processors} processors"
    if diagnosis.dask is not None:
        threads = sum(diagnosis.dask.values())
        yield "Dask", f"{len(diagnosis.dask)} workers like this machine, {threads} clips at once"


def _engine(engine: EngineState) -> Iterator[tuple[str, str]]:
    yield "engine", f"{engine.kind} {engine.version}, libvmaf {engine.libvmaf_version}"
    yield "", engine.binary
    if engine.encoder:
        yield "frames from", engine.encoder
    yield "model", engine.model
    yield "built-in models", _listed(engine.models)
    yield "extractors", _listed(name for name, there in engine.extractors.items() if there)
    for column, reason in engine.null_columns.items():
        yield "null", f"{column}: {reason}"


def _kernels(kernels: KernelsState) -> str:
    if kernels.numba:
        return f"{kernels.version} (Numba {kernels.numba}), for {_listed(kernels.columns)}"
    if kernels.missed:
        return not_installed(kernels.missed)
    return "off" if kernels.setting == "off" else ONLY_IN_FFMPEG


def _root(root: RootState) -> str:
    if root.status == "found":
        return f"{root.path}: {root.clips} clips, {root.skipped} skipped"
    return f"{root.status}: {root.path or root.message}"


def _listed(names: Iterator[str] | tuple[str, ...]) -> str:
    return ", ".join(names) or "none"
