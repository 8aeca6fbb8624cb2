"""A citation as Markdown: a block for a model card, bounded whatever the manifest holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corpus_assets.manifests import card_cells as cells
from corpus_assets.manifests.markdown import code, fence, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from corpus_assets.manifests.citation import Citation, InputFacts

LONGEST_COMMAND = 8000
INPUTS_SHOWN = 20


def to_markdown(cited: Citation) -> str:
    """Return the block: a table of facts, and the command line."""
    lines = [f"### Data: {code(cited.artifact.name or cited.manifest)}", "", "| | |", "|:--|:--|"]
    lines += [f"| {name} | {value} |" for name, value in _facts(cited)]
    if cited.command:
        lines += ["", *_command(cited.command)]
    return "\n".join(lines) + "\n"


def _command(command: str) -> Iterator[str]:
    """Return the command; of a long one the beginning, as text that nobody takes for a command."""
    more = len(command) - LONGEST_COMMAND
    beginning = command[:LONGEST_COMMAND]
    marks = fence(beginning)
    if more <= 0:
        yield from ("Made by:", "", f"{marks}sh", command, marks)
    else:
        yield from ("Made by a command line that begins, and is not whole here:", "")
        rest = f"… ({more} characters more; the manifest has it)"
        yield from (f"{marks}text", f"{beginning}{rest}", marks)


def _facts(cited: Citation) -> Iterator[tuple[str, str]]:
    artifact = cited.artifact
    columns = "" if artifact.columns is None else f", {artifact.columns} columns"
    yield "Table", f"{cells.said(artifact.rows)} rows{columns}"
    yield "SHA-256", cells.digest(artifact.sha256)
    yield "SHA-256 of the content", cells.digest(artifact.content_sha256)
    for corpus in cited.corpora:
        yield "Corpus", cells.corpus(corpus)
        yield "Terms of use", f"{text(corpus.terms)}; see <{corpus.site}>"
    yield cited.unit.capitalize(), cells.counts(cited)
    if cited.selection:
        yield "Selection", cells.selection(cited.selection)
    if cited.inputs is None:
        yield from _of_corpus(cited)
    else:
        yield from _of_training(cited, cited.inputs)
    yield "Created", f"{cells.said(cited.created)}, by {cells.said(cited.tool)}"
    yield "Make again", code(cited.replay) if cited.replay else "the manifest records too little"


def _of_training(cited: Citation, inputs: Sequence[InputFacts]) -> Iterator[tuple[str, str]]:
    """Return what is said of a table that is made of others."""
    for one in inputs[:INPUTS_SHOWN]:
        yield "Input", cells.input_table(one)
    if (more := len(inputs) - INPUTS_SHOWN) > 0:
        yield "Input", f"and {more} more"
    if cited.features:
        yield "Features", cells.features(cited)
        yield "Model", cells.model(cited.model)


def _of_corpus(cited: Citation) -> Iterator[tuple[str, str]]:
    """Return what is said of a table of one corpus."""
    if cited.unit != "reports":
        yield "Skipped", cells.left_out(cited.skipped)
    yield "Failed", cells.left_out(cited.failed)
    if cited.unit != "reports":
        yield "Features", cells.features(cited)
        yield "Without numbers", cells.without_numbers(cited)
        yield "Engine", cells.engine(cited.engine)
        yield "Model", cells.model(cited.model)
    if cited.geometry:
        yield "Raw frames", cells.geometry(cited.geometry)
    if cited.unit != "pairs":
        labelled = " (labels of the rows)" if cited.unit == "reports" else ""
        yield "Encode", f"{cells.encode(cited.encode)}{labelled}"
    if cited.foreign_reports:
        said = "taken as they stand: nothing says with which model or encode they were made"
        yield "Reports of other tools", f"{cited.foreign_reports}, {said}"
