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
    """How a step, or a scenario, ended. An observation that could not be read is an error.

    A known difference did not end as a pod needs it, but as the scenario's file says that it does
    on this engine. A scenario that was skipped does not apply to this engine. One that passed
    only sometimes is flaky; no step is.
    """

    PASSED = "passed"
    KNOWN_DIFFERENCE = "known_difference"
    FAILED = "failed"
    ERROR = "error"
    FLAKY = "flaky"
    SKIPPED = "skipped"

    @property
    def is_good(self) -> bool:
        """Whether a run may end with 0 when this occurred."""
        return self in (Status.PASSED, Status.KNOWN_DIFFERENCE, Status.SKIPPED)


@dataclass(frozen=True, slots=True)
class Failure:
    """One expectation that did not hold: what was expected beside what was there.

    ``where`` names the place in the facts (``ps``, ``title``). For an error it is empty,
    ``expected`` is None, and ``actual`` is the message.
    """

    where: str
    expected: Json
    actual: Json


@dataclass(frozen=True, slots=True)
class Difference:
    """What a scenario's file says of the engine at hand: that it differs here, and why.

    ``engine`` is the file's own word for it, such as ``docker<23``. ``shows``: it really did; one
    that does not show any more should be taken out of the file.
    """

    engine: str
    why: str
    shows: bool


@dataclass(frozen=True, slots=True)
class Resident:
    """A running container and the inodes of the namespaces it is in, by kind (``net``, ``pid``).

    ``name`` is the scenario's, ``POD`` for an infra container. ``pod`` is the scenario's name of
    its pod; empty for a container that belongs to none.
    """

    name: str
    pod: str
    namespaces: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Portrait:
    """All of a scenario's containers that ran at one moment; ``node``: the machine's namespaces."""

    residents: tuple[Resident, ...]
    node: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """One step. ``command`` is what a person could type; ``output`` what it really printed.

    ``explain`` says why it is so, in the scenario's words. ``observed`` holds the typed facts
    that were judged. ``duration_s`` in seconds. ``portrait`` is there where it was asked for and
    the step had changed which containers run.
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
    difference: Difference | None = None
    portrait: Portrait | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioResult:
    """One scenario: its steps in order, setup and teardown trouble included as steps.

    ``source`` is the file. ``links`` are the documents and issues that it rests on. When it was
    played more than once, ``attempts`` says how each ended, and the steps are those of the first
    that went wrong, or of the last. ``not_applicable`` says why it was not played at all.
    """

    name: str
    title: str
    source: str
    steps: tuple[StepResult, ...]
    duration_s: float
    explain: str = ""
    tags: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    attempts: tuple[Status, ...] = ()
    not_applicable: str = ""

    @property
    def status(self) -> Status:
        """Flaky when only some attempts went well, else the worst of the steps; then skipped."""
        if len({attempt.is_good for attempt in self.attempts}) > 1:
            return Status.FLAKY
        statuses = {step.status for step in self.steps}
        for status in (Status.ERROR, Status.FAILED, Status.KNOWN_DIFFERENCE, Status.PASSED):
            if status in statuses:
                return status
        return Status.SKIPPED

    @property
    def stale(self) -> tuple[tuple[StepResult, Difference], ...]:
        """Steps at which the file says that this engine differs, and it does not."""
        return tuple(
            (step, step.difference)
            for step in self.steps
            if step.status is Status.PASSED and step.difference is not None
        )


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
    """One whole run, or what there is of one that ended early; ``ended_by`` says why, then."""

    engine: EngineFacts
    images: tuple[ImageUse, ...]
    scenarios: tuple[ScenarioResult, ...]
    ended_by: str = ""

    @property
    def totals(self) -> dict[Status, int]:
        """Scenarios per status, every status named."""
        counts = Counter(scenario.status for scenario in self.scenarios)
        return {status: counts[status] for status in Status}

    @property
    def exit_code(self) -> int:
        """0 when every scenario passed, differs as is known, or does not apply; else 1."""
        good = all(scenario.status.is_good for scenario in self.scenarios)
        return EXIT_PASSED if good else EXIT_FAILED
