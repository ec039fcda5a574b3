from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pausedemo.core.manifest import Container
from pausedemo.core.values.expansion import expand, expand_command

VALUES = {"A": "a", "B": "b", "REF": "$(A)", "EMPTY": "", "x y": "z"}


@pytest.mark.parametrize(
    ("text", "expanded"),
    # Rows of doExpansionTest, third_party/forked/golang/expansion/expand_test.go, and more.
    [
        *(("$(A)", "a"), ("--$(A)--", "--a--"), ("$(A)$(B)", "ab"), ("$(A)_$(A)", "a_a")),
        *(("$(REF)", "$(A)"), ("%%$(REF)--$(A)%%", "%%$(A)--a%%"), ("foo$(EMPTY)bar", "foobar")),
        *(("$$(A)", "$(A)"), ("$$$(A)", "$a"), ("$$$$(A)", "$$(A)"), ("$$$$$(A)", "$$a")),
        *(("$(DNE)", "$(DNE)"), ("f00-$(DNE)-$(A)", "f00-$(DNE)-a"), ("$()", "$()")),
        *(("$A", "$A"), ("$", "$"), ("$$", "$"), ("a$", "a$"), ("", ""), ("text", "text")),
        *(("$(A", "$(A"), ("$((A)", "$((A)"), ("$(A))", "a)"), ("$(A$(B)", "$(A$(B)")),
        *(("$?%", "$?%"), ("\n$(A)\n", "\na\n"), ("$é$(A)", "$éa"), ("$(x y)", "z")),
        *(("foo$$bar", "foo$bar"), ("$(foo$$var)", "$(foo$$var)"), (")$(", ")$(")),
    ],
)
def test_references_are_replaced_by_values(text: str, expanded: str) -> None:
    assert expand(text, VALUES) == expanded


@given(st.text(alphabet="$()AB \n", max_size=40))
def test_without_values_only_doubled_dollars_change(text: str) -> None:
    expanded = expand(text, {})
    assert len(expanded) <= len(text)
    if "$$" not in text:
        assert expanded == text


def test_a_reference_that_never_ends_costs_little() -> None:
    text = "$(" * 300_000
    began = time.process_time()
    assert expand(text, {}) == text
    assert time.process_time() - began < 5


def test_command_and_args_are_expanded_and_their_absence_stays() -> None:
    made = Container.model_validate({"name": "a", "image": "i", "args": ["$(A)", "$$(A)", "$(C)"]})
    assert expand_command(made, VALUES) == (None, ("a", "$(A)", "$(C)"))
