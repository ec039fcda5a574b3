from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pausedemo.core.files.nearest import nearest

KEYS = ("containers", "initContainers", "restartPolicy", "shareProcessNamespace", "hostPID")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("container", "containers"),
        ("Containers", "containers"),
        ("shareProcesNamespace", "shareProcessNamespace"),
        ("hostPid", "hostPID"),
        ("HOSTPID", "hostPID"),
        ("hostpid", "hostPID"),
        ("restart_policy", "restartPolicy"),
        ("volumes", None),
        ("", None),
        ("c" * 100_000, None),
    ],
)
def test_the_word_that_was_meant(word: str, meant: str | None) -> None:
    assert nearest(word, KEYS) == meant


def test_of_nothing_nothing_is_near() -> None:
    assert nearest("containers", ()) is None


@given(st.text(max_size=20), st.lists(st.text(max_size=20)))
def test_the_nearest_is_a_known_word(word: str, known: list[str]) -> None:
    assert nearest(word, known) in (None, *known)
