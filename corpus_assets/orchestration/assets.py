"""The assets, with what their pages say; everything else about them is in `artifacts`."""

from corpus_assets.artifacts.konvid_pairs import VMAF_PAIRS
from corpus_assets.artifacts.netflix_full import FULL_FEATURES
from corpus_assets.orchestration.scored import scored_asset

vmaf_pairs = scored_asset(
    VMAF_PAIRS,
    """Per-frame VMAF and canonical-6 features of KoNViD-1k clips against an encode of themselves.

    Each clip is encoded (libx264, preset veryfast, CRF 35 unless set otherwise, 8 bit) and scored
    against that encode. Writes `konvid_vmaf_pairs.parquet`, one row per clip and frame, and
    `konvid_vmaf_pairs.manifest.json`. A clip that cannot be scored is listed in the manifest.
    """,
)

netflix_full_features = scored_asset(
    FULL_FEATURES,
    """Per-frame VMAF and features of the raw pairs of Netflix Public.

    Each distorted file in `dis/` is scored against its reference in `ref/`; teacher score and
    features come from one run of libvmaf. Writes `full_features_netflix.parquet`, one row per
    pair and frame, and `full_features_netflix.manifest.json`. A feature that this libvmaf lacks, or
    that cannot run at this frame size, is null, and the manifest says why.
    """,
)

ASSETS = (netflix_full_features, vmaf_pairs)
