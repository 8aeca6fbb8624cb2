"""A made-up model file: a support vector machine with two vectors, good for plumbing only."""

from __future__ import annotations

import json
from pathlib import Path

NAMES = ("adm2", "motion2", "vif_scale0", "vif_scale1", "vif_scale2", "vif_scale3")


def write_tiny_model(path: Path, gamma: float = 0.5) -> Path:
    vectors = "1 1:1 2:0.1 3:1 4:1 5:1 6:1 \n-0.5 1:0 2:0 3:0 4:0 5:0 6:0 \n"
    head = f"svm_type nu_svr\nkernel_type rbf\ngamma {gamma}\nnr_class 2\ntotal_sv 2\nrho -0.2\n"
    model = {
        "model_type": "LIBSVMNUSVR",
        "norm_type": "linear_rescale",
        "score_clip": [0.0, 100.0],
        "feature_names": [f"VMAF_integer_feature_{name}_score" for name in NAMES],
        "slopes": [0.01, 1.0, 0.05, 1.0, 1.0, 1.0, 1.0],
        "intercepts": [0.0] * 7,
        "model": f"{head}SV\n{vectors}",
    }
    path.write_text(json.dumps({"param_dict": {"C": 1.0}, "model_dict": model}))
    return path
