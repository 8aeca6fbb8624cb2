"""The only code that imports Dagster: resources, assets, metadata, definitions."""
