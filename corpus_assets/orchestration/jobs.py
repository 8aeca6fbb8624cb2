"""Jobs: one for each refresh, and one for all corpora and the training tables.

The one for all leaves out the assets that have a refresh of their own.
"""

import dagster as dg

from corpus_assets.orchestration.refreshing import ALL, CORPUS_TAG, EVERY, REFRESHES
from corpus_assets.orchestration.refreshing_training import TRAINING_REFRESH

KEYS = {
    **{refresh.name: refresh.keys for refresh in EVERY},
    TRAINING_REFRESH.name: TRAINING_REFRESH.keys,
    ALL: (*(key for refresh in REFRESHES for key in refresh.keys), *TRAINING_REFRESH.keys),
}
"""The assets of each job, by the name of the refresh."""

JOBS = {
    name: dg.define_asset_job(
        f"refresh_{name}",
        selection=dg.AssetSelection.assets(*keys),
        description="Makes " + ", ".join(key.to_user_string() for key in keys),
        tags={CORPUS_TAG: name},
    )
    for name, keys in KEYS.items()
}
