"""The assets, with what their pages say; everything else about them is in `artifacts`."""

import dagster as dg

from corpus_assets.artifacts.bvi_full import FULL_FEATURES as BVI_FULL
from corpus_assets.artifacts.corpus_rows import CORPUS_ROWS_ASSET
from corpus_assets.artifacts.konvid_full import FULL_FEATURES as KONVID_FULL
from corpus_assets.artifacts.konvid_pairs import VMAF_PAIRS
from corpus_assets.artifacts.netflix_full import FULL_FEATURES
from corpus_assets.orchestration.definition import rows_asset, scored_asset
from corpus_assets.orchestration.sources import CORPORA

vmaf_pairs = scored_asset(
    VMAF_PAIRS,
    """Per-frame VMAF and canonical-6 features of KoNViD-1k clips against an encode of themselves.

    **Recipe.** Each clip is encoded (libx264, preset veryfast, CRF 35 unless set otherwise, 8 bit)
    and scored against that encode by libvmaf (`vmaf_v0.6.1` unless set otherwise). A clip that
    cannot be scored is listed in the manifest.

    **Table.** `konvid_vmaf_pairs.parquet`, one row per clip and frame: `key`, `frame_index`, the
    features `vif_scale0` to `vif_scale3`, `adm2` and `motion2`, and the teacher score `vmaf`.
    Beside it `konvid_vmaf_pairs.manifest.json`.
    """,
)

konvid_full_features = scored_asset(
    KONVID_FULL,
    """Per-frame VMAF and features of KoNViD-1k clips against an encode of themselves.

    **Recipe.** That of `konvid_1k/vmaf_pairs`, with which it shares the cache: the reports of
    this table's clips serve that one too. Where one run makes both, this comes first.

    **Table.** `full_features_konvid.parquet`, one row per clip and frame: `key`, `frame_index`, the
    label `codec`, the features of `feature_set` (25 unless set otherwise), and the teacher score
    `vmaf`. Beside it `full_features_konvid.manifest.json`.
    """,
)

netflix_full_features = scored_asset(
    FULL_FEATURES,
    """Per-frame VMAF and features of the raw pairs of Netflix Public.

    **Recipe.** Each distorted file in `dis/` is scored against its reference in `ref/`; nothing is
    encoded. Teacher score (`vmaf_v0.6.1` unless set otherwise) and features come from one run of
    libvmaf. A feature that this libvmaf lacks, or that cannot run at this frame size, is null, and
    the manifest says why.

    **Table.** `full_features_netflix.parquet`, one row per pair and frame: `source`,
    `dis_basename`, `frame_index`, the label `codec`, the teacher score `vmaf`, and the features of
    `feature_set` (25 unless set otherwise). Beside it `full_features_netflix.manifest.json`.
    """,
)

bvi_full_features = scored_asset(
    BVI_FULL,
    """Per-frame VMAF and features of BVI-DVC clips against an encode of themselves, a table a tier.

    **Recipe.** Clips come from the zip archive, which is read in place and never unpacked, or from
    a folder. Each is encoded (libx264, preset fast, CRF 35 unless set otherwise, 10 bit) and scored
    against that encode by libvmaf (`vmaf_v0.6.1` unless set otherwise). libvmaf's report of every
    clip is kept for `bvi_dvc/corpus_rows`.

    **Table.** `full_features_bvi_dvc_<tier>.parquet`, one row per clip and frame: `key`,
    `frame_index`, the label `codec`, the features of `feature_set` (25 unless set otherwise), and
    the teacher score `vmaf`. Beside it its manifest.
    """,
)

corpus_rows = rows_asset(
    CORPUS_ROWS_ASSET,
    """One vmaf-tune corpus row (schema version 3) for every cached libvmaf report of BVI-DVC.

    **Recipe.** Reads the folder of reports that `bvi_dvc/full_features` fills, or one that other
    tools made; no video and no ffmpeg is needed. A report that cannot be read, or was made with
    another encode than the labels say, is listed in the manifest.

    **Table.** `bvi_dvc_corpus.jsonl`, one row per clip with 54 keys: the clip (`src`, `width`,
    `height`, `framerate`, `duration_s`), its encode (`encoder`, `preset`, `crf`, `bitrate_kbps`),
    the teacher score `vmaf_score`, and mean and deviation of each canonical-6 feature
    (`adm2_mean`, `adm2_std`). Beside it its manifest.
    """,
)

ASSETS: tuple[dg.AssetsDefinition | dg.SourceAsset, ...] = (
    *CORPORA,
    *(netflix_full_features, konvid_full_features, vmaf_pairs),
    *(bvi_full_features, corpus_rows),
)
