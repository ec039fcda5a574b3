"""Filters as the docker command and the SDK write them, and a query's booleans."""

from __future__ import annotations

import pytest

from pausedemo.embedded.errors import BadParameter
from pausedemo.embedded.filters import (
    match_labels,
    parse_bool,
    parse_filters,
    parse_flag,
    parse_until,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, {}),
        ("", {}),
        ("{}", {}),
        ('{"label": {"a": true, "b": true}}', {"label": ("a", "b")}),
        ('{"label": {"a": true, "b": false}}', {"label": ("a",)}),
        ('{"label": {"a": false}}', {}),
        ('{"label": ["a", "b=c"]}', {"label": ("a", "b=c")}),
        ('{"label": [true, false, 5]}', {"label": ("true", "false", "5")}),
        ('{"label": []}', {}),
        ('{"label": null}', {}),
        ('{"label": ["a"], "id": {"b": true}}', {"label": ("a",), "id": ("b",)}),
    ],
)
def test_filters_are_read_in_both_forms(text, expected):
    assert parse_filters(text, ["label", "id"]) == expected


@pytest.mark.parametrize("text", ["x", "[]", '"a"', "5", "null", "{", "[" * 100_000])
def test_what_is_no_filter_is_refused(text):
    with pytest.raises(BadParameter, match="invalid filter"):
        parse_filters(text, ["label"])


def test_a_key_that_is_not_known_is_refused_in_docker_s_words():
    with pytest.raises(BadParameter) as caught:
        parse_filters('{"lable": ["a"]}', ["label"])
    assert caught.value.message == "Invalid filter 'lable'"


@pytest.mark.parametrize(
    ("wanted", "matches"),
    [
        ([], True),
        (["a"], True),
        (["a=1"], True),
        (["a="], False),
        (["empty="], True),
        (["empty"], True),
        (["a=1", "b=x=y"], True),
        (["a=1", "c"], False),
        (["b=x"], False),
    ],
)
def test_labels_match_when_all_that_are_wanted_are_there(wanted, matches):
    assert match_labels({"a": "1", "b": "x=y", "empty": ""}, wanted) is matches


# moby, api/server/httputils/form_test.go, TestBoolValue
@pytest.mark.parametrize(
    ("text", "default", "value"),
    [
        (None, False, False),
        (None, True, True),
        ("", True, False),
        ("0", True, False),
        ("no", True, False),
        ("False", True, False),
        ("none", True, False),
        (" 0 ", True, False),
        ("1", False, True),
        ("true", False, True),
        ("True", False, True),
        ("one", False, True),
        ("100", False, True),
    ],
)
def test_what_is_not_plainly_false_is_true(text, default, value):
    assert parse_bool(text, default) is value


@pytest.mark.parametrize(
    ("values", "flag"), [((), None), (("1",), True), (("False",), False), (("true", "1"), True)]
)
def test_flags(values, flag):
    assert parse_flag({"all": values}, "all") is flag


@pytest.mark.parametrize("values", [("yes",), ("0", "1")])
def test_a_flag_that_is_neither_is_refused(values):
    with pytest.raises(BadParameter, match="Invalid filter 'all="):
        parse_flag({"all": values}, "all")


@pytest.mark.parametrize("text", ['{"label": "a"}', '{"label": 1}', '{"label": [["a"]]}'])
def test_values_that_are_no_list_of_plain_things_are_refused(text):
    with pytest.raises(BadParameter, match="no list of strings"):
        parse_filters(text, ["label"])


@pytest.mark.parametrize(
    ("filters", "moment_ns"),
    [({}, None), ({"until": ("7",)}, 7 * 10**9), ({"until": ("1m",)}, 40 * 10**9)],
)
def test_a_prune_goes_up_to_one_moment(filters, moment_ns):
    assert parse_until(filters, 100 * 10**9) == moment_ns


def test_a_prune_with_two_moments_is_refused():
    with pytest.raises(BadParameter) as caught:
        parse_until({"until": ("1m", "2m")}, 0)
    assert caught.value.message == "more than one until filter specified"
