"""What a healthcheck may ask for, and when it is made."""

from __future__ import annotations

import pytest

from pausedemo.embedded.containers.options import (
    Healthcheck,
    check_healthcheck,
    parse_healthcheck,
)
from pausedemo.embedded.errors import BadParameter

S = 1_000_000_000


@pytest.mark.parametrize(
    ("test", "argv"),
    [
        (["CMD", "a", "b c"], ("a", "b c")),
        (["CMD-SHELL", "a b"], ("/bin/sh", "-c", "a b")),
        (["CMD"], ()),
    ],
)
def test_a_command_is_run_as_it_is_or_by_a_shell(test, argv):
    assert parse_healthcheck({"Healthcheck": {"Test": test}}) == Healthcheck(argv)


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"Healthcheck": None},
        {"Healthcheck": {}},
        *({"Healthcheck": {"Test": one}} for one in ([], ["NONE"], ["NONE", "x"], ["FOO", "x"])),
    ],
)
def test_without_a_command_there_is_none(config):
    assert parse_healthcheck(config) is None


def test_the_shell_may_be_another_and_all_times_are_taken():
    wanted = {
        "Test": ["CMD-SHELL", "x"],
        "Interval": 1,
        "Timeout": 2,
        "StartPeriod": 3,
        "StartInterval": 4,
        "Retries": 5,
    }
    config = {"Healthcheck": wanted, "Shell": ["/bin/ash", "-ec"]}
    assert parse_healthcheck(config) == Healthcheck(("/bin/ash", "-ec", "x"), 1, 2, 3, 4, 5)
    none = {**dict.fromkeys(wanted, 0), "Test": ["CMD", "x"]}
    assert parse_healthcheck({"Healthcheck": none}) == Healthcheck(("x",))


@pytest.mark.parametrize("key", ["Interval", "Timeout", "StartPeriod", "StartInterval"])
@pytest.mark.parametrize("time_ns", [1, 999_999, -1])
def test_a_time_below_a_millisecond_is_refused(key, time_ns):
    with pytest.raises(BadParameter) as caught:
        check_healthcheck({key: time_ns})
    assert caught.value.message == f"{key} in Healthcheck cannot be less than 1ms"


def test_an_images_healthcheck_that_is_none_is_refused():
    with pytest.raises(BadParameter, match=r"invalid value for Healthcheck\.Test: 5"):
        check_healthcheck({"Test": 5})


def test_retries_are_not_negative():
    with pytest.raises(BadParameter) as caught:
        check_healthcheck({"Interval": 1_000_000, "Timeout": 0, "StartPeriod": None, "Retries": -1})
    assert caught.value.message == "Retries in Healthcheck cannot be negative"


@pytest.mark.parametrize(
    ("times", "elapsed_s", "starting", "wait_s"),
    [
        ({}, 0, True, 10),
        ({"start_period_ns": 60 * S}, 0, True, 10),
        ({"start_period_ns": 60 * S, "start_interval_ns": 2 * S}, 0, True, 2),
        ({"start_period_ns": 60 * S, "start_interval_ns": 2 * S}, 0, False, 10),
        ({"start_period_ns": 60 * S, "start_interval_ns": 2 * S}, 53, False, 7),
        ({"start_period_ns": 60 * S, "start_interval_ns": 2 * S}, 60, True, 10),
    ],
)
def test_checks_come_in_their_interval_and_more_often_at_the_start(
    times, elapsed_s, starting, wait_s
):
    check = Healthcheck(("x",), interval_ns=10 * S, **times)
    assert check.wait_ns(elapsed_s * S, starting=starting) == wait_s * S
