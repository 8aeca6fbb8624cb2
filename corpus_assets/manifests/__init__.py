"""The evidence beside an artifact: typed models, provenance, and deterministic bytes."""
