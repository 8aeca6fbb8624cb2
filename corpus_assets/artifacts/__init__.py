"""One artifact made: settings resolved, clips extracted, table and manifest published.

Above `manifests` and below `orchestration`: what Dagster's assets, the command line, and anything
that makes an artifact again have in common.
"""
