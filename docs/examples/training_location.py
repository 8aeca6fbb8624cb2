"""A code location of one's own: a model trained on a table of corpus_assets.

dagster dev -f docs/examples/training_location.py
dagster asset materialize -f docs/examples/training_location.py --select linear_vmaf
"""

import dagster as dg
import numpy as np
import pandas as pd

from corpus_assets.orchestration.corpus_tables import CorpusTables, table_specs

FEATURES = ["adm2", "vif_scale0", "vif_scale1", "vif_scale2", "vif_scale3", "motion2"]
PAIRS = dg.AssetIn(["konvid_1k", "vmaf_pairs"], input_manager_key="corpus_tables")


@dg.asset(ins={"pairs": PAIRS}, group_name="training", kinds={"numpy"})
def linear_vmaf(pairs: pd.DataFrame) -> dg.MaterializeResult:
    """Least squares from the six features to VMAF; the error is that of a clip left out."""
    held_out = pairs["key"] == pairs["key"].iloc[-1]
    weights = fitted(pairs[~held_out])
    error = predicted(weights, pairs[held_out]) - pairs.loc[held_out, "vmaf"].to_numpy()
    return dg.MaterializeResult(
        metadata={
            "weights": dict(zip([*FEATURES, "bias"], weights.tolist(), strict=True)),
            "frames": len(pairs),
            "held_out_rmse": float(np.sqrt(np.mean(error**2))),
        }
    )


def fitted(rows: pd.DataFrame) -> np.ndarray:
    """Return a weight for each feature, and the bias."""
    weights, *_ = np.linalg.lstsq(matrix(rows), rows["vmaf"].to_numpy(), rcond=None)
    return weights


def predicted(weights: np.ndarray, rows: pd.DataFrame) -> np.ndarray:
    """Return a score for each row."""
    return matrix(rows) @ weights


def matrix(rows: pd.DataFrame) -> np.ndarray:
    """Return the features as a matrix, with a column of ones."""
    return np.column_stack([rows[FEATURES].to_numpy(np.float32), np.ones(len(rows), np.float32)])


defs = dg.Definitions(
    assets=[linear_vmaf, *table_specs()],
    resources={"corpus_tables": CorpusTables()},
)
