"""Errors of the project become Dagster failures that are not retried, with the user's text."""

import contextlib
from collections.abc import Iterator

import dagster as dg

from corpus_assets.errors import CorpusAssetsError

EXIT_CODE = "exit_code"
"""Metadata of a failure: what the command line ends with."""


@contextlib.contextmanager
def shown_as_failures() -> Iterator[None]:
    """Turn an error of the project into `dg.Failure`; other errors pass."""
    try:
        yield
    except CorpusAssetsError as error:
        raise dg.Failure(
            description=str(error),
            metadata={"error": type(error).__name__, EXIT_CODE: error.exit_code},
            allow_retries=False,
        ) from None
