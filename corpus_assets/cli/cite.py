"""`corpus-assets cite MANIFEST`: what to say of an artifact in a model card or a paper."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from corpus_assets.cli.summary import print_json
from corpus_assets.manifests.bibtex import to_bibtex
from corpus_assets.manifests.card import to_markdown
from corpus_assets.manifests.citing import cite as cited
from corpus_assets.manifests.reading import only_manifest_at


class Format(StrEnum):
    """How a citation is printed."""

    MARKDOWN = "markdown"
    BIBTEX = "bibtex"
    JSON = "json"


def cite(
    manifest: Annotated[Path, typer.Argument(help="A manifest, its artifact, or their folder.")],
    form: Annotated[Format, typer.Option("--format", help="How it is printed.")] = Format.MARKDOWN,
) -> None:
    """Print what to cite of an artifact: corpus, counts, features, encode, engine, and digests.

    All is from the manifest: neither the corpus nor the table is needed. Exit code 1 when the
    manifest is not valid, 2 when there is none.
    """
    found = cited(only_manifest_at(manifest))
    if form is Format.JSON:
        print_json(found.model_dump(mode="json", by_alias=True))
        return
    text = to_bibtex(found) if form is Format.BIBTEX else to_markdown(found)
    typer.echo(text.encode(), nl=False)  # bytes, so that the locale does not matter
