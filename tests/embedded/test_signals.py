from __future__ import annotations

import pytest

from pausedemo.embedded.errors import BadParameter
from pausedemo.embedded.signals import parse_signal


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("TERM", 15),
        ("sigterm", 15),
        ("15", 15),
        ("", 9),
        ("64", 64),
        ("RTMIN", 34),
        ("SIGRTMIN+3", 37),
        ("rtmin+15", 49),
        ("SIGRTMAX-14", 50),
        ("RTMAX", 64),
    ],
)
def test_a_signal_has_a_number(name, number):
    assert parse_signal(name) == number


@pytest.mark.parametrize(
    "name",
    ["FOO", "0", "65", "-1", "RTMIN-1", "RTMIN+16", "RTMAX+1", "RTMAX-15", "_IGN", "SIGSIGTERM"],
)
def test_what_is_no_signal_is_refused(name):
    with pytest.raises(BadParameter, match=f"Invalid signal: {name.replace('+', '[+]')}"):
        parse_signal(name)
