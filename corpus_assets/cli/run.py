"""`corpus-assets run ASSET`: an asset's settings as flags, materialized through Dagster."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from typing import Annotated, Any, Literal, get_args, get_origin

import typer
from pydantic.fields import FieldInfo

from corpus_assets.artifacts.catalog import ASSETS
from corpus_assets.artifacts.request import Asset, Partitions, RequestT
from corpus_assets.artifacts.settings import SharedSettings, validated
from corpus_assets.cli.progress import shown_progress
from corpus_assets.cli.summary import print_json, result_as_json, show_result
from corpus_assets.errors import CorpusAssetsError, DataError, SetupError

SHARED_FLAGS: dict[str, tuple[type, str]] = {
    "workers": (int, "Clips at once. Default: $CORPUS_ASSETS_WORKERS, else all processors."),
    "memory_gib": (float, "Memory for all clips that run. Default: 80 % of the machine's."),
    "dask_address": (str, "Scheduler of a Dask cluster. Default: $CORPUS_ASSETS_DASK_ADDRESS."),
    "output_dir": (str, "Folder of artifacts. Default: $CORPUS_ASSETS_OUTPUT_DIR, else runs."),
    "ffmpeg": (str, "Another ffmpeg. Default: $CORPUS_ASSETS_FFMPEG, else the embedded one."),
}


def run_commands() -> typer.Typer:
    """Return the sub-commands of `run`, one an asset."""
    app = typer.Typer(help="Materialize an asset through Dagster.", no_args_is_help=True)
    for asset in ASSETS:
        app.command(asset.name, help=asset.summary)(_with_flags(asset))
    return app


def run_asset(
    asset: Asset[RequestT], flags: dict[str, Any], *, dry_run: bool, as_json: bool
) -> None:
    """Materialize an asset with the settings given as flags, or say what that would do.

    A partitioned asset is made in one run a partition; one that fails does not stop the others.
    """
    shared = validated(
        SharedSettings, {name: flags.pop(name) for name in SHARED_FLAGS if name in flags}
    )
    named = flags.pop(asset.partitions.setting) if asset.partitions else None
    settings = validated(asset.settings, flags)
    requests = asset.resolve(settings, shared, os.environ, (named,) if named else ())
    for request in requests:
        request.check()
    results: dict[str | None, dict[str, Any]] = {}
    errors: dict[str | None, CorpusAssetsError] = {}
    for request in requests:
        part = f"{asset.name} {request.partition or ''}\n" if len(requests) > 1 else ""
        try:
            results[request.partition] = _result(asset, request, part, dry_run, as_json)
        except DataError as error:
            errors[request.partition] = error
    if as_json and results:
        print_json(results[None] if None in results else {str(k): v for k, v in results.items()})
    _raise(errors)


def materialized(asset: Asset[RequestT], request: RequestT) -> dict[str, Any]:
    """Materialize a resolved request and return the metadata. Raises SetupError or DataError."""
    from corpus_assets.orchestration.launch import config_document  # noqa: PLC0415 (imports Dagster)
    from corpus_assets.orchestration.run import materialize  # noqa: PLC0415 (as above)

    with shown_progress():
        result = materialize(asset.name, config_document(asset, request), request.partition)
    for warning in result.warnings:
        typer.echo(f"warning: {warning}", err=True)
    if not result.succeeded:
        raise (SetupError if result.exit_code == SetupError.exit_code else DataError)(result.reason)
    return {"run_id": result.run_id, "checks": result.checks, **result.metadata}


def _result(
    asset: Asset[RequestT], request: RequestT, heading: str, dry_run: bool, as_json: bool
) -> dict[str, Any]:
    """Make or plan one artifact, and show it unless it is wanted as JSON."""
    if dry_run:
        plan = request.plan()
        if not as_json:
            typer.echo(heading + plan.text())
        return plan.as_dict()
    request.check_writable()
    metadata = materialized(asset, request)
    if not as_json:
        typer.echo(heading, nl=False)
        show_result(metadata)
    return result_as_json(metadata)


def _raise(errors: dict[str | None, CorpusAssetsError]) -> None:
    """Raise the error, or one that names the partitions of several."""
    if list(errors) == [None]:
        raise errors[None]
    if errors:
        raise DataError("\n".join(f"{partition}: {error}" for partition, error in errors.items()))


def _with_flags(asset: Asset[RequestT]) -> Callable[..., None]:
    """Return a function whose signature typer turns into one flag a setting."""

    def run(dry_run: bool, as_json: bool, **flags: Any) -> None:  # noqa: ANN401 (typer checks)
        run_asset(asset, flags, dry_run=dry_run, as_json=as_json)

    own = [
        _flag(name, _plain(field.annotation), _help(field))
        for name, field in asset.settings.model_fields.items()
    ]
    parts = [_partition_flag(asset.partitions)] if asset.partitions else []
    shared = [
        _flag(name, kind | None, text)
        for name, (kind, text) in SHARED_FLAGS.items()
        if name in asset.shared_settings
    ]
    switches = [
        _switch("dry_run", "--dry-run", "Say what would be done, and how long it may take."),
        _switch("as_json", "--json", "Print the result as JSON."),
    ]
    run.__signature__ = inspect.Signature([*own, *parts, *shared, *switches])  # type: ignore[attr-defined]
    run.__annotations__ = {}
    return run


def _partition_flag(partitions: Partitions) -> inspect.Parameter:
    literal: Any = Literal  # what it takes is known at run time only
    return _flag(partitions.setting, literal[partitions.keys] | None, partitions.description)


def _plain(annotation: Any) -> Any:  # noqa: ANN401 (a type expression)
    """Return a field's type as typer takes it, None where the flag is absent.

    Of a mapping, each entry is a flag of its own, `name=value`.
    """
    if dict in {get_origin(one) for one in (annotation, *get_args(annotation))}:
        return list[str] | None
    return str | None if annotation is Any else annotation | None


def _help(field: FieldInfo) -> str:
    """Return what a flag's help says; of a list, each entry is a flag of its own."""
    text = field.description or ""
    if get_origin(_plain(field.annotation)) is list or list[str] in get_args(
        _plain(field.annotation)
    ):
        return f"{text} May be repeated."
    given = field.default is not None and "Default" not in text
    return f"{text} Default: {field.default}." if given else text


def _flag(name: str, annotation: Any, text: str) -> inspect.Parameter:  # noqa: ANN401 (as above)
    kinds = get_args(annotation) or (annotation,)
    number = next((kind for kind in kinds if kind in {int, float}), None)
    metavar = f"<{number.__name__}>" if number else None
    option = typer.Option(f"--{name.replace('_', '-')}", help=text, metavar=metavar)
    if number:  # the setting's own model reads it, and says what is wrong with it
        annotation = str | None
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[annotation, option],
    )


def _switch(name: str, flag: str, text: str) -> inspect.Parameter:
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=False,
        annotation=Annotated[bool, typer.Option(flag, help=text)],
    )
