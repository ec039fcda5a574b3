"""Which scenario is played next, and how often: a plan, and how far it is carried out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

#: How often --until-failure tries where nothing else is said.
MOST_ATTEMPTS: Final = 1000


@dataclass(frozen=True, slots=True)
class Plan:
    """How a run plays its scenarios.

    ``jobs`` at once, each ``repeat`` times; with ``fail_fast`` only until an attempt went wrong.
    """

    jobs: int = 1
    repeat: int = 1
    fail_fast: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether each scenario is played once, one after another."""
        return self.jobs == self.repeat == 1


@dataclass(frozen=True, slots=True, order=True)
class Task:
    """One attempt at one scenario: the scenario's index in the list, the attempt from 0."""

    index: int
    attempt: int


@dataclass(slots=True)
class Schedule:
    """Hands out the attempts at ``scenarios_total`` scenarios: all once, then all once more.

    So what only fails beside others, or only later, meets others and comes early. Not for several
    threads: one hands out, and hears what came of it.
    """

    scenarios_total: int
    plan: Plan
    _next: int = 0
    _stopped: bool = False
    _under_way: set[Task] = field(default_factory=set)

    def take(self) -> Task | None:
        """The next attempt; None when none is left."""
        if self._stopped or self._next == self.scenarios_total * self.plan.repeat:
            return None
        attempt, index = divmod(self._next, self.scenarios_total)
        task = Task(index, attempt)
        self._next += 1
        self._under_way.add(task)
        return task

    def note(self, task: Task, *, good: bool) -> None:
        """An attempt has ended. With ``fail_fast`` a bad one is followed by no other."""
        self._under_way.remove(task)
        if self.plan.fail_fast and not good:
            self.stop()

    def stop(self) -> None:
        """Hand out nothing more."""
        self._stopped = True

    def is_done_with(self, index: int) -> bool:
        """Whether no attempt at a scenario is under way or will come."""
        if any(task.index == index for task in self._under_way):
            return False
        last = self.scenarios_total * (self.plan.repeat - 1) + index
        return self._stopped or self._next > last
