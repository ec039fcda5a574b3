"""A step's verdict: what it saw, held against what its file expects, on this engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pausedemo.core.files.validation import StrictModel
from pausedemo.core.verdicts.expect import Lookup, check
from pausedemo.core.verdicts.results import Difference, EngineFacts, Failure, Json, Status
from pausedemo.core.verdicts.selectors import parse_selector
from pausedemo.errors import EngineError, PausedemoError
from pausedemo.scenario.expectations import ActionExpect
from pausedemo.scenario.kinds import ActingStep, JudgedStep, ObservingStep, Outcome, Step


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a step ended, and why.

    ``failures`` of a known difference are what a pod needs and this engine does not do.
    """

    status: Status
    failures: tuple[Failure, ...] = ()
    difference: Difference | None = None


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges the steps of a scenario on one engine. ``lookup`` finds facts of earlier steps."""

    engine: EngineFacts
    lookup: Lookup

    def judge(self, step: JudgedStep[StrictModel], facts: Mapping[str, Json]) -> Verdict:
        """Hold the facts against the expectation, and against what is listed of this engine.

        PausedemoError when an earlier fact that is referred to is not there.
        """
        failures = self._check(step, step.expectation, facts)
        listed = self._find_listed(step)
        if listed is None:
            return Verdict(Status.FAILED if failures else Status.PASSED, failures)
        selector, outcome = listed
        why = outcome.why if isinstance(outcome, Outcome) else outcome
        if not failures:
            return Verdict(Status.PASSED, (), Difference(selector, why, shows=False))
        if isinstance(outcome, Outcome):
            # Differing in another way than is known is no known difference.
            unknown = self._check(step, outcome.expect, facts)
            if unknown:
                return Verdict(Status.FAILED, unknown, Difference(selector, why, shows=False))
        return Verdict(Status.KNOWN_DIFFERENCE, failures, Difference(selector, why, shows=True))

    def judge_error(self, step: JudgedStep[StrictModel], error: PausedemoError) -> Verdict | None:
        """Judge a step that could not be done; None when its file says nothing of that."""
        listed = self._find_listed(step)
        if isinstance(error, EngineError) and _speaks_of_errors(step, listed):
            return self.judge(step, {"error": error.message, "took_s": None})
        if listed is None or isinstance(listed[1], Outcome):
            return None
        selector, why = listed
        failure = Failure("error", None, str(error))
        return Verdict(
            Status.KNOWN_DIFFERENCE, (failure,), Difference(selector, str(why), shows=True)
        )

    def ends_scenario(self, step: Step, status: Status) -> bool:
        """Whether the steps after this one would look at something else than they mean.

        So it is when an action did not do what it should. One that differs as is known, and of
        which the file says what happens instead, was meant.
        """
        if isinstance(step, ObservingStep) or status is Status.PASSED:
            return False
        if status is Status.KNOWN_DIFFERENCE and isinstance(step, JudgedStep):
            listed = self._find_listed(step)
            meant = listed is not None and isinstance(listed[1], Outcome)
            return isinstance(step, ActingStep) and not meant
        return True

    def _find_listed(
        self, step: JudgedStep[StrictModel]
    ) -> tuple[str, Outcome[StrictModel] | str] | None:
        """What the file says of this engine: the first entry that is about it."""
        for selector, outcome in step.differs.items():
            if parse_selector(selector).matches(self.engine):
                return selector, outcome
        return None

    def _check(
        self,
        step: JudgedStep[StrictModel],
        expectation: StrictModel | None,
        facts: Mapping[str, Json],
    ) -> tuple[Failure, ...]:
        if isinstance(expectation, ActionExpect) and "error" not in expectation.model_fields_set:
            # Where nothing is said, an action must succeed.
            expectation = expectation.model_copy(update={"error": None})
        if expectation is None:
            return ()
        try:
            return check(expectation, facts, self.lookup)
        except KeyError as error:
            raise PausedemoError(
                f"{step.title}: there is no fact {error.args[0]}; this cannot be judged"
            ) from error


def _speaks_of_errors(
    step: JudgedStep[StrictModel], listed: tuple[str, Outcome[StrictModel] | str] | None
) -> bool:
    if not isinstance(step, ActingStep):
        return False
    expectations: list[StrictModel] = [step.expect]
    if listed is not None and isinstance(listed[1], Outcome):
        expectations.append(listed[1].expect)
    return any("error" in one.model_fields_set for one in expectations)
