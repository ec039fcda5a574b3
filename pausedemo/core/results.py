"""What a run found: step, scenario and run results, their totals and the exit code they mean.

Everything a report shows is here; a report only renders it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from pausedemo.errors import EXIT_FAILED, EXIT_PASSED

Json: TypeAlias = "None | bool | int | float | str | Sequence[Json] | Mapping[str, Json]"


class Status(StrEnum):
    """How a step, or a scenario, ended. An observation that could not be read is an error."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Failure:
    """One expectation that did not hold: what was expected beside what was there.

    ``where`` names the place in the facts (``ps``, ``http.title``); empty for an error.
    """

    where: str
    expected: Json
    actual: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """One step. ``command`` is what a person could type; ``output`` what it really printed.

    ``explain`` says why it is so, in the scenario's words. ``observed`` holds the typed facts
    that were judged. ``duration_s`` in seconds.
    """

    name: str
    kind: str
    command: str
    status: Status
    output: str = ""
    observed: Json = None
    failures: tuple[Failure, ...] = ()
    duration_s: float = 0.0
    explain: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioResult:
    """One scenario: its steps in order, setup and teardown trouble included as steps."""

    name: str
    title: str
    source: str
    steps: tuple[StepResult, ...]
    duration_s: float

    @property
    def status(self) -> Status:
        """The worst of the steps: error, failed, passed; skipped when every step was."""
        statuses = {step.status for step in self.steps}
        for status in (Status.ERROR, Status.FAILED, Status.PASSED):
            if status in statuses:
                return status
        return Status.SKIPPED


@dataclass(frozen=True, slots=True)
class ImageUse:
    """Which image stood for a name. ``substitute``: it is another version than the one wanted."""

    wanted: str
    used: str
    substitute: bool


@dataclass(frozen=True, slots=True)
class EngineFacts:
    """The report's ``engine`` object."""

    name: str
    version: str
    api_version: str
    runtime: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """One whole run."""

    engine: EngineFacts
    images: tuple[ImageUse, ...]
    scenarios: tuple[ScenarioResult, ...]

    @property
    def totals(self) -> dict[Status, int]:
        """Scenarios per status, every status named."""
        counts = Counter(scenario.status for scenario in self.scenarios)
        return {status: counts[status] for status in Status}

    @property
    def exit_code(self) -> int:
        """0 when every scenario passed or was skipped, else 1."""
        totals = self.totals
        return EXIT_FAILED if totals[Status.FAILED] or totals[Status.ERROR] else EXIT_PASSED
