"""Clips become outcomes: cache, workers, failures, in submission order and bounded memory."""
