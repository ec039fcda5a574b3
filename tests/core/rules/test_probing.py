"""What results make of a container, by table. Source: kubernetes prober/worker_test.go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pausedemo.core.manifest import Container, Probe
from pausedemo.core.rules.health import Health, Unhealthy
from pausedemo.core.rules.probing import (
    INITIAL,
    ProbeState,
    ProbeType,
    Result,
    compute_first_wait_s,
    compute_next_due,
    compute_probed_health,
    compute_tick,
    read_probes,
)

STARTUP, READINESS, LIVENESS = ProbeType.STARTUP, ProbeType.READINESS, ProbeType.LIVENESS
RESULTS = {"+": Result.SUCCESS, "-": Result.FAILURE}
VALUES = {"+": Result.SUCCESS, "-": Result.FAILURE, "?": Result.UNKNOWN}


def probe(**more: object) -> Probe:
    return Probe.model_validate({"exec": {"command": ["true"]}, **more})


def play(type_: ProbeType, wanted: Probe, results: str) -> tuple[str, list[ProbeState]]:
    """What holds after each result, as signs, until the probe is on hold; and the states."""
    state, seen, states = ProbeState(type_).follow("one"), "", []
    for sign in results:
        state = state.take(RESULTS[sign], wanted)
        states.append(state)
        seen += next(sign for sign, value in VALUES.items() if value is state.value)
        if state.on_hold:
            break
    return seen, states


@pytest.mark.parametrize(("type_", "value"), [(STARTUP, "?"), (READINESS, "-"), (LIVENESS, "+")])
def test_each_starts_with_what_the_kubelet_holds_until_it_knows(
    type_: ProbeType, value: str
) -> None:
    assert ProbeState(type_).follow("one").value is VALUES[value] is INITIAL[type_]


@pytest.mark.parametrize(
    ("type_", "success", "failure", "results", "held"),
    [
        (READINESS, 1, 3, "+", "+"),
        (READINESS, 1, 3, "+--", "+++"),
        (READINESS, 1, 3, "+---+", "+++-+"),
        (READINESS, 1, 3, "+--+--+", "+++++++"),
        (READINESS, 3, 1, "++-+++-", "-----+-"),
        (READINESS, 2, 2, "+-+-++--", "-----++-"),
        (LIVENESS, 1, 3, "--+--", "+++++"),
        (LIVENESS, 1, 3, "---+", "++-"),
        (LIVENESS, 1, 1, "+-", "+-"),
        (STARTUP, 1, 3, "--+", "??+"),
        (STARTUP, 1, 3, "---", "??-"),
        (STARTUP, 1, 3, "--+-", "??+"),
        (STARTUP, 1, 1, "-", "-"),
    ],
)
def test_a_value_changes_when_its_threshold_is_reached_in_a_row(
    type_: ProbeType, success: int, failure: int, results: str, held: str
) -> None:
    wanted = probe(successThreshold=success, failureThreshold=failure)
    assert play(type_, wanted, results)[0] == held


@pytest.mark.parametrize(
    ("type_", "results", "on_hold"),
    [
        (LIVENESS, "---", True),
        (LIVENESS, "+", False),
        (STARTUP, "---", True),
        (STARTUP, "+", True),
        (READINESS, "---", False),
        (READINESS, "+", False),
    ],
)
def test_what_cannot_change_any_more_is_not_asked(
    type_: ProbeType, results: str, on_hold: bool
) -> None:
    last = play(type_, probe(), results)[1][-1]
    assert (last.on_hold, last.run) == (on_hold, 0 if on_hold else len(results))


def test_a_new_container_starts_anew_but_for_the_run() -> None:
    dead = play(READINESS, probe(successThreshold=2), "++")[1][-1]
    new = dead.follow("two")
    assert new == ProbeState(READINESS, "two", Result.FAILURE, Result.SUCCESS, 2)
    assert new.take(Result.SUCCESS, probe(successThreshold=2)).value is Result.SUCCESS


def test_a_killed_container_s_successor_has_all_its_chances() -> None:
    new = play(LIVENESS, probe(), "---")[1][-1].follow("two")
    assert new == ProbeState(LIVENESS, "two", Result.SUCCESS, Result.FAILURE)
    assert new.take(Result.FAILURE, probe()).value is Result.SUCCESS


def test_the_same_container_is_the_same_state() -> None:
    state = play(READINESS, probe(), "+")[1][-1]
    assert state.follow("one") is state


@pytest.mark.parametrize(
    ("type_", "value", "on_hold"),
    [(STARTUP, "+", True), (LIVENESS, "+", True), (READINESS, "-", False)],
)
def test_a_deleted_pod_is_killed_by_no_probe_and_still_asked_whether_it_is_ready(
    type_: ProbeType, value: str, on_hold: bool
) -> None:
    quiet = play(type_, probe(), "--")[1][-1].quiet()
    assert (quiet.value, quiet.on_hold) == (VALUES[value], on_hold)


@pytest.mark.parametrize(
    ("startup", "readiness", "liveness", "health"),
    [
        ("", "", "", Health(ready=True, started=True)),
        ("?", "", "", Health(ready=False, started=False)),
        ("+", "", "", Health(ready=True, started=True)),
        ("-", "", "", Health(ready=False, started=False, unhealthy=Unhealthy.STARTUP)),
        ("?", "+", "+", Health(ready=False, started=False)),
        ("+", "-", "+", Health(ready=False, started=True)),
        ("+", "+", "+", Health(ready=True, started=True)),
        ("", "+", "-", Health(ready=True, started=True, unhealthy=Unhealthy.LIVENESS)),
        ("-", "", "-", Health(ready=False, started=False, unhealthy=Unhealthy.LIVENESS)),
    ],
)
def test_probes_together_say_whether_a_container_is_well(
    startup: str, readiness: str, liveness: str, health: Health
) -> None:
    def state(type_: ProbeType, sign: str) -> ProbeState | None:
        return ProbeState(type_, "one", VALUES[sign]) if sign else None

    assert health == compute_probed_health(
        state(STARTUP, startup), state(READINESS, readiness), state(LIVENESS, liveness)
    )


def test_the_probes_of_a_container_are_those_it_has() -> None:
    container = Container.model_validate(
        {
            "name": "a",
            "image": "busybox",
            "livenessProbe": {"tcpSocket": {"port": 80}},
            "startupProbe": {"exec": {"command": ["true"]}, "periodSeconds": 3},
        }
    )
    assert read_probes(container) == {
        STARTUP: container.startup_probe,
        LIVENESS: container.liveness_probe,
    }


@pytest.mark.parametrize(("ran_s", "wait_s"), [(0.0, 5.0), (3.5, 1.5), (5.0, 0.0), (60.0, 0.0)])
def test_the_initial_delay_counts_from_the_start(ran_s: float, wait_s: float) -> None:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    now = start + timedelta(seconds=ran_s)
    assert compute_first_wait_s(start, probe(initialDelaySeconds=5), now) == wait_s


def test_containers_that_a_kubelet_finds_are_spread_over_a_period() -> None:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    wanted = probe(initialDelaySeconds=5, periodSeconds=8)
    waits = [compute_first_wait_s(start, wanted, start, share) for share in (0.0, 0.25, 0.75)]
    assert waits == [5.0, 7.0, 11.0]


@pytest.mark.parametrize(("now", "due"), [(100.5, 110.0), (109.0, 110.0), (112.0, 112.0)])
def test_a_slow_probe_is_followed_by_the_next_at_once(now: float, due: float) -> None:
    assert compute_next_due(100.0, probe(periodSeconds=10), now) == due


@pytest.mark.parametrize(
    ("now", "tick"), [(90.0, 100.0), (100.0, 100.0), (100.1, 110.0), (110.0, 110.0), (125.0, 130.0)]
)
def test_ticks_keep_to_their_periods(now: float, tick: float) -> None:
    assert compute_tick(100.0, probe(periodSeconds=10), now) == tick


@given(
    type_=st.sampled_from(ProbeType),
    success=st.integers(1, 4),
    failure=st.integers(1, 4),
    results=st.text(alphabet="+-", max_size=30),
)
def test_a_change_always_has_its_whole_run_before_it(
    type_: ProbeType, success: int, failure: int, results: str
) -> None:
    wanted = probe(successThreshold=success, failureThreshold=failure)
    held = play(type_, wanted, results)[0]
    before = next(sign for sign, value in VALUES.items() if value is INITIAL[type_])
    for index, after in enumerate(held):
        if after != before:
            needed = success if after == "+" else failure
            assert results[index + 1 - needed : index + 1] == after * needed
        before = after
