"""Facts of a citation as cells of a Markdown table, each of bounded length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from corpus_assets.manifests.markdown import code, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from corpus_assets.manifests.citation import (
        Citation,
        CorpusFacts,
        EncodeFacts,
        EngineFacts,
        InputFacts,
        ModelFacts,
    )
    from corpus_assets.manifests.left_out import LeftOutFacts, ReasonFacts
    from corpus_assets.manifests.scored import GeometryPart

NOT_RECORDED = "not recorded"
COUNTS = (
    *("found", "selected", "scored", "ours", "foreign", "failed", "skipped", "incomplete"),
    *("inputs", "rows_in", "duplicates", "conflicts", "unique_sources"),
)
ITEMS_SHOWN = 10
FEATURES_SHOWN = 50
"""More than any feature set has."""


def corpus(known: CorpusFacts) -> str:
    """Return the publication of a corpus."""
    authors = f"{text('; '.join(known.authors))} ({known.year})"
    where = f"<https://doi.org/{known.doi}>" if known.doi else f"<{known.url}>"
    return f"{text(known.name)}: {authors}. {text(known.title)}. {text(known.venue)}. {where}"


def counts(cited: Citation) -> str:
    """Return how many clips, pairs or reports went where."""
    known = (f"{cited.counts[name]} {name}" for name in COUNTS if name in cited.counts)
    return ", ".join(known) or NOT_RECORDED


def input_table(one: InputFacts) -> str:
    """Return an input of a training table."""
    made = text(one.manifest_schema) if one.manifest_schema else "without a manifest of ours"
    lacks = f", lacks {', '.join(_bounded([*map(code, one.missing_features)]))}"
    facts = f"{code(one.label)}: {said(one.rows)} rows, SHA-256 {digest(one.sha256)}, {made}"
    return facts + (lacks if one.missing_features else "")


def selection(settings: Mapping[str, Any]) -> str:
    """Return the settings that chose what is in the table."""
    return ", ".join(_setting(name, settings[name]) for name in sorted(settings))


def _setting(name: str, value: object) -> str:
    values = value if isinstance(value, list) else [value]
    return f"{text(name)} {', '.join(_bounded([code(str(one)) for one in values]))}"


def left_out(known: LeftOutFacts | None) -> str:
    """Return how much is not in the table, with the most frequent reasons."""
    if known is None:
        return NOT_RECORDED
    if not known.count:
        return "none"
    reasons = list(map(_reason, known.reasons[:ITEMS_SHOWN]))
    more = len(known.reasons) - len(reasons) + known.more_reasons
    rest = [f"and {more} more reasons"] if more else []
    return f"{known.count}: {'; '.join([*reasons, *rest])}"


def _reason(one: ReasonFacts) -> str:
    more = ", …" if one.count > len(one.names) else ""
    names = ", ".join(map(code, one.names))
    reason = text(one.reason) if one.reason else f"reason {NOT_RECORDED}"
    return f"{reason} ({one.count}: {names}{more})"


def features(cited: Citation) -> str:
    """Return the feature set, and its features."""
    shown = _bounded(list(map(code, cited.features or ())), FEATURES_SHOWN)
    names = ", ".join(shown) or NOT_RECORDED
    return f"{text(cited.feature_set)}: {names}" if cited.feature_set else names


def without_numbers(cited: Citation) -> str:
    """Return the features without numbers, and for how many clips."""
    if cited.unavailable_features is None:
        return NOT_RECORDED
    known = [
        f"{text(one.feature)} ({'all' if one.clips is None else one.clips}): {text(one.reason)}"
        for one in cited.unavailable_features
    ]
    return "; ".join(_bounded(known)) if known else "none"


def engine(known: EngineFacts | None) -> str:
    """Return what computed."""
    if known is None:
        return NOT_RECORDED
    libvmaf = f"libvmaf {text(known.libvmaf_version)}"
    kernels = f"; kernels {text(known.kernels)}" if known.kernels else ""
    return f"{libvmaf}, in {text(known.kind)} {text(known.version)}{kernels}"


def model(known: ModelFacts | None) -> str:
    """Return the model of the teacher score."""
    if known is None:
        return NOT_RECORDED
    sha256 = f", SHA-256 {code(known.sha256)}" if known.sha256 else ""
    return f"{code(known.name) if known.name else NOT_RECORDED}{sha256}"


def geometry(known: GeometryPart) -> str:
    """Return what raw frames were taken for."""
    size = f"{known.width}x{known.height} {text(known.pix_fmt)}"
    return f"{size}, assumed" if known.assumed else size


def encode(known: EncodeFacts | None) -> str:
    """Return the encode that made the distorted side."""
    if known is None:
        return NOT_RECORDED
    made = f"{said(known.encoder)}, preset {said(known.preset)}"
    return f"{made}, CRF {said(known.crf)}, {said(known.pix_fmt)}"


def said(value: object) -> str:
    """Return a value, or that it is not recorded."""
    return NOT_RECORDED if value is None else text(value)


def digest(value: str | None) -> str:
    """Return a digest as code, or that it is not recorded."""
    return NOT_RECORDED if value is None else code(value)


def _bounded(items: Sequence[str], most: int = ITEMS_SHOWN) -> Sequence[str]:
    more = len(items) - most
    return [*items[:most], f"and {more} more"] if more > 0 else items
