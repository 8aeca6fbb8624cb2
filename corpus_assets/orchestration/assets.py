"""The assets, with what their pages say; everything else about them is in `artifacts`."""

import dagster as dg

from corpus_assets.artifacts.bvi_full import FULL_FEATURES as BVI_FULL
from corpus_assets.artifacts.catalog import COMBINED
from corpus_assets.artifacts.corpus_rows import CORPUS_ROWS_ASSET
from corpus_assets.artifacts.fr_corpus import FR_CORPUS
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

combined_features = rows_asset(
    COMBINED,
    """The per-frame tables of all corpora as one, with the `full` feature set.

    **Recipe.** Takes the tables of `full_features` assets that are in the output folder, or those
    that `inputs` names, also other tools'. A table that is not what its manifest says is refused,
    and so are tables of different teacher models. No number is computed.

    **Table.** `full_features_combined.parquet`, one row per clip and frame: `corpus`, `source` (the
    reference, else the clip's key), `frame_index`, the label `codec`, 25 features, and the teacher
    score `vmaf`. A feature that a table lacks is null, and the manifest lists it. Beside it its
    manifest and, with `splits`, `full_features_combined.splits.json`.
    """,
    kind="parquet",
)

fr_corpus = rows_asset(
    FR_CORPUS,
    """Corpus rows (schema version 3) of BVI-DVC and of other tools as one, each encode once.

    **Recipe.** Takes the rows of `bvi_dvc/corpus_rows`, then those of `shards`. Every row is
    validated, and one that will not do fails the merge. Of rows with the same `src_sha256`,
    `encoder`, `preset` and `crf`, the first is kept, with the bytes that it came in; where another
    one differs in model, clip mode or score, the manifest lists the two.

    **Table.** `fr_train_corpus.jsonl`, one row per encode with 54 keys, in the order of the inputs.
    Beside it its manifest and, with `splits`, `fr_train_corpus.splits.json`.
    """,
)

ASSETS: tuple[dg.AssetsDefinition | dg.SourceAsset, ...] = (
    *CORPORA,
    *(netflix_full_features, konvid_full_features, vmaf_pairs),
    *(bvi_full_features, corpus_rows, combined_features, fr_corpus),
)
