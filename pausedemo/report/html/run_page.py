"""The page of one run."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pausedemo.core.verdicts.results import (
    Difference,
    RunResult,
    ScenarioResult,
    Status,
    StepResult,
)
from pausedemo.report.html.page import render_page
from pausedemo.report.html.portrait import Drawing, draw_portrait
from pausedemo.report.text import format_totals

#: A run of no more scenarios than this shows them open.
_OPEN_MAX = 3


@dataclass(frozen=True, slots=True)
class StepView:
    """A step, the fragment that leads to it, and its portrait drawn."""

    step: StepResult
    anchor: str
    drawing: Drawing | None


@dataclass(frozen=True, slots=True)
class ScenarioView:
    """A scenario, the fragment that leads to it, and its tags as numbers into the run's tags."""

    scenario: ScenarioResult
    anchor: str
    tags: tuple[int, ...]
    steps: tuple[StepView, ...]
    is_open: bool


@dataclass(frozen=True, slots=True)
class DifferenceView:
    """A listed difference, at the step that shows it, or that passed in spite of it."""

    scenario: ScenarioView
    step: StepView
    difference: Difference


def render_html(result: RunResult, when: datetime) -> str:
    """The run as one HTML document, which needs no other file and no network.

    ``when`` is the date of the run, with its time zone.
    """
    tags = list(dict.fromkeys(tag for one in result.scenarios for tag in one.tags))
    views = list(_make_views(result, tags))
    return render_page(
        "run.html",
        when,
        styles=("page.css", "run.css", "portrait.css"),
        scripts=("page.js", "filter.js"),
        run=result,
        totals=format_totals(result),
        statuses=[status for status, count in result.totals.items() if count],
        tags=tags,
        scenarios=views,
        known=list(_list_differences(views, Status.KNOWN_DIFFERENCE)),
        stale=list(_list_differences(views, Status.PASSED)),
    )


def _make_views(result: RunResult, tags: list[str]) -> Iterator[ScenarioView]:
    names = Counter(scenario.name for scenario in result.scenarios)
    few = len(result.scenarios) <= _OPEN_MAX
    for number, scenario in enumerate(result.scenarios, 1):
        plain = re.fullmatch(r"[a-z][a-z0-9-]*", scenario.name) and names[scenario.name] == 1
        # No name begins with a digit, so none is another's number.
        anchor = f"scenario-{scenario.name if plain else number}"
        yield ScenarioView(
            scenario,
            anchor,
            tuple(tags.index(tag) for tag in dict.fromkeys(scenario.tags)),
            tuple(
                StepView(step, f"{anchor}.{count}", draw_portrait(step.portrait))
                for count, step in enumerate(scenario.steps, 1)
            ),
            few or not scenario.status.is_good,
        )


def _list_differences(views: list[ScenarioView], status: Status) -> Iterator[DifferenceView]:
    for view in views:
        for one in view.steps:
            if one.step.difference is not None and one.step.status is status:
                yield DifferenceView(view, one, one.step.difference)
