"""The command `corpus-assets`; Dagster is imported only by what materializes."""
