"""What several assets share, as Dagster resources. Domain code never sees these classes."""

import dagster as dg
from pydantic import Field

from corpus_assets.artifacts.settings import SharedSettings, validated


class EngineResource(dg.ConfigurableResource):  # type: ignore[type-arg] # not generic at run time
    """Which program computes."""

    ffmpeg: str | None = Field(
        default=None,
        description="Another ffmpeg, or `embedded`. Default: $CORPUS_ASSETS_FFMPEG, else that.",
    )
    vmaf_bin: str | None = Field(
        default=None, description="Your own vmaf tool for all assets. Default: $VMAF_BIN."
    )
    model: str | None = Field(
        default=None, description="Model for all assets. Default: $VMAF_MODEL_PATH."
    )
    accelerate: str | None = Field(
        default=None,
        description="Kernels beside libvmaf: `auto`, `off` or `require`. "
        "Default: $CORPUS_ASSETS_ACCELERATE, else auto.",
    )


class WorkersResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """How many clips are scored at once."""

    count: int | None = Field(
        default=None,
        description="Clips at once. Default: $CORPUS_ASSETS_WORKERS, else all processors.",
    )
    memory_gib: float | None = Field(
        default=None,
        description="Memory that the clips of all runs on this machine may need together. "
        "Default: 80 % of the machine's, or the container's.",
    )
    dask_address: str | None = Field(
        default=None,
        description="Scheduler of a Dask cluster that scores the clips instead of this machine; "
        "its threads are then the clips at once. Default: $CORPUS_ASSETS_DASK_ADDRESS, else none.",
    )


class StorageResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Where artifacts and per-clip results go."""

    output_dir: str | None = Field(
        default=None,
        description="Folder of artifacts. Default: $CORPUS_ASSETS_OUTPUT_DIR, else runs.",
    )
    cache_dir: str | None = Field(
        default=None,
        description="Folder of caches. Default: $CORPUS_ASSETS_CACHE_DIR, else the user's.",
    )


def shared_settings(
    engine: EngineResource, workers: WorkersResource, storage: StorageResource
) -> SharedSettings:
    """Return the resources' values as domain code takes them. Raises SettingError."""
    given = {
        "ffmpeg": engine.ffmpeg,
        "vmaf_bin": engine.vmaf_bin,
        "model": engine.model,
        "accelerate": engine.accelerate,
        "workers": workers.count,
        "memory_gib": workers.memory_gib,
        "dask_address": workers.dask_address,
        "output_dir": storage.output_dir,
        "cache_dir": storage.cache_dir,
    }
    return validated(SharedSettings, given)


def storage_settings(storage: StorageResource) -> SharedSettings:
    """Return what looking at a corpus needs of the resources. Raises SettingError."""
    return shared_settings(EngineResource(), WorkersResource(), storage)
