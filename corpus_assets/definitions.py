"""What Dagster loads (`-m corpus_assets.definitions`, workspace.yaml)."""

from corpus_assets.orchestration.build import build_definitions

defs = build_definitions()
