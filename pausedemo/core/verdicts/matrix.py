"""Runs of the same scenarios on several engines, side by side.

A matrix has a row for each scenario, a column for each engine, and for each step in which engines
differ the facts that each of them showed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from pausedemo.core.verdicts.results import (
    EngineFacts,
    Json,
    RunResult,
    ScenarioResult,
    Status,
    StepResult,
)


@dataclass(frozen=True, slots=True)
class Column:
    """One engine. ``label`` is told from those of the other columns."""

    label: str
    engine: EngineFacts


@dataclass(frozen=True, slots=True)
class Seen:
    """What one engine showed at one place of one step.

    ``as_expected``: what a pod needs; ``value`` is then the fact where it is one value, and None
    where it is a table. ``why`` is the reason that the scenario's file gives for a known
    difference. ``status`` is the step's.
    """

    status: Status
    as_expected: bool
    value: Json = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Departure:
    """A place at which an engine did not show what a pod needs, and what each of them showed.

    ``seen`` has an entry for each column, None where the step was not done.
    """

    step: str
    command: str
    where: str
    expected: Json
    seen: tuple[Seen | None, ...]

    @property
    def is_alike(self) -> bool:
        """Whether several engines have done the step, and each showed the same, not as needed."""
        first = self.seen[0]
        return (
            len(self.seen) > 1
            and first is not None
            and not first.as_expected
            and all(
                one is not None and not one.as_expected and one.value == first.value
                for one in self.seen
            )
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One scenario. ``statuses`` has one for each column, None where it was not played."""

    name: str
    title: str
    tags: tuple[str, ...]
    statuses: tuple[Status | None, ...]
    reasons: tuple[str, ...]
    departures: tuple[Departure, ...]

    @property
    def engines_agree(self) -> bool:
        """Whether it ended in the same way everywhere, and well."""
        return set(self.statuses) == {Status.PASSED}


@dataclass(frozen=True, slots=True)
class Matrix:
    """Scenarios by engines. ``stale``: (column's label, scenario, step, engine word) each."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    stale: tuple[tuple[str, str, str, str], ...]

    @property
    def is_good(self) -> bool:
        """Whether every engine is as a pod needs it, or differs as is known."""
        return all(
            status is not None and status.is_good for row in self.rows for status in row.statuses
        )

    def select_rows(self, *, alike: bool) -> tuple[tuple[int, Row], ...]:
        """The rows with departures, by their index, each with only those of one sort.

        Those that all engines show alike, or those in which engines differ.
        """
        chosen = (
            replace(row, departures=tuple(one for one in row.departures if one.is_alike == alike))
            for row in self.rows
        )
        return tuple((index, row) for index, row in enumerate(chosen) if row.departures)

    def count(self, column: int) -> dict[Status, int]:
        """How many scenarios ended how on one engine; only what occurred."""
        statuses = [row.statuses[column] for row in self.rows]
        return {status: statuses.count(status) for status in Status if status in statuses}


def compute_matrix(runs: Sequence[RunResult], labels: Sequence[str | None] = ()) -> Matrix:
    """Lay runs side by side, in the order in which scenarios first come.

    ``labels`` name the columns; None, or none at all, is the engine's name and version.
    """
    named = zip_longest([run.engine for run in runs], labels)
    columns = tuple(_make_columns([(engine, label) for engine, label in named if engine]))
    by_name = [{one.name: one for one in run.scenarios} for run in runs]
    names = dict.fromkeys(name for scenarios in by_name for name in scenarios)
    stale = tuple(
        (column.label, scenario.name, step.name, difference.engine)
        for column, run in zip(columns, runs, strict=True)
        for scenario in run.scenarios
        for step, difference in scenario.stale
    )
    rows = tuple(_make_row([scenarios.get(name) for scenarios in by_name]) for name in names)
    return Matrix(columns, rows, stale)


def _make_columns(named: Sequence[tuple[EngineFacts, str | None]]) -> Iterator[Column]:
    short = [label or f"{engine.name} {_release(engine.version)}" for engine, label in named]
    whole = [
        label or f"{engine.name} {engine.version}, {engine.runtime}" for engine, label in named
    ]
    for index, (engine, _) in enumerate(named):
        label = short[index] if short.count(short[index]) == 1 else whole[index]
        if whole.count(label) > 1:
            label = f"{label} ({index + 1})"
        yield Column(label, engine)


def _release(version: str) -> str:
    """The version without what a distribution adds: 20.10.24+dfsg1 is 20.10.24."""
    return version.split("+")[0]


def _make_row(played: Sequence[ScenarioResult | None]) -> Row:
    any_one = next(one for one in played if one is not None)
    return Row(
        name=any_one.name,
        title=any_one.title,
        tags=any_one.tags,
        statuses=tuple(one.status if one else None for one in played),
        reasons=tuple(one.not_applicable if one else "" for one in played),
        departures=tuple(_find_departures(played)),
    )


def _find_departures(played: Sequence[ScenarioResult | None]) -> Iterator[Departure]:
    """Step by step, each place at which some engine failed or differed."""
    for steps in zip_longest(*(one.steps if one else () for one in played)):
        places: dict[str, Json] = {}
        for step in steps:
            for failure in step.failures if step else ():
                places.setdefault(failure.where, failure.expected)
        any_step = next(step for step in steps if step)
        command = next((step.command for step in steps if step and step.command), "")
        for where, expected in places.items():
            seen = tuple(_see(step, where) for step in steps)
            yield Departure(any_step.name, command, where, expected, seen)


def _see(step: StepResult | None, where: str) -> Seen | None:
    if step is None or step.status is Status.SKIPPED:
        return None
    why = step.difference.why if step.difference and step.difference.shows else ""
    failure = next((one for one in step.failures if one.where == where), None)
    if failure is not None:
        return Seen(step.status, as_expected=False, value=failure.actual, why=why)
    value = step.observed.get(where) if isinstance(step.observed, Mapping) else None
    is_table = isinstance(value, (Mapping, list, tuple))
    return Seen(step.status, as_expected=True, value=None if is_table else value)
