"""What kubectl's arguments mean: kinds, selectors, durations, paths, conditions."""

from __future__ import annotations

from typing import Any

import pytest

from pausedemo.core.kubectl.conditions import is_delete, parse_condition
from pausedemo.core.kubectl.durations import parse_duration
from pausedemo.core.kubectl.jsonpath import find_values
from pausedemo.core.kubectl.kinds import parse_target, parse_targets
from pausedemo.core.kubectl.selector import parse_selector
from pausedemo.errors import Refused
from tests.core.kubectl.examples import documented_pod, make_pod, running, status


@pytest.mark.parametrize(
    ("words", "targets"),
    [
        ("pods", [("Pod", None)]),
        ("po a b", [("Pod", "a"), ("Pod", "b")]),
        ("cm,secret x", [("ConfigMap", "x"), ("Secret", "x")]),
        ("pod/a cm/b", [("Pod", "a"), ("ConfigMap", "b")]),
        ("all", [("Pod", None)]),
        ("ev,po,pods", [("Event", None), ("Pod", None)]),
    ],
)
def test_arguments_name_kinds_and_objects(words: str, targets: list[tuple[str, str]]) -> None:
    assert list(parse_targets(tuple(words.split()))) == targets


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("pots", 'error: the server doesn\'t have a resource type "pots"'),
        ("pod/a b", "error: there is no need to specify a resource type as a separate argument"),
        ("pod/a/b", "error: arguments in resource/name form must have a single resource and name"),
        ("pod/", "error: arguments in resource/name form must have a single resource and name"),
    ],
)
def test_what_names_nothing_is_refused(words: str, said: str) -> None:
    with pytest.raises(Refused) as caught:
        parse_targets(tuple(words.split()))
    assert str(caught.value).startswith(said)


def test_a_single_word_is_a_pods_name() -> None:
    assert parse_target("web") == ("Pod", "web")
    assert parse_target("secret/web") == ("Secret", "web")


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        ("", True),
        ("app=web", True),
        ("app==web", True),
        ("app!=web", False),
        ("none!=web", True),
        ("app=web,tier=db", False),
        ("app=web, tier in (db, front)", True),
        ("tier notin (db)", True),
        ("none notin (db)", True),
        ("app", True),
        ("!app", False),
        ("!none", True),
        ("empty=", True),
        ("example.org/part=a", True),
    ],
)
def test_a_selector_selects_by_labels(selector: str, selected: bool) -> None:
    labels = {"app": "web", "tier": "front", "empty": "", "example.org/part": "a"}
    assert parse_selector(selector)(labels) is selected


@pytest.mark.parametrize("selector", ["=a", "a=b c", "a in b", "a,,b", "a in (b", "-a=b"])
def test_what_is_no_selector_is_refused(selector: str) -> None:
    with pytest.raises(ValueError, match="unable to parse requirement"):
        parse_selector(selector)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30),
        ("1m30s", 90),
        ("1.5h", 5400),
        ("250ms", 0.25),
        ("-1s", -1),
        ("0", 0),
        ("+2m", 120),
    ],
)
def test_durations_are_gos(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("30", 'time: missing unit in duration "30"'),
        ("", 'time: invalid duration ""'),
        ("s", 'time: invalid duration "s"'),
        ("1d", 'time: invalid duration "1d"'),
        ("1m30", 'time: missing unit in duration "1m30"'),
        ("--1s", 'time: invalid duration "--1s"'),
    ],
)
def test_what_is_no_duration_is_refused_in_gos_words(text: str, said: str) -> None:
    with pytest.raises(ValueError, match="duration") as caught:
        parse_duration(text)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("{.status.phase}", ["Running"]),
        (".status.phase", ["Running"]),
        ("status.phase", ["Running"]),
        ("{$.status.phase}", ["Running"]),
        ("{.status.podIPs[0].ip}", ["10.88.0.3"]),
        ("{.status.podIPs[-1].ip}", ["2001:db8::1"]),
        ("{.status.podIPs[*].ip}", ["10.88.0.3", "2001:db8::1"]),
        ("{.status.podIPs[7].ip}", []),
        ('{.status.conditions[?(@.type=="Ready")].status}', ["True"]),
        ("{.status.conditions[?(@.type == 'Other')].status}", []),
        ("{.metadata.labels['pod-template-hash']}", ["67d4bdd6f5"]),
        (r"{.metadata.labels.pod-template-hash}", ["67d4bdd6f5"]),
        ("{.nothing.at.all}", []),
    ],
)
def test_a_path_leads_to_values(path: str, values: list[Any]) -> None:
    assert find_values(path, documented_pod()) == values


def test_a_dot_in_a_key_is_written_with_a_backslash() -> None:
    pod = {"metadata": {"labels": {"example.org/part": "a"}}}
    assert find_values(r"{.metadata.labels.example\.org/part}", pod) == ["a"]


@pytest.mark.parametrize(
    "path", ["{.a[b]}", "{.a[}", "{.a[?(@.b)]}", "{.a", ".a}", "{.a}{.b}", "{{.a}}", "{}", ""]
)
def test_a_path_that_cannot_be_followed_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="unexpected path string"):
        find_values(path, {})


@pytest.mark.parametrize(
    ("written", "holds"),
    [
        ("condition=Ready", True),
        ("condition=ready=TRUE", True),
        ("condition=Ready=False", False),
        ("condition=ContainersReady", False),
        ("jsonpath={.status.phase}=Running", True),
        ("jsonpath='{.status.phase}'=Pending", False),
        ("jsonpath={.status.phase}", True),
        ("jsonpath={.status.podIP}", False),
        ('jsonpath={.status.conditions[?(@.type=="Ready")].status}=True', True),
        ("jsonpath={.status.containerStatuses[0].ready}=true", True),
        ("jsonpath={.status.containerStatuses[0].restartCount}=0", True),
        ("delete", False),
        ("create", True),
    ],
)
def test_a_condition_holds_or_does_not(written: str, holds: bool) -> None:
    assert parse_condition(written)(make_pod(status("a", running()))) is holds


def test_of_an_object_that_is_gone_only_its_end_holds() -> None:
    assert parse_condition("Delete")(None) is True
    assert parse_condition("Create")(None) is False
    assert parse_condition("condition=Ready")(None) is False
    assert parse_condition("jsonpath={.status}")(None) is False
    assert is_delete("DELETE")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", 'error: unrecognized condition: ""'),
        ("Ready", 'error: unrecognized condition: "Ready"'),
        ("condition=", 'error: unrecognized condition: "condition="'),
        ("jsonpath={.a}=", "error: jsonpath wait has to have a value after equal sign"),
        ("jsonpath={.a}=b=c", "error: jsonpath wait format must be"),
        ("jsonpath=", "error: jsonpath expression cannot be empty"),
        ("jsonpath={.a[}=b", "error: unexpected path string"),
        (
            "jsonpath={.status",
            "error: unexpected path string, expected a 'name1.name2' or '.name1.name2' or "
            "'{name1.name2}' or '{.name1.name2}'",
        ),
    ],
)
def test_what_is_no_condition_is_refused(written: str, said: str) -> None:
    with pytest.raises(Refused) as caught:
        parse_condition(written)
    assert str(caught.value).startswith(said)
