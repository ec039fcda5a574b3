"""Several attempts at one scenario, as one result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pausedemo.core.verdicts.results import ScenarioResult


def choose_attempt(results: Sequence[ScenarioResult]) -> int:
    """Which attempt is shown: the first that went wrong, else the last."""
    wrong = (index for index, result in enumerate(results) if not result.status.is_good)
    return next(wrong, len(results) - 1)


def merge_attempts(results: Sequence[ScenarioResult]) -> ScenarioResult:
    """One result of all attempts, in their order; there is at least one.

    Its duration is that of all attempts together. A single attempt is its own result.
    """
    shown = results[choose_attempt(results)]
    if len(results) == 1:
        return shown
    return replace(
        shown,
        attempts=tuple(result.status for result in results),
        duration_s=sum(result.duration_s for result in results),
    )
