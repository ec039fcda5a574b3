"""Scenarios loaded: those that come along, by name, and files and folders, by path."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pausedemo.errors import InvalidFile, Problem, UsageError
from pausedemo.scenario.files import find_files, read_text, shipped_files
from pausedemo.scenario.parse import Scenario, parse_scenario


def list_names() -> tuple[str, ...]:
    """The names of the scenarios that come along, sorted."""
    return tuple(sorted(shipped_files()))


def load_scenarios(wanted: Iterable[str]) -> tuple[Scenario, ...]:
    """Load scenarios by name, file or folder, in that order, each once.

    Raises UsageError for an unknown name and for two scenarios of one name, and InvalidFile with
    the problems of all files at once.
    """
    scenarios: list[Scenario] = []
    problems: list[Problem] = []
    for path in find_files(wanted):
        try:
            scenarios.append(load_scenario(path))
        except InvalidFile as error:
            problems += error.problems
    if problems:
        raise InvalidFile(problems)
    if doubles := find_doubles(scenarios):
        raise UsageError("\n".join(problem.message for problem in doubles))
    return tuple(scenarios)


def load_scenario(path: Path) -> Scenario:
    """Load one scenario file and the manifests it names, which lie relative to it."""
    text = read_text(path)
    return parse_scenario(text, str(path), lambda manifest: read_text(path.parent / manifest))


def find_doubles(scenarios: Sequence[Scenario]) -> tuple[Problem, ...]:
    """One problem for each scenario that has the name of an earlier one.

    A report tells them apart by nothing else.
    """
    first: dict[str, str] = {}
    problems = []
    for scenario in scenarios:
        source = first.setdefault(scenario.name, scenario.source)
        if source != scenario.source:
            message = (
                f'two scenarios are named "{scenario.name}": {source} and {scenario.source}; '
                "give one another name"
            )
            problems.append(Problem(scenario.source, 0, 0, message))
    return tuple(problems)
