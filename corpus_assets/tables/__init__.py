"""Declared tables: schemas, the parquet writer, and the digest of a table's content."""
