"""What the mutations found out about the suite: who caught what, and what is wrong with that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mutation.mutant import TRUTH, Fate, Mutation


class How(StrEnum):
    """How a scenario ended under a mutation."""

    PASSED = "passed"
    #: An expectation was not met: the best evidence.
    FAILED = "failed"
    #: No expectation failed, but something could not be done or read.
    ERROR = "error"
    #: pausedemo itself broke with a traceback. Whatever an engine says, it must not.
    CRASHED = "crashed"
    #: The lie itself could not be told; what the scenario found then is no evidence.
    BOTCHED = "botched"
    #: The scenario does not apply to the engine.
    UNTOUCHED = "untouched"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One scenario under one mutation. ``told`` lies; ``step`` and ``said``: the first trouble.

    ``missed`` are the numbers of all steps that went wrong, from 0.
    """

    mutation: str
    scenario: str
    how: How
    told: int = 0
    step: str = ""
    said: str = ""
    missed: tuple[int, ...] = ()
    duration_s: float = 0.0

    @property
    def caught(self) -> bool:
        """Whether the scenario noticed; what goes wrong though no lie was told is no notice."""
        return self.told > 0 and self.how in (How.FAILED, How.ERROR)


@dataclass(frozen=True, slots=True)
class Findings:
    """All that was played. ``complete``: each scenario under each mutation."""

    mutations: Sequence[Mutation]
    scenarios: Sequence[str]
    findings: Sequence[Finding]
    complete: bool

    def catchers(self, mutation: Mutation) -> list[Finding]:
        """Who caught it: those at an expectation first, in the order of the scenarios."""
        found = [f for f in self.findings if f.mutation == mutation.name and f.caught]
        return sorted(found, key=lambda f: (f.how is not How.FAILED, f.scenario))

    def caught_by(self, scenario: str) -> list[str]:
        """The mutations that a scenario caught."""
        return [f.mutation for f in self.findings if f.scenario == scenario and f.caught]

    def problems(self) -> list[str]:
        """All that makes the suite not worthy of trust, in sentences; none when it is."""
        return [*self._problems_of_truth(), *self._problems_of_lies(), *self._idle_scenarios()]

    def _problems_of_truth(self) -> Iterator[str]:
        for finding in self.findings:
            step = f", {finding.step}" if finding.step else ""
            where = f"{finding.scenario}{step}: {finding.said}"
            if finding.mutation == TRUTH.name and finding.how not in (How.PASSED, How.UNTOUCHED):
                yield f"does not pass even without a lie: {where}"
            elif finding.how is How.CRASHED:
                yield f"{finding.mutation} makes pausedemo itself break: {where}"
            elif finding.how is How.BOTCHED:
                yield f"{finding.mutation} could not be told: {where}"

    def _problems_of_lies(self) -> Iterator[str]:
        for mutation in self.mutations:
            about = [f for f in self.findings if f.mutation == mutation.name]
            if not any(f.told for f in about):
                yield f"{mutation.name} was never told: no scenario gives an occasion for it"
            elif mutation.fate is Fate.CAUGHT and not any(f.caught for f in about):
                yield f"{mutation.name} was not caught: nobody misses that {mutation.breaks}"
            elif mutation.fate is Fate.TOLERATED:
                for finding in about:
                    if finding.caught:
                        yield (
                            f"{mutation.name} should be tolerated, but {finding.scenario} "
                            f"{finding.how} at {finding.step}: {finding.said}"
                        )

    def _idle_scenarios(self) -> Iterator[str]:
        for scenario in self.scenarios:
            applies = any(
                f.scenario == scenario and f.mutation == TRUTH.name and f.how is How.PASSED
                for f in self.findings
            )
            if applies and not self.caught_by(scenario):
                yield f"{scenario} caught no mutation: what would make it fail?"
