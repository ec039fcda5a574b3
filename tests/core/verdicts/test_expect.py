from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pausedemo.core.verdicts.expect import check, references, render_expected
from pausedemo.core.verdicts.patterns import NamespaceGroups, Operators, ProcessPattern, ProcessRows
from pausedemo.core.verdicts.results import Failure, Json
from pausedemo.scenario.expectations import (
    ContainersExpect,
    EventsExpect,
    ExecExpect,
    NamespacesExpect,
    PodExpect,
)

EARLIER: Mapping[str, Json] = {"before.uid": "u1", "before.age_s": 10.0, "before.restarts": 1}


def lookup(reference: str) -> Json:
    return EARLIER[reference]


def failures_of(expected: Mapping[str, Any], **facts: Json) -> tuple[Failure, ...]:
    return check(PodExpect.model_validate(expected), facts, lookup)


@pytest.mark.parametrize(
    ("wanted", "holds_for", "fails_for"),
    [
        ("Running", ["Running"], ["running", "Running ", None, 1, True]),
        (0, [0, 0.0], [1, False, "0", None]),
        (1, [1], [True, "1"]),
        (True, [True], [1, False, "true"]),
        (None, [None], ["", 0, False]),
        ({"contains": "inx"}, ["nginx"], ["", "ghost", None, 5]),
        ({"matches": "^b.*d$"}, ["bad", "a\nbd\nc"], ["abd", None, 5]),
        ({"is_not": None}, ["x", 0, False], [None]),
        ({"is_not": 1}, [True, 2, "1"], [1]),
        ({"one_of": ["0", "root", 7]}, ["0", "root", 7], [0, "7", None]),
        ({"at_least": 2}, [2, 3, 2.5], [1.9, "3", True, None]),
        ({"at_most": 2}, [2, -1, 1.5], [2.1, "1", False, None]),
        ({"at_least": 1, "at_most": 3}, [1, 2, 3], [0, 4]),
        ({"same_as": "before.uid"}, ["u1"], ["u2", None]),
        ({"same_as": "before.restarts"}, [1, 1.0], [True]),
        ({"differs_from": "before.uid"}, ["u2", None], ["u1"]),
        ({"at_least_as": "before.age_s"}, [10, 10.0, 11], [9.9, "10", None]),
    ],
)
def test_each_operator_holds_for_what_it_says(
    wanted: Any, holds_for: list[Json], fails_for: list[Json]
) -> None:
    for actual in holds_for:
        assert failures_of({"status": wanted}, status=actual) == (), actual
    for actual in fails_for:
        assert len(failures_of({"status": wanted}, status=actual)) == 1, actual


def test_a_failure_shows_what_was_expected_beside_what_is_there() -> None:
    failures = failures_of(
        {
            "ready": "3/3",
            "restarts": {"at_most": 5, "at_least": 1},
            "uid": {"same_as": "before.uid"},
        },
        ready="2/3",
        restarts=0,
        uid="u2",
    )
    assert failures == (
        Failure("ready", "3/3", "2/3"),
        Failure("restarts", {"at_least": 1, "at_most": 5}, 0),
        Failure("uid", {"same_as": "before.uid", "where": {"before.uid": "u1"}}, "u2"),
    )


def test_operators_are_shown_in_the_order_of_the_fields_whatever_was_written_first() -> None:
    written = Operators.model_validate({"same_as": "a.b", "at_most": 2, "contains": "x"})
    assert list(dict(render_expected(written))) == ["contains", "at_most", "same_as"]  # type: ignore[arg-type]


def test_a_fact_that_is_missing_is_no_verdict() -> None:
    with pytest.raises(KeyError, match="status"):
        failures_of({"status": "Running"}, ready="1/1")
    with pytest.raises(KeyError, match=r"before\.gone"):
        failures_of({"status": {"same_as": "before.gone"}}, status="x")
    with pytest.raises(KeyError, match="ps"):
        check(ExecExpect(ps=ProcessRows()), {"exit_code": 0}, lookup)


def test_only_what_is_given_is_judged_and_an_exit_code_of_0_by_default() -> None:
    assert check(ExecExpect(), {"exit_code": 0, "stdout": "x"}, lookup) == ()
    assert check(ExecExpect(), {"exit_code": 3}, lookup) == (Failure("exit_code", 0, 3),)
    assert check(PodExpect(), {}, lookup) == ()


PAUSE: dict[str, Json] = {"pid": 1, "ppid": 0, "user": "65535", "state": "S", "command": "/pause"}
SLEEP: dict[str, Json] = {**PAUSE, "pid": 7, "user": "root", "command": "sleep 3600"}
ZOMBIE: dict[str, Json] = {**SLEEP, "pid": 9, "ppid": 1, "state": "Z", "command": "[sh]"}
ROWS: list[Json] = [PAUSE, SLEEP, ZOMBIE]


@pytest.mark.parametrize(
    ("rows", "failures"),
    [
        ({"has": [{"pid": 1, "command": "/pause"}, {"command": {"contains": "sleep"}}]}, []),
        ({"has": [{"pid": 1, "command": "sleep 3600"}]}, [("ps.has", ROWS)]),
        ({"has": [{"pid": 99}, {"pid": 1}, {"pid": 98}]}, [("ps.has", ROWS)]),
        ({"lacks": [{"command": {"contains": "nginx"}}]}, []),
        (
            {"lacks": [{"state": {"matches": "^Z"}}, {"pid": 1}]},
            [("ps.lacks", [ZOMBIE]), ("ps.lacks", [PAUSE])],
        ),
        ({"only": [{"ppid": 0}, {"ppid": 1}]}, []),
        ({"only": [{"ppid": 0}]}, [("ps.only", [ZOMBIE])]),
        ({"count": 3}, []),
        ({"count": {"at_least": 4}}, [("ps.count", 3)]),
        ({"has": [{}]}, []),
        (
            {"count": 2, "has": [{"pid": 5}], "lacks": [{"pid": 7}], "only": [{"pid": 1}]},
            [
                *(("ps.count", 3), ("ps.has", ROWS), ("ps.lacks", [SLEEP])),
                ("ps.only", [SLEEP, ZOMBIE]),
            ],
        ),
    ],
)
def test_tables_are_judged_by_rows(rows: dict[str, Any], failures: list[tuple[str, Json]]) -> None:
    expectation = ExecExpect.model_validate({"ps": rows})
    found = check(expectation, {"exit_code": 0, "ps": ROWS}, lookup)
    assert [(failure.where, failure.actual) for failure in found] == failures


EVENTS: list[Json] = [
    {"type": "Normal", "reason": reason, "message": ""}
    for reason in ("Created", "Started", "Killing")
]


@pytest.mark.parametrize(
    ("reasons", "holds"),
    [
        (["Created", "Started", "Killing"], True),
        (["Created", "Killing"], True),
        (["Killing", "Created"], False),
        (["Started", "Started"], False),
        (["Started", "BackOff"], False),
    ],
)
def test_rows_in_order_may_have_others_between_them(reasons: list[str], holds: bool) -> None:
    rows = {"in_order": [{"reason": reason} for reason in reasons]}
    found = check(EventsExpect.model_validate({"events": rows}), {"events": EVENTS}, lookup)
    failure = Failure("events.in_order", rows["in_order"], EVENTS)
    assert found == (() if holds else (failure,))


def test_missing_rows_are_shown_together_and_forbidden_ones_apart() -> None:
    expectation = ContainersExpect.model_validate(
        {"containers": {"has": [{"container": "x"}, {"attempt": {"at_least": 1}}]}}
    )
    (failure,) = check(expectation, {"containers": []}, lookup)
    assert failure == Failure(
        "containers.has", [{"container": "x"}, {"attempt": {"at_least": 1}}], []
    )


def test_a_column_that_is_missing_is_no_verdict() -> None:
    expectation = ExecExpect.model_validate({"ps": {"has": [{"user": "root"}]}})
    with pytest.raises(KeyError, match="user"):
        check(expectation, {"exit_code": 0, "ps": [{"pid": 1}]}, lookup)


SEEN: dict[str, Json] = {
    "POD": {"net": 1, "pid": 10},
    "a": {"net": 1, "pid": 11},
    "b": {"net": 2, "pid": 11},
}


@pytest.mark.parametrize(
    ("groups", "failures"),
    [
        ({"shared": {"net": ["POD", "a"]}, "separate": {"pid": ["POD", "a"]}}, []),
        (
            {"shared": {"net": ["POD", "a", "b"]}},
            [("namespaces.shared.net", {"POD": 1, "a": 1, "b": 2})],
        ),
        (
            {"separate": {"pid": ["POD", "a", "b"]}},
            [("namespaces.separate.pid", {"POD": 10, "a": 11, "b": 11})],
        ),
    ],
)
def test_namespaces_are_judged_by_inode(
    groups: dict[str, Any], failures: list[tuple[str, Json]]
) -> None:
    expectation = NamespacesExpect(namespaces=NamespaceGroups.model_validate(groups))
    found = check(expectation, {"namespaces": SEEN}, lookup)
    assert [(failure.where, failure.actual) for failure in found] == failures


@pytest.mark.parametrize(
    "wanted",
    [
        *({}, {"contains": None}, {"matches": "("}, {"matches": None}, {"one_of": []}),
        *({"at_least": "2"}, {"at_least": True}, {"at_most": float("nan")}, {"same_as": "uid"}),
        *({"same_as": None}, {"contain": "x"}, [1], {"matches": "a{99999999999}"}),
        {"matches": "(" * 5000 + ")" * 5000},
    ],
)
def test_what_can_never_hold_or_has_no_meaning_is_refused(wanted: Any) -> None:
    with pytest.raises(ValidationError):
        PodExpect.model_validate({"status": wanted})


def test_a_pattern_of_which_python_warns_is_still_a_pattern() -> None:
    expected = {"status": {"matches": "[[]"}}
    assert failures_of(expected, status="[") == ()


def test_references_are_found_at_any_depth() -> None:
    expectation = ExecExpect.model_validate(
        {
            "stdout": {"same_as": "a.x"},
            "ps": {"count": {"at_least_as": "b.y"}, "has": [{"pid": {"differs_from": "c.z"}}]},
        }
    )
    assert list(references(expectation)) == ["a.x", "b.y", "c.z"]
    assert list(references(None)) == []


COLUMNS = st.fixed_dictionaries(
    {
        "pid": st.integers(),
        "ppid": st.integers() | st.none(),
        "user": st.text() | st.none(),
        "state": st.text() | st.none(),
        "command": st.text(),
    }
)


@given(rows=st.lists(COLUMNS, min_size=1, max_size=5), data=st.data())
def test_a_pattern_made_from_a_row_matches_that_row(
    rows: list[dict[str, Json]], data: st.DataObject
) -> None:
    row = data.draw(st.sampled_from(rows))
    columns = data.draw(st.sets(st.sampled_from(sorted(row))))
    pattern = ProcessPattern.model_validate({column: row[column] for column in columns})
    facts: dict[str, Json] = {"exit_code": 0, "ps": rows}
    assert check(ExecExpect(ps=ProcessRows(has=(pattern,))), facts, lookup) == ()
    (failure,) = check(ExecExpect(ps=ProcessRows(lacks=(pattern,))), facts, lookup)
    assert row in (failure.actual or ())  # type: ignore[operator]
    assert render_expected(pattern) == {name: row[name] for name in row if name in columns}
