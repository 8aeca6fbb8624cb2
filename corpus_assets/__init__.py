"""Training tables for VMAF-like quality models as Dagster assets, with evidence."""

__version__ = "0.1.0"
