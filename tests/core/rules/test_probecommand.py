"""The command of a probe. Source: kubernetes third_party/forked/golang/expansion."""

from __future__ import annotations

import pytest

from pausedemo.core.manifest import EnvVar
from pausedemo.core.rules.probecommand import expand_probe_command

ENV = tuple(
    EnvVar.model_validate(one)
    for one in (
        {"name": "A", "value": "one"},
        {"name": "B", "value": "two words"},
        {"name": "A", "value": "last"},
        {"name": "NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
    )
)


@pytest.mark.parametrize(
    ("word", "expanded"),
    [
        ("$(A)", "last"),
        ("-x=$(B)-$(A)", "-x=two words-last"),
        ("$(NAME)", ""),
        ("$(NONE)", "$(NONE)"),
        ("$$(A)", "$(A)"),
        ("$$$(A)", "$last"),
        ("$$$$(A)", "$$(A)"),
        ("$A", "$A"),
        ("$(A", "$(A"),
        ("$()", "$()"),
        ("$", "$"),
        ("", ""),
    ],
)
def test_variables_with_plain_values_are_put_in(word: str, expanded: str) -> None:
    assert expand_probe_command([word, "rest"], ENV) == (expanded, "rest")
