from __future__ import annotations

import pytest

from pausedemo.core.manifest import RestartPolicy
from pausedemo.core.pods.pod import Pod
from pausedemo.core.pods.status import ContainerStatus, PodStatus, SandboxStatus
from pausedemo.core.rules.actions import (
    BackOff,
    ContainerStart,
    PodActions,
    compute_actions,
    render_go_duration,
)
from tests.core.podkit import (
    at,
    created,
    ended,
    make_pod,
    not_startable,
    running,
    sandbox,
    seen,
)

ALWAYS, ON_FAILURE, NEVER = RestartPolicy
HOST_NETWORK = "  hostNetwork: true\n"


def actions(pod: Pod, *things: SandboxStatus | ContainerStatus, now_s: float = 100) -> PodActions:
    return compute_actions(pod, seen(*things), at(now_s))


def test_a_new_pod_gets_a_sandbox_of_attempt_0_and_all_containers_at_once() -> None:
    assert compute_actions(make_pod("a", "b"), PodStatus(), at(0)) == PodActions(
        create_sandbox=True,
        attempt=0,
        containers=(ContainerStart("a", 0, 0), ContainerStart("b", 0, 0)),
    )


def test_a_pod_that_runs_is_left_alone() -> None:
    decided = actions(make_pod("a", "b"), sandbox(), running("a"), running("b"))
    assert decided == PodActions()
    assert decided.nothing


@pytest.mark.parametrize(
    ("extra", "sandboxes", "attempt"),
    [
        pytest.param("", [sandbox(0, ready=False)], 1, id="not ready"),
        pytest.param("", [sandbox(0), sandbox(1)], 2, id="two are ready"),
        pytest.param("", [sandbox(0), sandbox(1, ready=False)], 2, id="the ready one is old"),
        pytest.param("", [sandbox(0), sandbox(1), sandbox(2, ready=False)], 3, id="all of it"),
        pytest.param("", [sandbox(4, ip="")], 5, id="no address"),
        pytest.param("", [sandbox(0, network_mode="host")], 1, id="not on the host any more"),
        pytest.param(HOST_NETWORK, [sandbox(0)], 1, id="on the host now"),
    ],
)
def test_a_sandbox_that_will_not_do_is_replaced(
    extra: str, sandboxes: list[SandboxStatus], attempt: int
) -> None:
    assert actions(make_pod(extra=extra), *sandboxes, ended("a", 137, 2)) == PodActions(
        kill_pod=True,
        create_sandbox=True,
        attempt=attempt,
        containers=(ContainerStart("a", 3, 10),),
    )


@pytest.mark.parametrize(
    ("extra", "kept"),
    [
        ("", [sandbox(0)]),
        ("", [sandbox(0, ready=False), sandbox(1)]),
        (HOST_NETWORK, [sandbox(0, ip="", network_mode="host")]),
    ],
)
def test_a_good_sandbox_is_kept(extra: str, kept: list[SandboxStatus]) -> None:
    newest = max(one.attempt for one in kept)
    assert actions(make_pod(extra=extra), *kept, running("a")) == PodActions(attempt=newest)


def test_containers_that_still_run_without_their_sandbox_are_killed_and_made_anew() -> None:
    # docker rm -f of the infra container leaves members with a PID namespace of their own.
    assert actions(make_pod("a", "b"), running("a", 1, back_off_s=10), running("b")) == PodActions(
        kill_pod=True,
        create_sandbox=True,
        attempt=0,
        containers=(ContainerStart("a", 2, 10), ContainerStart("b", 1, 0)),
    )


def test_when_pause_dies_each_container_goes_up_by_its_own_count() -> None:
    decided = actions(
        make_pod("a", "b", "c"),
        sandbox(0, ready=False),
        ended("a", 137, 0),
        ended("b", 137, 3, from_s=90, until_s=95, back_off_s=40),
        running("c", 7, back_off_s=80),
    )
    assert decided == PodActions(
        kill_pod=True,
        create_sandbox=True,
        attempt=1,
        containers=(ContainerStart("a", 1, 10), ContainerStart("c", 8, 80)),
        waiting=(BackOff("b", 40, at(135)),),
    )


@pytest.mark.parametrize(
    ("policy", "exit_code", "started"),
    [
        (ALWAYS, 0, ("a",)),
        (ALWAYS, 1, ("a",)),
        (ON_FAILURE, 0, ()),
        (ON_FAILURE, 1, ("a",)),
        (NEVER, 0, ()),
        (NEVER, 1, ()),
    ],
)
def test_the_restart_policy_decides_who_starts_again(
    policy: RestartPolicy, exit_code: int, started: tuple[str, ...]
) -> None:
    """One container's end: same sandbox, and nobody else is touched."""
    pod = make_pod("a", "b", policy=policy)
    decided = actions(pod, sandbox(2), ended("a", exit_code, 4, of=2), running("b", 1, of=2))
    assert decided == PodActions(
        attempt=2, containers=tuple(ContainerStart(name, 5, 10) for name in started)
    )


@pytest.mark.parametrize(
    ("policy", "exit_code", "kills"),
    [(ALWAYS, 0, False), (ON_FAILURE, 0, True), (ON_FAILURE, 1, False), (NEVER, 1, True)],
)
def test_a_pod_that_has_ended_ends_its_sandbox_once(
    policy: RestartPolicy, exit_code: int, kills: bool
) -> None:
    pod = make_pod(policy=policy)
    decided = actions(pod, sandbox(0), ended("a", exit_code))
    assert decided.kill_pod is kills
    if kills:
        assert decided == PodActions(kill_pod=True)
        after = actions(pod, sandbox(0, ready=False), ended("a", exit_code))
        assert after == PodActions(attempt=1)
        assert after.nothing


@pytest.mark.parametrize(
    ("policy", "containers", "expected"),
    [
        pytest.param(
            NEVER,
            [ended("a", 0), running("b")],
            PodActions(kill_pod=True, attempt=1),
            id="never: what is left is killed",
        ),
        pytest.param(
            NEVER,
            [],
            PodActions(
                kill_pod=True,
                create_sandbox=True,
                attempt=1,
                containers=(ContainerStart("a", 0, 0), ContainerStart("b", 0, 0)),
            ),
            id="never: but nothing has run yet",
        ),
        pytest.param(
            ON_FAILURE,
            [ended("a", 0), ended("b", 137)],
            PodActions(
                kill_pod=True,
                create_sandbox=True,
                attempt=1,
                containers=(ContainerStart("b", 1, 10),),
            ),
            id="on failure: who has succeeded is left out",
        ),
        pytest.param(
            ON_FAILURE,
            [ended("a", 0), ended("b", 0)],
            PodActions(attempt=1),
            id="on failure: all have succeeded (kubernetes#92614)",
        ),
        pytest.param(
            ALWAYS,
            [ended("a", 0), ended("b", 0)],
            PodActions(
                kill_pod=True,
                create_sandbox=True,
                attempt=1,
                containers=(ContainerStart("a", 1, 10), ContainerStart("b", 1, 10)),
            ),
            id="always: success does not matter",
        ),
    ],
)
def test_the_restart_policy_decides_about_a_new_sandbox(
    policy: RestartPolicy, containers: list[ContainerStatus], expected: PodActions
) -> None:
    decided = actions(make_pod("a", "b", policy=policy), sandbox(0, ready=False), *containers)
    assert decided == expected


def test_never_makes_a_first_sandbox_even_when_the_old_one_was_removed() -> None:
    decided = actions(make_pod(policy=NEVER), ended("a", 1))
    assert (decided.create_sandbox, decided.attempt) == (True, 0)


INIT = ("i", "j")


@pytest.mark.parametrize(
    ("policy", "things", "expected"),
    [
        pytest.param(
            ALWAYS,
            [],
            PodActions(create_sandbox=True, init=(ContainerStart("i", 0, 0),)),
            id="first, and nothing beside it",
        ),
        pytest.param(ALWAYS, [sandbox(), running("i")], PodActions(), id="wait for the first"),
        pytest.param(
            ALWAYS,
            [sandbox(), ended("i", 0)],
            PodActions(init=(ContainerStart("j", 0, 0),)),
            id="next",
        ),
        pytest.param(
            ALWAYS, [sandbox(), ended("i", 0), running("j")], PodActions(), id="wait for the next"
        ),
        pytest.param(
            ALWAYS,
            [sandbox(), ended("i", 0), ended("j", 0)],
            PodActions(containers=(ContainerStart("a", 0, 0), ContainerStart("b", 0, 0))),
            id="all done",
        ),
        pytest.param(
            NEVER,
            [sandbox(), ended("i", 0), ended("j", 0)],
            PodActions(containers=(ContainerStart("a", 0, 0), ContainerStart("b", 0, 0))),
            id="all done, never",
        ),
        pytest.param(
            ALWAYS,
            [sandbox(), ended("i", 0), ended("j", 1)],
            PodActions(init=(ContainerStart("j", 1, 10),)),
            id="failed, always",
        ),
        pytest.param(
            ON_FAILURE,
            [sandbox(), ended("i", 0), ended("j", 1)],
            PodActions(init=(ContainerStart("j", 1, 10),)),
            id="failed, on failure",
        ),
        pytest.param(
            NEVER,
            [sandbox(), ended("i", 0), ended("j", 1)],
            PodActions(kill_pod=True),
            id="failed, never: the pod has failed",
        ),
        pytest.param(
            NEVER,
            [sandbox(0, ready=False), ended("i", 0), ended("j", 1)],
            PodActions(attempt=1),
            id="failed, never, and killed",
        ),
        pytest.param(
            ALWAYS,
            [sandbox(), ended("i", 1, 2, from_s=90, until_s=95, back_off_s=20)],
            PodActions(waiting=(BackOff("i", 20, at(115)),)),
            id="failed, in its back-off",
        ),
        pytest.param(
            ALWAYS,
            [sandbox(), ended("i", 0), created("j", back_off_s=10)],
            PodActions(init=(ContainerStart("j", 1, 10),)),
            id="created and never started",
        ),
        pytest.param(
            ALWAYS,
            [sandbox(), not_startable("i")],
            PodActions(init=(ContainerStart("i", 1, 10),)),
            id="could not start",
        ),
        pytest.param(
            ALWAYS,
            [sandbox(0, ready=False), ended("i", 0), ended("j", 0), ended("a", 137)],
            PodActions(
                kill_pod=True, create_sandbox=True, attempt=1, init=(ContainerStart("i", 1, 10),)
            ),
            id="all over again in a new sandbox",
        ),
        pytest.param(
            ALWAYS,
            [
                *(sandbox(0, ready=False), sandbox(1), ended("i", 0), ended("j", 0)),
                *(ended("a", 137), ended("i", 0, 1, of=1)),
            ],
            PodActions(attempt=1, init=(ContainerStart("j", 1, 10),)),
            id="the next one, too, in the new sandbox",
        ),
        pytest.param(
            NEVER,
            [sandbox(1), ended("i", 1, of=0)],
            PodActions(attempt=1, init=(ContainerStart("i", 1, 10),)),
            id="a failure in another sandbox does not count",
        ),
        pytest.param(
            ALWAYS,
            [sandbox(), running("a"), running("b")],
            PodActions(),
            id="a main container shows that they are done, though they were removed",
        ),
        pytest.param(
            ON_FAILURE,
            [sandbox(0, ready=False), *(ended(name, 0) for name in "ijab")],
            PodActions(attempt=1),
            id="done with all",
        ),
    ],
)
def test_init_containers_come_first_one_by_one(
    policy: RestartPolicy, things: list[SandboxStatus | ContainerStatus], expected: PodActions
) -> None:
    assert actions(make_pod("a", "b", init=INIT, policy=policy), *things) == expected


def test_a_container_that_was_made_and_never_started_is_made_again_at_once() -> None:
    decided = actions(make_pod(policy=NEVER), sandbox(), created("a", 2, back_off_s=40))
    assert decided == PodActions(containers=(ContainerStart("a", 3, 40),))


@pytest.mark.parametrize(("policy", "again"), [(ALWAYS, True), (ON_FAILURE, True), (NEVER, False)])
def test_a_container_that_could_not_start_has_failed(policy: RestartPolicy, again: bool) -> None:
    decided = actions(make_pod(policy=policy), sandbox(), not_startable("a"))
    assert decided.containers == ((ContainerStart("a", 1, 10),) if again else ())
    assert decided.kill_pod is not again


def test_the_back_off_doubles_from_ten_seconds_to_five_minutes() -> None:
    pod = make_pod()
    now_s, last, delays = 0.0, running("a"), []
    for _ in range(8):
        # It runs for a second, ends, and is looked at until it may start again.
        crashed = ended(
            "a", 1, last.restart_count, from_s=now_s, until_s=now_s + 1, back_off_s=last.back_off_s
        )
        now_s += 1
        decided = actions(pod, sandbox(), crashed, now_s=now_s)
        delay = decided.waiting[0].delay_s if decided.waiting else 0
        delays.append(delay)
        if delay:
            assert decided == PodActions(waiting=(BackOff("a", delay, at(now_s + delay)),))
            assert decided.nothing
            assert actions(pod, sandbox(), crashed, now_s=now_s + delay - 0.001).nothing
        now_s += delay
        (start,) = actions(pod, sandbox(), crashed, now_s=now_s).containers
        last = running("a", start.restart_count, back_off_s=start.back_off_s)
    assert delays == [0, 10, 20, 40, 80, 160, 300, 300]
    assert last.restart_count == 8


@pytest.mark.parametrize(
    ("ran_s", "delay_s", "next_s"), [(1, 160, 300), (600, 160, 300), (600.5, 0, 10)]
)
def test_the_back_off_is_forgotten_after_ten_minutes_of_running(
    ran_s: float, delay_s: int, next_s: int
) -> None:
    crashed = ended("a", 1, 5, from_s=50, until_s=50 + ran_s, back_off_s=160)
    decided = actions(make_pod(), sandbox(), crashed, now_s=50 + ran_s)
    assert [one.delay_s for one in decided.waiting] == ([delay_s] if delay_s else [])
    after = actions(make_pod(), sandbox(), crashed, now_s=50 + ran_s + delay_s)
    assert after.containers == (ContainerStart("a", 6, next_s),)


def test_one_container_waits_while_another_one_starts() -> None:
    decided = actions(
        make_pod("a", "b"),
        sandbox(),
        ended("a", 1, 3, from_s=96, until_s=98, back_off_s=20),
        ended("b", 1),
    )
    assert decided == PodActions(
        containers=(ContainerStart("b", 1, 10),), waiting=(BackOff("a", 20, at(118)),)
    )
    assert not decided.nothing


@pytest.mark.parametrize(
    ("delay_s", "words"), [(10, "10s"), (80, "1m20s"), (160, "2m40s"), (300, "5m0s")]
)
def test_back_off_speaks_as_the_kubelet_does(delay_s: int, words: str) -> None:
    pod = make_pod()
    assert BackOff("a", delay_s, at(0)).message(pod) == (
        f"back-off {words} restarting failed container=a pod=web_default({pod.uid})"
    )
    assert render_go_duration(delay_s) == words
