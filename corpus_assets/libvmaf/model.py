"""Which model gives the teacher score: a built-in name or a JSON file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import orjson

from corpus_assets.errors import SettingError
from corpus_assets.files import sha256_of_bytes

DEFAULT_MODEL = "vmaf_v0.6.1"
BUILT_IN_NAMES = (
    DEFAULT_MODEL,
    "vmaf_v0.6.1neg",
    "vmaf_4k_v0.6.1",
    "vmaf_4k_v0.6.1neg",
    "vmaf_float_v0.6.1",
    "vmaf_float_v0.6.1neg",
    "vmaf_float_4k_v0.6.1",
    *(f"vmaf_v1.0.16_{kind}" for kind in ("5d0h", "3d0h", "3d0h_2160", "1d5h_2160")),
    *(f"vmaf_v1.0.16_hfr_{kind}" for kind in ("5d0h", "3d0h", "3d0h_2160", "1d5h_2160")),
)
"""Models that builds of libvmaf 2 and 3 may have inside, each giving one score named vmaf."""
BUILT_IN_NAME = re.compile(r"vmaf_[A-Za-z0-9_.]+")


@dataclass(frozen=True, slots=True)
class Model:
    """A model by name, and by path and content where it is a file."""

    name: str
    path: str | None = None
    sha256: str | None = None

    @property
    def identity(self) -> str:
        """What the numbers depend on: the content of a file, or a built-in name."""
        return f"sha256:{self.sha256}" if self.sha256 else f"built-in:{self.name}"


def resolve_model(value: str) -> Model:
    """Read a `model` setting. Raises SettingError."""
    path = Path(value).expanduser()
    if value.endswith(".json") or path.is_file():
        if not path.is_file():
            raise SettingError("model", value, "there is no such file")
        return _from_file(value, path)
    if not BUILT_IN_NAME.fullmatch(value):
        allowed = f"it takes a built-in model's name such as {DEFAULT_MODEL}, or a JSON file"
        raise SettingError("model", value, allowed)
    return Model(value)


def _from_file(value: str, path: Path) -> Model:
    """Read a model file; libvmaf itself would only say that it cannot."""
    try:
        data = path.read_bytes()
        document = orjson.loads(data)
    except OSError as error:
        raise SettingError("model", value, f"it cannot be read: {error.strerror}") from error
    except orjson.JSONDecodeError as error:
        raise SettingError("model", value, f"it is not valid JSON: {error}") from error
    if not isinstance(document, dict) or "model_dict" not in document:
        raise SettingError("model", value, "it is not a libvmaf model: it has no model_dict")
    return Model(path.stem, str(path.resolve()), sha256_of_bytes(data))
