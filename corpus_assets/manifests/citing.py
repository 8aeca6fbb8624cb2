"""What to cite of an artifact, from its manifest alone: equal manifests give equal citations."""

from __future__ import annotations

import shlex
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from corpus_assets.corpora.citations import BVI_DVC, KONVID_1K, NETFLIX_PUBLIC
from corpus_assets.libvmaf.features import NAMED_SETS
from corpus_assets.manifests import comparable
from corpus_assets.manifests.citation import (
    ArtifactFacts,
    Citation,
    CorpusFacts,
    EncodeFacts,
    EngineFacts,
    InputFacts,
    ModelFacts,
    UnavailableFacts,
)
from corpus_assets.manifests.kinds import NAMED_BY
from corpus_assets.manifests.left_out import LeftOutFacts
from corpus_assets.manifests.statement import Statement, read_statement

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Literal

    from corpus_assets.corpora.citations import CitedCorpus

CORPORA = {"netflix-": NETFLIX_PUBLIC, "konvid-": KONVID_1K, "bvi-dvc-": BVI_DVC}
"""By how the name of the manifest's schema starts."""
SELECTING = ("tier", "include", "exclude", "max_clips", "max_pairs")


def cite(path: Path) -> Citation:
    """Return the citation of a manifest's artifact, which need not be there.

    Raises MissingManifestError, or DataError when the manifest is not valid.
    """
    said = read_statement(path)
    unit, corpus = _unit(said.schema_), corpus_of(said.schema_)
    args = said.run_provenance.args
    argv = said.run_provenance.argv
    return Citation(
        manifest=path.name,
        manifest_schema=said.schema_,
        artifact=_artifact(said),
        corpus=CorpusFacts.of(corpus) if corpus else None,
        corpora=tuple(map(CorpusFacts.of, corpora_of([said.schema_, *_schemas(said)]))),
        inputs=_inputs(said),
        unit=unit,
        counts=_counts(said),
        selection={name: args[name] for name in SELECTING if args.get(name)},
        skipped=_skipped(said),
        failed=_failed(said),
        foreign_reports=_foreign_reports(said),
        feature_set=said.feature_set or _set_of(said.features),
        features=said.features,
        unavailable_features=_unavailable(said),
        geometry=said.geometry,
        encode=None if unit in {"pairs", "inputs"} else _encode(said),
        engine=_engine(said),
        model=None if unit == "reports" else _model(said),
        created=said.created,
        tool=f"{said.tool.name} {said.tool.version}" if said.tool else None,
        replay=shlex.join(("corpus-assets", "replay", path.name)) if said.whole else None,
        command=shlex.join(argv) if argv else None,
    )


def corpus_of(schema: str) -> CitedCorpus | None:
    """Return the corpus that manifests of a schema are about; None where it is no single one."""
    found = (corpus for start, corpus in CORPORA.items() if schema.startswith(start))
    return next(found, None)


def corpora_of(schemas: Iterable[str | None]) -> list[CitedCorpus]:
    """Return the corpora that manifests of some schemas are about, each once."""
    found = (corpus_of(schema) for schema in schemas if schema)
    return list(dict.fromkeys(corpus for corpus in found if corpus))


def _schemas(said: Statement) -> list[str]:
    return [one.manifest.schema_ for one in said.inputs if one.manifest]


def _inputs(said: Statement) -> tuple[InputFacts, ...] | None:
    if said.schema_ not in NAMED_BY:
        return None
    return tuple(
        InputFacts(
            label=one.label,
            rows=one.rows,
            sha256=one.sha256,
            manifest_schema=one.manifest.schema_ if one.manifest else None,
            missing_features=one.missing_features,
        )
        for one in said.inputs
    )


def _unit(schema: str) -> Literal["clips", "pairs", "reports", "inputs"]:
    if schema in NAMED_BY:
        return "inputs"
    if "jsonl" in schema:
        return "reports"
    return "pairs" if corpus_of(schema) is NETFLIX_PUBLIC else "clips"


def _artifact(said: Statement) -> ArtifactFacts:
    known = said.artifact
    return ArtifactFacts(
        name=PurePath(said.artifact_path).name if said.artifact_path else None,
        rows=said.rows,
        columns=len(known.columns) if known else None,
        sha256=known.sha256 if known else None,
        content_sha256=known.content_sha256 if known else None,
    )


def _counts(said: Statement) -> dict[str, int]:
    known: dict[str, Any] = dict(comparable.counts(said))
    return {name: count for name, count in known.items() if isinstance(count, int)}


def _skipped(said: Statement) -> LeftOutFacts | None:
    if said.skipped is None:
        return None
    return LeftOutFacts.of((one.name, one.reason) for one in said.skipped)


def _failed(said: Statement) -> LeftOutFacts | None:
    reasons = comparable.failed(said)
    return None if reasons is None else LeftOutFacts.of(reasons.items())


def _foreign_reports(said: Statement) -> int | None:
    if said.trusted_reports is None:
        return said.counts.get("foreign")
    return len(said.trusted_reports)


def _set_of(features: tuple[str, ...] | None) -> str | None:
    """Return the name of a feature set, of those manifests that do not have it."""
    if not features:
        return None
    names = (name for name, known in NAMED_SETS.items() if known.columns == features)
    return next(names, "custom")


def _unavailable(said: Statement) -> tuple[UnavailableFacts, ...] | None:
    if said.unavailable_features is None:
        return None
    return tuple(
        UnavailableFacts(
            feature=one.feature,
            reason=one.reason,
            clips=None if one.clips is None else len(one.clips),
        )
        for one in said.unavailable_features
    )


def _encode(said: Statement) -> EncodeFacts:
    return EncodeFacts(
        encoder=said.setting("encoder"),
        preset=said.setting("preset"),
        crf=said.setting("crf"),
        pix_fmt=said.setting("pix_fmt"),
    )


def _engine(said: Statement) -> EngineFacts | None:
    known = said.engine
    if known is None:
        return None
    return EngineFacts(
        kind=known.kind,
        version=known.version,
        libvmaf_version=known.libvmaf_version,
        kernels=str(known.kernels) if known.kernels else None,
    )


def _model(said: Statement) -> ModelFacts | None:
    known = comparable.model(said)
    if not known:
        return None
    return ModelFacts(name=known.get("name"), sha256=known.get("sha256"))
