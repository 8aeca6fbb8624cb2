"""What every engine offers: its identity, and scoring one clip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from corpus_assets.corpora.clip import Clip
    from corpus_assets.libvmaf.features import FeatureSet
    from corpus_assets.libvmaf.ledger import FrameLedger
    from corpus_assets.libvmaf.model import Model
    from corpus_assets.libvmaf.probe import VideoFacts
    from corpus_assets.libvmaf.process import Children, ProcessRun
    from corpus_assets.libvmaf.report import Report


@dataclass(frozen=True, slots=True)
class EngineIdentity:
    """Which program computes; `binary_sha256` decides whether results are comparable."""

    kind: str
    binary: str
    binary_sha256: str
    version: str
    libvmaf_version: str

    @property
    def fingerprint(self) -> str:
        """The part of a clip's fingerprint that stands for the engine."""
        return f"{self.kind}:{self.binary_sha256}"


@dataclass(frozen=True, slots=True)
class Scored:
    """One accepted report, with everything that is known about how it came to be."""

    report: Report
    report_bytes: bytes
    facts: VideoFacts
    ledger: FrameLedger
    run: ProcessRun
    encoded_bytes: int | None


class Engine(Protocol):
    """Scores clips with one model and one feature set."""

    @property
    def identity(self) -> EngineIdentity:
        """Which program this is."""

    @property
    def model(self) -> Model:
        """The model of the teacher score."""

    @property
    def features(self) -> FeatureSet:
        """The features that every report holds."""

    @property
    def report_keys(self) -> frozenset[str]:
        """The metric keys that every frame of a report has, learnt by a probe."""

    def score(self, clip: Clip, children: Children) -> Scored:
        """Score one clip. Raises ClipError; a returned report has been accepted."""
