"""The assets, with what their pages say; everything else about them is in `artifacts`."""

import dagster as dg

from corpus_assets.artifacts.bvi_full import FULL_FEATURES as BVI_FULL
from corpus_assets.artifacts.corpus_rows import CORPUS_ROWS_ASSET
from corpus_assets.artifacts.konvid_pairs import VMAF_PAIRS
from corpus_assets.artifacts.netflix_full import FULL_FEATURES
from corpus_assets.orchestration.definition import rows_asset, scored_asset
from corpus_assets.orchestration.sources import CORPORA

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

bvi_full_features = scored_asset(
    BVI_FULL,
    """Per-frame VMAF and features of BVI-DVC clips against an encode of themselves, a table a tier.

    Clips come from the zip archive, which is read in place and never unpacked, or from a folder.
    Each is encoded (libx264, preset fast, CRF 35 unless set otherwise, 10 bit) and scored against
    that encode. Writes `full_features_bvi_dvc_<tier>.parquet`, one row per clip and frame, with its
    manifest, and keeps libvmaf's report of every clip for `bvi_dvc/corpus_rows`.
    """,
)

corpus_rows = rows_asset(
    CORPUS_ROWS_ASSET,
    """One vmaf-tune corpus row (schema version 3) for every cached libvmaf report of BVI-DVC.

    Reads the folder of reports that `bvi_dvc/full_features` fills, or one that other tools made; no
    video and no ffmpeg is needed. Writes `bvi_dvc_corpus.jsonl` and its manifest. A report that
    cannot be read, or was made with another encode than the labels say, is listed in the manifest.
    """,
)

ASSETS: tuple[dg.AssetsDefinition | dg.SourceAsset, ...] = (
    *CORPORA,
    *(netflix_full_features, vmaf_pairs, bvi_full_features, corpus_rows),
)
