"""`corpus-assets run ASSET`: an asset's settings as flags, materialized through Dagster."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import pydantic
import typer

from corpus_assets.artifacts import konvid_pairs
from corpus_assets.artifacts.plan import Plan, make_plan
from corpus_assets.artifacts.settings import SharedSettings, VmafPairsSettings, validated
from corpus_assets.cli.progress import shown_progress
from corpus_assets.cli.summary import show_plan, show_result
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
    app.command("konvid_1k/vmaf_pairs", help=VMAF_PAIRS_HELP)(
        _with_flags(run_vmaf_pairs, VmafPairsSettings)
    )
    return app


VMAF_PAIRS_HELP = "Per-frame VMAF and canonical-6 features of KoNViD-1k clips."


def run_vmaf_pairs(flags: dict[str, Any], *, dry_run: bool, as_json: bool) -> None:
    """Materialize `konvid_1k/vmaf_pairs` with the settings given as flags."""
    shared = validated(SharedSettings, {name: flags.pop(name) for name in SHARED_FLAGS})
    request = konvid_pairs.resolve(validated(VmafPairsSettings, flags), shared)
    discovery = request.discover()
    if dry_run:
        show_plan(_plan(request, discovery), as_json=as_json)
        return
    request.check()
    show_result(materialized(request), as_json=as_json)


def materialized(request: konvid_pairs.VmafPairsRequest) -> dict[str, Any]:
    """Materialize a resolved request and return the metadata. Raises SetupError or DataError."""
    from corpus_assets.orchestration.launch import config_document  # noqa: PLC0415 (imports Dagster)
    from corpus_assets.orchestration.run import materialize  # noqa: PLC0415

    op = "__".join(konvid_pairs.ASSET_KEY)
    with shown_progress():
        result = materialize(
            "/".join(konvid_pairs.ASSET_KEY),
            config_document(op, request.settings, request.shared),
        )
    if not result.succeeded:
        raise (SetupError if result.exit_code == SetupError.exit_code else DataError)(result.reason)
    return {"run_id": result.run_id, **result.metadata}


def _plan(request: konvid_pairs.VmafPairsRequest, discovery: Discovery) -> Plan:
    return make_plan(discovery, request.scorer(request.engine()), request.workers)


def _with_flags(
    command: Callable[..., None], settings: type[pydantic.BaseModel]
) -> Callable[..., None]:
    """Return a function whose signature typer turns into one flag a setting."""

    def run(dry_run: bool, as_json: bool, **flags: Any) -> None:  # noqa: ANN401 (typer checks)
        command(flags, dry_run=dry_run, as_json=as_json)

    own = [
        _flag(name, _plain(field.annotation), field.description or "")
        for name, field in settings.model_fields.items()
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
    return annotation | None


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
