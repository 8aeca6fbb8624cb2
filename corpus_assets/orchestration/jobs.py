"""Jobs: for each corpus one that makes all of its assets, and one for everything."""

import dagster as dg

from corpus_assets.orchestration.refreshing import ALL, CORPUS_TAG, REFRESHES

KEYS = {
    **{refresh.corpus: refresh.keys for refresh in REFRESHES},
    ALL: tuple(key for refresh in REFRESHES for key in refresh.keys),
}
"""The assets of each job, by corpus, and under `all` those of every corpus."""

JOBS = {
    corpus: dg.define_asset_job(
        f"refresh_{corpus}",
        selection=dg.AssetSelection.assets(*keys),
        description="Makes " + ", ".join(key.to_user_string() for key in keys),
        tags={CORPUS_TAG: corpus},
    )
    for corpus, keys in KEYS.items()
}
