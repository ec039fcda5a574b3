from __future__ import annotations

import pytest
from hypothesis import given

from pausedemo.core.verdicts.results import Failure, Json
from pausedemo.report.comparison import (
    Mark,
    Row,
    compare_values,
    format_value,
    limit_rows,
    render_failure,
)
from tests.report.hostile import FACTS

DIFFERS, MISSING, EXTRA, FOUND = Mark


@pytest.mark.parametrize(
    ("expected", "actual", "rows"),
    [
        (0, 3, [Row(DIFFERS, "", "0", "3")]),
        ("80", 80, [Row(DIFFERS, "", '"80"', "80")]),
        (None, "x", [Row(DIFFERS, "", "(nothing)", "x")]),
        ([], [], [Row(DIFFERS, "", "(nothing)", "(nothing)")]),
        ([1, 2], [2, 1], [Row(DIFFERS, "", "1, 2", "2, 1")]),
        ([80], [], [Row(MISSING, "missing", "80", "")]),
        ([1], [True], [Row(MISSING, "missing", "1", ""), Row(EXTRA, "extra", "", "true")]),
        (
            [80, 80],
            [80, 443],
            [
                Row(MISSING, "missing", "80", ""),
                Row(EXTRA, "extra", "", "443"),
                Row(FOUND, "found", "80", "80"),
            ],
        ),
        (
            [{"port": 80}, {"port": 80, "host": "::"}, 7],
            [{"port": 80, "host": "::"}, {"port": 80, "host": "*"}],
            [
                Row(MISSING, "missing", "7", ""),
                Row(FOUND, "found", "port=80 host=::", "port=80 host=::"),
                Row(FOUND, "found", "port=80", "port=80 host=*"),
            ],
        ),
        (
            {"status": 200, "title": "Ghost", "text": "hello"},
            {"title": "nginx", "status": 200},
            [
                Row(DIFFERS, "title", "Ghost", "nginx"),
                Row(MISSING, "text", "hello", ""),
                Row(FOUND, "status", "200", "200"),
            ],
        ),
    ],
)
def test_values_are_compared_row_by_row(expected: Json, actual: Json, rows: list[Row]) -> None:
    assert compare_values(expected, actual) == tuple(rows)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("", '""'),
        ("two\nlines\n", "two\nlines"),
        (True, "true"),
        (1.5, "1.5"),
        ([], "(nothing)"),
        ([1, "a b", None], "1, a b, (nothing)"),
        ({}, "(nothing)"),
        ({"pid": 1, "command": "sleep 3600"}, "pid=1 command=sleep 3600"),
        ({"env": "A=1", "args": ["a", 1], "in": {"x": 1}}, 'env="A=1" args=[a, 1] in={x=1}'),
    ],
)
def test_values_are_written_as_a_person_would(value: Json, text: str) -> None:
    assert format_value(value) == text


def test_at_most_ten_rows_of_a_mark_are_shown_and_the_others_counted() -> None:
    rows = compare_values(list(range(13)), list(range(100, 111)))
    kept, note = limit_rows(rows)
    assert [row.mark for row in kept] == [MISSING] * 10 + [EXTRA] * 10
    assert note == "... 3 more missing, 1 more extra ..."


@pytest.mark.parametrize(
    ("failure", "text"),
    [
        (Failure("", None, "no answer"), "no answer"),
        (Failure("exit code", 0, 3), "exit code:\n  expected: 0\n  actual:   3"),
        (
            Failure("http", {"title": "Ghost"}, {"title": "a\nb"}),
            "http:\n  title:\n    expected: Ghost\n    actual:   a\n              b",
        ),
        (Failure("ps", [1], [2]), "ps:\n  missing: 1\n  extra: 2"),
        (Failure("http", {"title": "x"}, {}), "http:\n  missing title: x"),
    ],
)
def test_failures_read_as_plain_text(failure: Failure, text: str) -> None:
    assert render_failure(failure) == text


@given(FACTS, FACTS)
def test_a_comparison_always_shows_a_difference(expected: Json, actual: Json) -> None:
    rows = compare_values(expected, actual)
    assert rows
    assert rows[0].mark is not FOUND
