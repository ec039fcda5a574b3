from __future__ import annotations

from pathlib import Path

import pytest

from pausedemo.core.verdicts.selection import UnreadableExpression
from pausedemo.errors import UsageError
from pausedemo.scenario.library import list_names
from pausedemo.scenario.selection import Selection
from tests.scenario.test_files import write
from tests.scenario.test_library import TEXT

TAGS = {"ports": "[network, slow]", "orphans": "[pid]", "bare": "[]"}


@pytest.fixture
def folder(tmp_path: Path) -> str:
    for name, tags in TAGS.items():
        write(tmp_path / f"{name}.yaml", text=TEXT.replace("pods:", f"tags: {tags}\npods:"))
    return str(tmp_path)


def names(selection: Selection) -> set[str]:
    return {scenario.name for scenario in selection.load()}


@pytest.mark.parametrize(
    ("tags", "expression", "selected"),
    [
        ((), "", {"ports", "orphans", "bare"}),
        (("network",), "", {"ports"}),
        (("NETWORK",), "", {"ports"}),
        (("pid", "slow"), "", {"ports", "orphans"}),
        ((), "not slow", {"orphans", "bare"}),
        ((), "orph or bar", {"orphans", "bare"}),
        (("pid", "network"), "not slow", {"orphans"}),
    ],
)
def test_tags_and_an_expression_narrow_what_was_named(
    folder: str, tags: tuple[str, ...], expression: str, selected: set[str]
) -> None:
    assert names(Selection((folder,), tags=tags, expression=expression)) == selected


def test_without_a_name_those_that_come_along_are_meant(folder: str) -> None:
    everything = set(list_names())
    assert names(Selection()) == everything
    assert names(Selection(everything=True)) == everything
    assert names(Selection(tags=("article",))) < everything | {"article"}
    assert names(Selection((folder,), everything=True)) == everything | set(TAGS)
    assert Selection().is_empty
    assert not Selection(everything=True).is_empty


@pytest.mark.parametrize(
    ("tags", "expression", "message"),
    [
        (("netwrok",), "", 'by --tag netwrok among 3; "netwrok": did you mean "network"?'),
        ((), "pdi and x", 'by --select \'pdi and x\' among 3; "pdi": did you mean "pid"?'),
        ((), "orphens", 'by --select \'orphens\' among 3; "orphens": did you mean "orphans"?'),
        (("zzz",), "", "by --tag zzz among 3; tags there: network, pid, slow"),
        (
            ("pid",),
            "network",
            "by --tag pid --select 'network' among 3; tags there: network, pid, slow",
        ),
    ],
)
def test_a_selection_of_nothing_is_an_error_that_says_what_there_is(
    folder: str, tags: tuple[str, ...], expression: str, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        Selection((folder,), tags=tags, expression=expression).load()
    assert str(caught.value) == f"no scenario is selected {message}"


def test_an_expression_that_cannot_be_read_is_told_before_any_file_is() -> None:
    with pytest.raises(UnreadableExpression):
        Selection(("gone.yaml",), expression="a b").load()
