"""Columns: as text/tabwriter and kubectl's table printer make them."""

from __future__ import annotations

import textwrap

import pytest

from pausedemo.core.kubectl.rows import Layout
from pausedemo.core.kubectl.tables import Table
from pausedemo.core.kubectl.tabwriter import align
from tests.core.kubectl.examples import NOW, ago, make_event, make_pod, running, status


@pytest.mark.parametrize(
    ("text", "aligned"),
    [
        ("", ""),
        ("no tab", "no tab"),
        ("a\tb", "a  b"),
        ("a\tb\nlong\tc", "a     b\nlong  c"),
        # A line without a cell in a column parts the column in two: the documentation's example.
        (
            "a\tb\tc\naa\tbb\tcc\naaa\t\naaaa\tdddd\teeee",
            "a     b   c\naa    bb  cc\naaa   \naaaa  dddd  eeee",
        ),
        ("a\tx\nlong line\nb\ty", "a  x\nlong line\nb  y"),
        # What follows the last tab is in no column.
        ("a\twide wide\nb\tc\td", "a  wide wide\nb  c  d"),
    ],
)
def test_cells_are_aligned_run_by_run(text: str, aligned: str) -> None:
    assert align(text) == aligned


def test_columns_stand_three_spaces_apart_and_the_last_is_not_filled() -> None:
    table = Table(("NAME", "READY", "STATUS", "RESTARTS", "AGE"))
    rows = [("web", "2/2", "Running", "3 (25s ago)", "80s"), ("b", "0/1", "Error", "0", "5m")]
    assert table.render(rows) == textwrap.dedent("""\
        NAME   READY   STATUS    RESTARTS      AGE
        web    2/2     Running   3 (25s ago)   80s
        b      0/1     Error     0             5m
        """)


def test_without_titles_a_column_is_still_six_wide() -> None:
    table = Table(("NAME", "READY", "STATUS", "RESTARTS", "AGE"), headers=False)
    row = ("web", "1/1", "Running", "0", "12m")
    assert table.render([row]) == "web   1/1   Running   0     12m\n"


def test_rows_that_come_later_stand_under_the_same_titles() -> None:
    table = Table(("NAME", "AGE"))
    assert table.render([]) == ""
    assert table.render([("longer-name", "1s")]) == "NAME          AGE\nlonger-name   1s\n"
    assert table.render([("a", "2s")]) == "a             2s\n"
    assert table.render([]) == ""


def test_a_cell_ends_at_its_first_line_and_does_not_act_on_the_terminal() -> None:
    table = Table(("MESSAGE",), headers=False)
    assert table.render([("one\ntwo",), ("a\x1b[2Jb",)]) == "one...\na^[[2Jb\n"


POD = make_pod(status("a", running()), labels={"b": "2", "a": "1"})
CONFIG = {
    "kind": "ConfigMap",
    "metadata": {"name": "settings", "namespace": "default", "creationTimestamp": ago(3)},
    "data": {"a": "1", "b": "2"},
    "binaryData": {"c": "AA=="},
}
SECRET = {
    "kind": "Secret",
    "metadata": {"name": "keys", "namespace": "default", "creationTimestamp": ago(3)},
    "type": "Opaque",
    "data": {"a": "AA=="},
}
EVENT = make_event("BackOff", "Back-off restarting\n", 25, 5, 4)


@pytest.mark.parametrize(
    ("layout", "one", "titles", "cells"),
    [
        (
            Layout(),
            POD,
            "NAME|READY|STATUS|RESTARTS|AGE",
            "web|1/1|Running|0|80s",
        ),
        (
            Layout(wide=True, namespaces=True, labels=True),
            POD,
            "NAMESPACE|NAME|READY|STATUS|RESTARTS|AGE|IP|NODE|NOMINATED NODE|READINESS GATES|"
            "LABELS",
            "default|web|1/1|Running|0|80s|<none>|<none>|<none>|<none>|a=1,b=2",
        ),
        (
            Layout(with_kind=True, labels=True),
            CONFIG,
            "NAME|DATA|AGE|LABELS",
            "configmap/settings|3|3s|<none>",
        ),
        (Layout(), SECRET, "NAME|TYPE|DATA|AGE", "keys|Opaque|1|3s"),
        (
            Layout(),
            EVENT,
            "LAST SEEN|TYPE|REASON|OBJECT|MESSAGE",
            "5s|Warning|BackOff|pod/web|Back-off restarting",
        ),
        (
            Layout(wide=True),
            EVENT,
            "LAST SEEN|TYPE|REASON|OBJECT|SUBOBJECT|SOURCE|MESSAGE|FIRST SEEN|COUNT|NAME",
            "5s|Warning|BackOff|pod/web|spec.containers{a}|kubelet|Back-off restarting|25s|4|"
            "web.backoff",
        ),
    ],
)
def test_each_kind_has_kubectls_columns(layout, one, titles, cells) -> None:
    assert "|".join(layout.titles(one["kind"])) == titles
    assert "|".join(layout.cells(one["kind"], one, NOW)) == cells
