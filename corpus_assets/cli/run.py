"""`corpus-assets run ASSET`: an asset's settings as flags, materialized through Dagster."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

import typer

from corpus_assets.artifacts.build import checked
from corpus_assets.artifacts.catalog import SCORED
from corpus_assets.artifacts.plan import Plan, make_plan
from corpus_assets.artifacts.request import ScoredAsset, ScoredRequest
from corpus_assets.artifacts.settings import SharedSettings, validated
from corpus_assets.cli.progress import shown_progress
from corpus_assets.cli.summary import print_json, result_as_json, show_plan, show_result
from corpus_assets.corpora.clip import Discovery
from corpus_assets.errors import DataError, SetupError

SHARED_FLAGS: dict[str, tuple[type, str]] = {
    "workers": (int, "Clips at once. Default: $CORPUS_ASSETS_WORKERS, else all processors."),
    "output_dir": (str, "Folder of artifacts. Default: $CORPUS_ASSETS_OUTPUT_DIR, else runs."),
    "ffmpeg": (str, "Another ffmpeg. Default: $CORPUS_ASSETS_FFMPEG, else the embedded one."),
}


def run_commands() -> typer.Typer:
    """Return the sub-commands of `run`, one an asset."""
    app = typer.Typer(help="Materialize an asset through Dagster.", no_args_is_help=True)
    for asset in SCORED:
        app.command(asset.name, help=asset.summary)(_with_flags(asset))
    return app


def run_asset(asset: ScoredAsset, flags: dict[str, Any], *, dry_run: bool, as_json: bool) -> None:
    """Materialize an asset with the settings given as flags, or say what that would do."""
    shared = validated(SharedSettings, {name: flags.pop(name) for name in SHARED_FLAGS})
    request = asset.resolve(validated(asset.settings, flags), shared, os.environ)
    discovery = checked(request)
    if dry_run:
        show_plan(_plan(request, discovery), as_json=as_json)
        return
    request.scoring.check_writable()
    result = materialized(asset, request)
    if as_json:
        print_json(result_as_json(result))
    else:
        show_result(result)


def materialized(asset: ScoredAsset, request: ScoredRequest) -> dict[str, Any]:
    """Materialize a resolved request and return the metadata. Raises SetupError or DataError."""
    from corpus_assets.orchestration.launch import config_document  # noqa: PLC0415 (imports Dagster)
    from corpus_assets.orchestration.run import materialize  # noqa: PLC0415 (as above)

    with shown_progress():
        config = config_document(asset.op, request.settings, request.scoring.shared)
        result = materialize(asset.name, config)
    if not result.succeeded:
        raise (SetupError if result.exit_code == SetupError.exit_code else DataError)(result.reason)
    return {"run_id": result.run_id, **result.metadata}


def _plan(request: ScoredRequest, discovery: Discovery) -> Plan:
    scoring = replace(request.scoring, trials_dir=None)
    return make_plan(discovery, scoring.scorer(scoring.engine(request.features)), scoring.workers)


def _with_flags(asset: ScoredAsset) -> Callable[..., None]:
    """Return a function whose signature typer turns into one flag a setting."""

    def run(dry_run: bool, as_json: bool, **flags: Any) -> None:  # noqa: ANN401 (typer checks)
        run_asset(asset, flags, dry_run=dry_run, as_json=as_json)

    own = [
        _flag(name, _plain(field.annotation), field.description or "")
        for name, field in asset.settings.model_fields.items()
    ]
    shared = [_flag(name, kind | None, text) for name, (kind, text) in SHARED_FLAGS.items()]
    switches = [
        _switch("dry_run", "--dry-run", "Say what would be scored and how long it may take."),
        _switch("as_json", "--json", "Print the result as JSON."),
    ]
    run.__signature__ = inspect.Signature([*own, *shared, *switches])  # type: ignore[attr-defined]
    run.__annotations__ = {}
    return run


def _plain(annotation: Any) -> Any:  # noqa: ANN401 (a type expression)
    """Return a field's type as typer takes it, None where the flag is absent."""
    return str | None if annotation is Any else annotation | None


def _flag(name: str, annotation: Any, text: str) -> inspect.Parameter:  # noqa: ANN401
    option = typer.Option(f"--{name.replace('_', '-')}", help=text)
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
