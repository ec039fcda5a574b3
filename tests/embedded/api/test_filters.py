from __future__ import annotations

import pytest

from pausedemo.embedded.api.filters import bears_labels, parse_filters, parse_flag
from pausedemo.embedded.errors import BadParameter


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        (None, {}),
        ("", {}),
        ("{}", {}),
        ('{"label": ["a", "b=c"]}', {"label": ("a", "b=c")}),
        ('{"label": {"a": true, "b": false}}', {"label": ("a",)}),
    ],
)
def test_both_clients_notations_are_read(text, filters):
    assert parse_filters(text, ("label",)) == filters


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "invalid filters"),
        ("[]", "invalid filters: not an object"),
        ('{"x": ["a"]}', "Invalid filter 'x'"),
        ('{"label": "a"}', "no list of strings"),
        ('{"label": [1]}', "no list of strings"),
    ],
)
def test_others_are_refused(text, message):
    with pytest.raises(BadParameter, match=message):
        parse_filters(text, ("label",))


@pytest.mark.parametrize(
    ("values", "flag"), [((), None), (("1",), True), (("False",), False), (("true", "1"), True)]
)
def test_flags(values, flag):
    assert parse_flag({"all": values}, "all") is flag


@pytest.mark.parametrize("values", [("yes",), ("0", "1")])
def test_a_flag_that_is_neither_is_refused(values):
    with pytest.raises(BadParameter, match="Invalid filter 'all="):
        parse_flag({"all": values}, "all")


@pytest.mark.parametrize(
    ("wanted", "met"),
    [((), True), (("a",), True), (("a=b",), True), (("a=c",), False), (("z",), False)],
)
def test_labels(wanted, met):
    assert bears_labels({"a": "b"}, wanted) is met
