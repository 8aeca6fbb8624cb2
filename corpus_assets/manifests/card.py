"""A citation as Markdown: a block for a model card, bounded whatever the manifest holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corpus_assets.manifests.markdown import code, fence, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from corpus_assets.manifests.citation import (
        Citation,
        CorpusFacts,
        EncodeFacts,
        LeftOutFacts,
        ReasonFacts,
    )
    from corpus_assets.manifests.scored import GeometryPart

NOT_RECORDED = "not recorded"
COUNTS = ("found", "selected", "scored", "ours", "foreign", "failed", "skipped", "incomplete")
ITEMS_SHOWN = 10


def to_markdown(cited: Citation) -> str:
    """Return the block: a table of facts, and the command line."""
    lines = [f"### Data: {code(cited.artifact.name or cited.manifest)}", "", "| | |", "|:--|:--|"]
    lines += [f"| {name} | {value} |" for name, value in _facts(cited)]
    if cited.command:
        marks = fence(cited.command)
        lines += ["", "Made by:", "", f"{marks}sh", cited.command, marks]
    return "\n".join(lines) + "\n"


def _facts(cited: Citation) -> Iterator[tuple[str, str]]:
    artifact = cited.artifact
    columns = "" if artifact.columns is None else f", {artifact.columns} columns"
    yield "Table", f"{_said(artifact.rows)} rows{columns}"
    yield "SHA-256", _digest(artifact.sha256)
    yield "SHA-256 of the content", _digest(artifact.content_sha256)
    if cited.corpus:
        yield "Corpus", _corpus(cited.corpus)
        yield "Licence of the corpus", f"{text(cited.corpus.licence)}; see <{cited.corpus.site}>"
    yield cited.unit.capitalize(), _counts(cited)
    if cited.selection:
        yield "Selection", _joined(_setting(*one) for one in sorted(cited.selection.items()))
    if cited.unit != "reports":
        yield "Skipped", _left_out(cited.skipped)
    yield "Failed", _left_out(cited.failed)
    if cited.unit != "reports":
        yield from _scoring(cited)
    if cited.geometry:
        yield "Raw frames", _geometry(cited.geometry)
    if cited.unit != "pairs":
        labelled = " (labels of the rows)" if cited.unit == "reports" else ""
        yield "Encode", f"{_encode(cited.encode)}{labelled}"
    if cited.foreign_reports:
        said = "taken as they stand: nothing says with which model or encode they were made"
        yield "Reports of other tools", f"{cited.foreign_reports}, {said}"
    yield "Created", f"{_said(cited.created)}, by {_said(cited.tool)}"
    yield "Make again", code(cited.replay) if cited.replay else "the manifest records too little"


def _setting(name: str, value: object) -> str:
    values = value if isinstance(value, list) else [value]
    return f"{text(name)} {_joined(_bounded([code(str(one)) for one in values]))}"


def _scoring(cited: Citation) -> Iterator[tuple[str, str]]:
    names = _joined(map(code, cited.features)) if cited.features else NOT_RECORDED
    yield "Features", f"{text(cited.feature_set)}: {names}" if cited.feature_set else names
    yield "Without numbers", _without_numbers(cited)
    engine, model = cited.engine, cited.model
    if engine is None:
        yield "Engine", NOT_RECORDED
    else:
        libvmaf = f"libvmaf {text(engine.libvmaf_version)}"
        yield "Engine", f"{libvmaf}, in {text(engine.kind)} {text(engine.version)}"
    if model is None:
        yield "Model", NOT_RECORDED
    else:
        digest = f", SHA-256 {code(model.sha256)}" if model.sha256 else ""
        yield "Model", f"{code(model.name) if model.name else NOT_RECORDED}{digest}"


def _without_numbers(cited: Citation) -> str:
    if cited.unavailable_features is None:
        return NOT_RECORDED
    said = [
        f"{text(one.feature)} ({'all' if one.clips is None else one.clips}): {text(one.reason)}"
        for one in cited.unavailable_features
    ]
    return _joined(_bounded(said), "; ") if said else "none"


def _corpus(corpus: CorpusFacts) -> str:
    authors = f"{text('; '.join(corpus.authors))} ({corpus.year})"
    where = f"<https://doi.org/{corpus.doi}>" if corpus.doi else f"<{corpus.url}>"
    return f"{text(corpus.name)}: {authors}. {text(corpus.title)}. {text(corpus.venue)}. {where}"


def _counts(cited: Citation) -> str:
    known = (f"{cited.counts[name]} {name}" for name in COUNTS if name in cited.counts)
    return _joined(known) or NOT_RECORDED


def _left_out(left_out: LeftOutFacts | None) -> str:
    if left_out is None:
        return NOT_RECORDED
    if not left_out.count:
        return "none"
    said = list(map(_reason, left_out.reasons[:ITEMS_SHOWN]))
    more = len(left_out.reasons) - len(said) + left_out.more_reasons
    rest = [f"and {more} more reasons"] if more else []
    return f"{left_out.count}: {_joined([*said, *rest], '; ')}"


def _reason(one: ReasonFacts) -> str:
    more = ", …" if one.count > len(one.names) else ""
    names = _joined(map(code, one.names))
    reason = text(one.reason) if one.reason else f"reason {NOT_RECORDED}"
    return f"{reason} ({one.count}: {names}{more})"


def _geometry(known: GeometryPart) -> str:
    said = f"{known.width}x{known.height} {text(known.pix_fmt)}"
    return f"{said}, assumed" if known.assumed else said


def _encode(encode: EncodeFacts | None) -> str:
    if encode is None:
        return NOT_RECORDED
    crf = f"CRF {_said(encode.crf)}"
    return f"{_said(encode.encoder)}, preset {_said(encode.preset)}, {crf}, {_said(encode.pix_fmt)}"


def _bounded(items: list[str]) -> list[str]:
    more = len(items) - ITEMS_SHOWN
    return [*items[:ITEMS_SHOWN], f"and {more} more"] if more > 0 else items


def _joined(items: Iterable[str], between: str = ", ") -> str:
    return between.join(items)


def _said(value: object) -> str:
    return NOT_RECORDED if value is None else text(value)


def _digest(value: str | None) -> str:
    return NOT_RECORDED if value is None else code(value)
