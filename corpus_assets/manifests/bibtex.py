"""A citation as BibTeX: an entry for the artifact, and those of the corpus and of VMAF."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from corpus_assets.corpora.citations import VMAF
from corpus_assets.corpora.listing import shown
from corpus_assets.manifests.citing import corpora_of, corpus_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from corpus_assets.corpora.citations import Reference
    from corpus_assets.manifests.citation import Citation

VENUES = {"article": "journal", "inproceedings": "booktitle", "misc": "howpublished"}
SPECIAL = {
    **{character: f"\\{character}" for character in "&%$#_"},
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
ACCENTS = {"\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0308": '"'}
DIGITS_IN_KEY = 12
LONGEST = 300


def to_bibtex(cited: Citation) -> str:
    """Return the entries, the artifact's first; its key is the same for the same content."""
    schemas = [cited.manifest_schema, *(one.manifest_schema for one in cited.inputs or ())]
    corpora = corpora_of(schemas)
    references = dict.fromkeys((*(corpus.reference for corpus in corpora), VMAF))
    entries = [_entry("misc", _key(cited), dict(_artifact(cited)))]
    entries += [_entry(one.kind, one.key, dict(_reference(one))) for one in references]
    return "\n".join(entries)


def _entry(kind: str, key: str, fields: dict[str, str]) -> str:
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    return f"@{kind}{{{key},\n{lines}}}\n"


def _key(cited: Citation) -> str:
    """Return a key of the corpus and the content, or the file's name where there is no digest."""
    digest = (cited.artifact.content_sha256 or "")[:DIGITS_IN_KEY]
    named = re.sub(r"[^A-Za-z0-9]+", "_", cited.artifact.name or cited.manifest)
    corpus = corpus_of(cited.manifest_schema)
    return f"{corpus.key if corpus else 'corpora'}_{digest or named}"


def _artifact(cited: Citation) -> Iterator[tuple[str, str]]:
    name = cited.artifact.name or cited.manifest
    about = f" of {cited.corpus.name}" if cited.corpus else ""
    yield "title", f"{{{escaped(f'{name}: libvmaf scores{about}')}}}"
    if cited.tool:
        yield "howpublished", escaped(f"Data set, made by {cited.tool}")
    if re.match(r"\d{4}-", cited.created or ""):
        yield "year", str(cited.created)[:4]
    yield "note", "; ".join(map(escaped, _note(cited)))


def _note(cited: Citation) -> Iterator[str]:
    artifact, encode, engine, model = cited.artifact, cited.encode, cited.engine, cited.model
    if artifact.rows is not None:
        yield f"{artifact.rows} rows"
    if cited.counts:
        counted = (f"{cited.counts[name]} {name}" for name in sorted(cited.counts))
        yield f"{cited.unit}: {', '.join(counted)}"
    if cited.feature_set:
        yield f"features {cited.feature_set}"
    if encode:
        known = [value for value in (encode.encoder, encode.preset, encode.pix_fmt) if value]
        yield ", ".join([*known, *([] if encode.crf is None else [f"CRF {encode.crf}"])])
    if engine:
        yield f"libvmaf {engine.libvmaf_version} in {engine.kind} {engine.version}"
    if model and model.name:
        yield f"model {model.name}"
    if artifact.content_sha256:
        yield f"content SHA-256 {artifact.content_sha256}"


def _reference(one: Reference) -> Iterator[tuple[str, str]]:
    yield "author", escaped(" and ".join(one.authors))
    yield "title", f"{{{escaped(one.title)}}}"
    yield VENUES[one.kind], escaped(one.venue)
    yield "year", str(one.year)
    yield "volume", one.volume
    yield "pages", one.pages.replace("-", "--")
    yield "doi", one.doi
    yield "url", one.url


def escaped(value: str) -> str:
    """Return a text on one line, cut where it is long, as LaTeX prints it; accents as commands."""
    cut = value if len(value) <= LONGEST else f"{value[:LONGEST]}..."
    return "".join(map(_character, shown(cut)))


def _character(character: str) -> str:
    parts = unicodedata.normalize("NFD", character)
    letter, marks = parts[0], parts[1:]
    if marks in ACCENTS and letter.isascii():
        return f"{{\\{ACCENTS[marks]}{letter}}}"
    return SPECIAL.get(character, character)
