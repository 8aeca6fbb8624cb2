"""The checks of an artifact: names that stay, what each says, and how bad a failure is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from corpus_assets.errors import CorpusAssetsError
from corpus_assets.manifests import judges, judges_training
from corpus_assets.manifests.evidence import Evidence
from corpus_assets.manifests.parts import Part
from corpus_assets.manifests.training import CombinedManifest, MergedManifest, TrainingManifest
from corpus_assets.manifests.verdict import Verdict

REPLACED = "replaced by another run meanwhile; check again what that one has made"


@dataclass(frozen=True, slots=True)
class Check:
    """A check. One that only warns fails no run; a blocking one stops what is downstream."""

    name: str
    description: str
    judge: Callable[[Evidence], Verdict]
    warns: bool = False
    blocking: bool = False
    only: type[TrainingManifest] | None = None
    """The kind of manifest that it is about; None for all."""
    besides: Mapping[type[Part], str] = field(default_factory=dict)
    """The description for kinds of manifests of which something else is true."""

    def concerns(self, manifest: type[Part]) -> bool:
        """Say whether it is about manifests of a kind."""
        return self.only is None or issubclass(manifest, self.only)

    def described(self, manifest: type[Part]) -> str:
        """Return what it says of artifacts with manifests of a kind."""
        return self.besides.get(manifest, self.description)


def judge(evidence: Evidence, wanted: Collection[str]) -> dict[str, Verdict]:
    """Return the verdicts of some checks on an artifact, whose table is read once for all of them.

    What cannot be read is a finding. Where another run has replaced the artifact, that alone is
    said: nothing is held of one run against what another has made.
    """
    checks = [check for check in CHECKS if check.name in wanted]
    replaced = Verdict((f"{evidence.path}: {REPLACED}",))
    if evidence.foreign():
        return {check.name: replaced for check in checks}
    verdicts = {check.name: _judged(check, evidence) for check in checks}
    if all(verdict.passed for verdict in verdicts.values()) or not evidence.replaced():
        return verdicts
    return {name: one if one.passed else replaced for name, one in verdicts.items()}


def _judged(check: Check, evidence: Evidence) -> Verdict:
    try:
        return check.judge(evidence)
    except CorpusAssetsError as error:
        return Verdict((str(error),))
    except OSError as error:
        return Verdict((f"{error.filename or evidence.path}: {error.strerror or error}",))


CHECKS = (
    Check(
        "artifact_matches_manifest",
        "The files of the latest materializations are there, with the bytes and the SHA-256 that "
        "their manifests say.",
        judges.judge_pair,
        blocking=True,
    ),
    Check(
        "counts_add_up",
        "The manifest's counts agree with each other, with the lists that they count, and with the "
        "rows and clips of the table.",
        judges.judge_counts,
    ),
    Check(
        "columns_as_declared",
        "The table has the columns that are declared for it, in order and type, and the manifest "
        "says the same.",
        judges.judge_columns,
    ),
    Check(
        "keys_unique",
        "Every clip is there once, in key order and in one piece, its frames numbered from 0; "
        "every corpus row has a src of its own.",
        judges.judge_keys,
        besides={
            CombinedManifest: "Every row has the corpus of its input, a source and a frame from 0 "
            "up, and every source of a corpus is in one input. Whether a frame is there twice "
            "cannot be told, for a source may have several distorted sides.",
            MergedManifest: "Every encode (src_sha256, encoder, preset, crf) is there once.",
        },
    ),
    Check(
        "values_in_range",
        "Scores are 0 to 100 and features in their range; nothing is infinite, and null only what "
        "the manifest calls unavailable, or libvmaf leaves out for identical planes.",
        judges.judge_values,
    ),
    Check(
        "few_clips_failed",
        f"At most {judges.MOST_FAILED:.0%} of the clips, or reports, failed.",
        judges.judge_failures,
        warns=True,
    ),
    Check(
        "inputs_unchanged",
        "The files that were read are what they were, and no clip has come or gone since.",
        judges.judge_inputs,
        warns=True,
    ),
    Check(
        "sources_in_one_place",
        "No content of a source has two names, or is in two corpora, so that a split by names "
        "would have it on both sides; and no name has two contents, so that splits by content "
        "would.",
        judges_training.judge_sources,
        warns=True,
        only=TrainingManifest,
    ),
    Check(
        "duplicates_agree",
        "Rows of one encode that were left out had the model, the clip mode and, within 1e-6, the "
        "score of the one that is there.",
        judges_training.judge_conflicts,
        warns=True,
        only=MergedManifest,
    ),
)
"""In the order in which they are shown."""
