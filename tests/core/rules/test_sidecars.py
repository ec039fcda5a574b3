"""Init containers that go on beside the main ones."""

from __future__ import annotations

import dataclasses

import pytest

from pausedemo.core.manifest import RestartPolicy
from pausedemo.core.pods.status import ContainerStatus, SandboxStatus
from pausedemo.core.rules.actions import ContainerKill, ContainerStart, PodActions, compute_actions
from pausedemo.core.rules.backoff import BackOff
from pausedemo.core.rules.health import Health, Unhealthy
from pausedemo.core.rules.killing import compute_turns
from tests.core.podkit import at, created, ended, make_pod, running, sandbox, seen

ALWAYS, ON_FAILURE, NEVER = RestartPolicy
STARTUP = "startupProbe: {exec: {command: [a]}}"
#: Ordinary, sidecar, ordinary, sidecar.
ORDER = ("i", "s", "j", "t")


def start(name: str, count: int = 0, back_off_s: int = 0) -> ContainerStart:
    return ContainerStart(name, count, back_off_s)


@pytest.mark.parametrize(
    ("policy", "things", "expected"),
    [
        pytest.param(ALWAYS, [ended("i", 0)], PodActions(init=(start("s"),)), id="first sidecar"),
        pytest.param(
            ALWAYS,
            [ended("i", 0), running("s")],
            PodActions(init=(start("j"),)),
            id="it runs: the next one starts beside it",
        ),
        pytest.param(
            ALWAYS, [ended("i", 0), running("s"), running("j")], PodActions(), id="wait for that"
        ),
        pytest.param(
            ALWAYS,
            [ended("i", 0), ended("s", 0), running("j")],
            PodActions(init=(start("s", 1, 10),)),
            id="one that ends starts again, whatever its exit code",
        ),
        pytest.param(
            NEVER,
            [ended("i", 0), ended("s", 1), running("j")],
            PodActions(init=(start("s", 1, 10),)),
            id="and whatever the pod's policy",
        ),
        pytest.param(
            ALWAYS,
            [
                *(ended("i", 0), running("j")),
                ended("s", 1, 1, from_s=80, until_s=95, back_off_s=10),
            ],
            PodActions(waiting=(BackOff("s", 10, at(105)),)),
            id="after its back-off",
        ),
        pytest.param(
            ALWAYS,
            [ended("i", 0), ended("s", 1), ended("j", 0)],
            PodActions(init=(start("s", 1, 10), start("t"))),
            id="together with the next one",
        ),
        pytest.param(
            ALWAYS,
            [ended("i", 0), running("s"), ended("j", 0), running("t")],
            PodActions(containers=(start("a"),)),
            id="all of them run: the main one starts",
        ),
        pytest.param(
            ALWAYS,
            [ended("i", 0), ended("s", 1), ended("j", 0), running("t")],
            PodActions(init=(start("s", 1, 10),), containers=(start("a"),)),
            id="an earlier one that is down does not hold the main one",
        ),
        pytest.param(
            ALWAYS,
            [ended("t", 1), running("a")],
            PodActions(init=(start("s"), start("t", 1, 10))),
            id="kept running beside the main one, also when removed",
        ),
        pytest.param(
            NEVER,
            [running("s"), running("t"), ended("a", 0)],
            PodActions(kill_pod=True),
            id="the main one is done: they are ended, too",
        ),
        pytest.param(
            NEVER,
            [ended("s", 1), running("t"), ended("a", 0)],
            PodActions(kill_pod=True),
            id="and not started for that",
        ),
        pytest.param(
            NEVER,
            [ended("i", 0), running("s"), ended("j", 1)],
            PodActions(kill_pod=True),
            id="an ordinary one has failed for good",
        ),
        pytest.param(
            ALWAYS,
            [ended("i", 0), created("s", back_off_s=20)],
            PodActions(init=(start("s", 1, 20),)),
            id="created and never started",
        ),
    ],
)
def test_sidecars_run_beside_the_others(
    policy: RestartPolicy, things: list[ContainerStatus], expected: PodActions
) -> None:
    pod = make_pod("a", init=ORDER, sidecars=("s", "t"), policy=policy)
    assert compute_actions(pod, seen(sandbox(), *things), at(100)) == expected


@pytest.mark.parametrize(
    ("health", "expected"),
    [
        ({}, PodActions()),
        ({"s-0": Health(ready=False, started=False)}, PodActions()),
        ({"s-0": Health(ready=False, started=True)}, PodActions(containers=(start("a"),))),
        (
            {"s-0": Health(ready=False, started=False, unhealthy=Unhealthy.STARTUP)},
            PodActions(
                init=(start("s", 1, 0),),
                kill=(ContainerKill("s", "s-0", "Init container s failed startup probe", 30),),
            ),
        ),
        (
            {"s-0": Health(unhealthy=Unhealthy.LIVENESS)},
            PodActions(
                init=(start("s", 1, 0),),
                containers=(start("a"),),
                kill=(ContainerKill("s", "s-0", "Init container s failed liveness probe", 30),),
            ),
        ),
    ],
)
def test_the_next_one_waits_for_a_sidecar_s_startup_probe(
    health: dict[str, Health], expected: PodActions
) -> None:
    pod = make_pod("a", init=("s",), sidecars=("s",), probes=STARTUP)
    things: list[SandboxStatus | ContainerStatus] = [sandbox(), running("s")]
    assert compute_actions(pod, seen(*things), at(100), health) == expected


def test_a_new_sandbox_starts_with_the_first_of_them() -> None:
    pod = make_pod("a", init=("s", "t"), sidecars=("s", "t"))
    things = [running("s"), running("t"), running("a")]
    decided = compute_actions(pod, seen(sandbox(0, ready=False), *things), at(100))
    assert decided == PodActions(
        kill_pod=True, create_sandbox=True, attempt=1, init=(start("s", 1, 0),)
    )


def test_they_end_after_the_main_ones_last_to_first() -> None:
    pod = make_pod("a", "b", init=ORDER, sidecars=("s", "t"))
    dead = dataclasses.replace(ended("b", 0))
    turns = compute_turns(pod, seen(*map(running, ("s", "t", "a", "j")), dead))
    assert [sorted(one.name for one in group) for group in turns] == [["a", "j"], ["t"], ["s"]]
    assert compute_turns(pod, seen(dead)) == ()
