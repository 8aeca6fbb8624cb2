"""One line for all checks of an artifact, and a line for each that only warns."""

import logging
from collections.abc import Iterable

import dagster as dg

Evaluated = dg.AssetCheckResult | dg.AssetCheckEvaluation


def summary(results: Iterable[Evaluated]) -> str:
    """Say how many checks passed, and which did not and why."""
    evaluated = list(results)
    failed = [one for one in evaluated if not one.passed]
    line = f"{len(evaluated) - len(failed)} of {len(evaluated)} passed"
    kinds = ((" (warning)" if is_warning(one) else "", one) for one in failed)
    return "; ".join([line, *(f"{one.check_name}{kind}: {said(one)}" for kind, one in kinds)])


def level(results: Iterable[Evaluated]) -> int:
    """Return how loudly to log it: that all passed, a warning, an error."""
    failed = [one for one in results if not one.passed]
    if not failed:
        return logging.INFO
    return logging.WARNING if all(map(is_warning, failed)) else logging.ERROR


def said(result: Evaluated) -> str:
    """Return the first line of what a check says, and how many more there are."""
    lines = (result.description or "").splitlines() or [""]
    more = f" (and {len(lines) - 1} more lines)" if len(lines) > 1 else ""
    return f"{lines[0]}{more}"


def is_warning(result: Evaluated) -> bool:
    """Say whether a failure of the check is no failure of a run."""
    return result.severity == dg.AssetCheckSeverity.WARN
