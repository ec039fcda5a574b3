from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pausedemo.core.verdicts.results import EngineFacts
from pausedemo.core.verdicts.selectors import EngineSelector, parse_selector

DOCKER = EngineFacts("docker", "20.10.24+dfsg1", "1.41", "runc")
PODMAN = EngineFacts("podman", "4.3.1", "1.41", "crun")
UNKNOWN = EngineFacts("docker", "dev", "1.50", "runsc")


@pytest.mark.parametrize(
    ("text", "docker", "podman", "unknown"),
    [
        ("docker", True, False, True),
        ("podman", False, True, False),
        ("any", True, True, True),
        ("docker<23", True, False, False),
        ("docker<20.10.24", False, False, False),
        ("docker<=20.10.24", True, False, False),
        ("docker>=20.10,<20.11", True, False, False),
        ("docker==20.10.24", True, False, False),
        ("docker!=20.10.24", False, False, False),
        ("podman<5", False, True, False),
        ("podman>=4.4", False, False, False),
        ("any/crun", False, True, False),
        ("docker/runc", True, False, False),
        ("docker/runsc", False, False, True),
        ("docker<23/runc", True, False, False),
        ("docker<23/crun", False, False, False),
    ],
)
def test_a_selector_speaks_of_engines(text: str, docker: bool, podman: bool, unknown: bool) -> None:
    selector = parse_selector(text)
    assert [selector.matches(one) for one in (DOCKER, PODMAN, UNKNOWN)] == [docker, podman, unknown]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", '"" names no engine; write it as docker, or docker<23'),
        ("Docker", '"Docker" names no engine'),
        ("docker<", '"docker<" names no engine'),
        ("docker<23,", '"docker<23," names no engine'),
        ("docker<x", '"docker<x" names no engine'),
        ("docker=23", '"docker=23" names no engine'),
        ("docker/", '"docker/" names no engine'),
        ("docker <23", '"docker <23" names no engine'),
        ("dokcer<23", 'there is no engine "dokcer"; did you mean "docker"?'),
        ("any<3", '"any<3": versions of different engines cannot be compared'),
    ],
)
def test_what_is_no_selector_is_told_in_words(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=r"engine") as caught:
        parse_selector(text)
    assert str(caught.value).startswith(said)


@given(st.text(max_size=30))
def test_any_text_is_a_selector_or_told_not_to_be(text: str) -> None:
    try:
        selector = parse_selector(text)
    except ValueError:
        return
    assert isinstance(selector, EngineSelector)
    assert isinstance(selector.matches(DOCKER), bool)
