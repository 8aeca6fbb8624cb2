"""Reading a manifest of ours from its file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import pydantic

from corpus_assets.errors import DataError
from corpus_assets.files import read_regular
from corpus_assets.manifests.kinds import KINDS
from corpus_assets.manifests.pair import LARGEST_MANIFEST

if TYPE_CHECKING:
    from pathlib import Path

    from corpus_assets.manifests.kinds import Manifest


def load(path: Path) -> Manifest:
    """Read and validate a manifest. Raises DataError saying why it is none."""
    try:
        document = orjson.loads(read_regular(path, LARGEST_MANIFEST))
        schema = document.get("schema") if isinstance(document, dict) else None
        kind = KINDS.get(str(schema))
        if kind is None:
            known = ", ".join(KINDS)
            raise DataError(f"manifest {path}: its schema is {schema!r}, none of {known}")
        return kind.model_validate(document)
    except OSError as error:
        raise DataError(f"manifest {path}: {error.strerror or error}") from error
    except orjson.JSONDecodeError as error:
        raise DataError(f"manifest {path} is not JSON: {error}") from error
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "document"
        raise DataError(f"manifest {path}: {where}: {first['msg']}") from error
