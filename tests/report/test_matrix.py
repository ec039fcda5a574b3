from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from pausedemo.core.verdicts.matrix import Matrix, compute_matrix
from pausedemo.core.verdicts.results import (
    Failure,
    RunResult,
    ScenarioResult,
    Status,
    StepResult,
)
from pausedemo.report.console.matrix import print_matrix
from pausedemo.report.matrix.html import render_html
from pausedemo.report.matrix.json_report import render_json
from pausedemo.report.matrix.markdown import render_markdown
from tests.report.example import EXAMPLE, OTHER_ENGINE
from tests.report.golden import assert_golden
from tests.report.hostile import RUNS

WHEN = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
MATRIX = compute_matrix([EXAMPLE, OTHER_ENGINE])


def print_plain(matrix: Matrix, width: int = 80) -> str:
    file = io.StringIO()
    print_matrix(Console(file=file, width=width, force_terminal=False), matrix)
    return file.getvalue()


def test_the_whole_markdown_is_as_it_was() -> None:
    assert_golden("matrix.md", render_markdown(MATRIX, WHEN.date()))


def test_the_whole_console_table_is_as_it_was() -> None:
    assert_golden("matrix.txt", print_plain(MATRIX))


def test_every_engine_has_an_entry_everywhere_in_the_json() -> None:
    report = json.loads(render_json(MATRIX, WHEN))
    count = len(report["engines"])
    assert (report["schema"], report["date"], count) == (1, "2026-11-24T08:30:00+00:00", 2)
    assert [engine["totals"] for engine in report["engines"]] == [
        {status.value: number for status, number in MATRIX.count(index).items()}
        for index in range(count)
    ]
    for scenario in report["scenarios"]:
        assert len(scenario["statuses"]) == len(scenario["not_applicable"]) == count
        for departure in scenario["departures"]:
            assert len(departure["seen"]) == count


DEPARTING = [index for index, row in enumerate(MATRIX.rows) if row.departures]


@pytest.mark.parametrize("index", DEPARTING)
def test_the_page_links_each_scenario_to_its_departures(index: int) -> None:
    page = render_html(MATRIX, WHEN)
    anchor = f"d{index}"
    assert page.count(f'href="#{anchor}"') == page.count(f'id="{anchor}"') == 1


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(RUNS, min_size=1, max_size=3))
def test_hostile_text_is_harmless_in_every_report(runs: list[RunResult]) -> None:
    matrix = compute_matrix(runs)
    json.loads(render_json(matrix, WHEN))
    page = render_html(matrix, WHEN)
    assert page.count("<script") == 1
    assert "\x1b" not in page
    for text in (render_markdown(matrix, WHEN.date()), print_plain(matrix)):
        assert not set(text) & set("\x1b\x00\r\x08")


def _make_mixed() -> Matrix:
    """A scenario that is alike, and one that is in part."""
    failures = [
        tuple(Failure(where, 1, value) for where in ("ps", "exit code")) for value in (2, 3)
    ]
    common = Failure("error", None, "no")

    def play(own: tuple[Failure, ...]) -> tuple[ScenarioResult, ...]:
        steps = [
            StepResult(name="s", kind="exec", command="c", status=Status.FAILED, failures=shown)
            for shown in ((common,), (common, *own))
        ]
        return tuple(
            ScenarioResult(name=name, title="T", source="", steps=(one,), duration_s=1)
            for name, one in zip(("all-alike", "in-part"), steps, strict=True)
        )

    return compute_matrix(
        [
            replace(one, scenarios=play(own))
            for one, own in zip((EXAMPLE, OTHER_ENGINE), failures, strict=True)
        ]
    )


@pytest.mark.parametrize("form", ["markdown", "console", "html"])
def test_what_is_wrong_on_all_engines_alike_has_a_heading_of_its_own(form: str) -> None:
    matrix = _make_mixed()
    text = {
        "markdown": render_markdown(matrix, WHEN.date()),
        "console": print_plain(matrix),
        "html": render_html(matrix, WHEN),
    }[form]
    different, alike = text.split("Where engines differ")[1].split(
        "Not as a pod needs it, on all engines alike"
    )
    assert "all-alike" not in different
    assert "exit code" in different
    assert "all-alike" in alike
    assert "in-part" in alike
    assert "exit code" not in alike


def test_the_page_s_places_are_each_there_once() -> None:
    page = render_html(_make_mixed(), WHEN)
    for anchor in ("d0", "d1"):
        assert page.count(f'href="#{anchor}"') == page.count(f'id="{anchor}"') == 1


def test_engines_that_are_alike_do_not_differ() -> None:
    mixed = _make_mixed()
    text = print_plain(replace(mixed, rows=mixed.rows[:1]))
    assert "Where engines differ" not in text
