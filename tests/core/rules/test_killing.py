"""Containers that the kubelet ends: unhealthy ones, changed ones, and all of a pod's."""

from __future__ import annotations

import dataclasses

import pytest

from pausedemo.core.manifest import RestartPolicy
from pausedemo.core.pods.containerhash import compute_hash
from pausedemo.core.pods.pod import Deletion, Pod
from pausedemo.core.pods.status import ContainerStatus, SandboxStatus
from pausedemo.core.rules.actions import ContainerKill, ContainerStart, PodActions, compute_actions
from pausedemo.core.rules.health import Health, Unhealthy
from pausedemo.core.rules.killing import compute_grace_s
from tests.core.podkit import at, ended, make_pod, running, sandbox, seen

ALWAYS, ON_FAILURE, NEVER = RestartPolicy
PROBES = (
    "livenessProbe: {exec: {command: [a]}, terminationGracePeriodSeconds: 3}, "
    "startupProbe: {exec: {command: [a]}}"
)
LIVENESS = Health(unhealthy=Unhealthy.LIVENESS)
STARTUP = Health(ready=False, started=False, unhealthy=Unhealthy.STARTUP)


@pytest.mark.parametrize(
    ("policy", "health", "message", "grace_s", "again"),
    [
        (ALWAYS, LIVENESS, "Container a failed liveness probe, will be restarted", 3, True),
        (ON_FAILURE, STARTUP, "Container a failed startup probe, will be restarted", 30, True),
        (NEVER, LIVENESS, "Container a failed liveness probe", 3, False),
    ],
)
def test_an_unhealthy_container_is_killed_and_started_again_by_its_policy(
    policy: RestartPolicy, health: Health, message: str, grace_s: int, again: bool
) -> None:
    pod = make_pod("a", "b", policy=policy, probes=PROBES)
    decided = compute_actions(
        pod, seen(sandbox(), running("a"), running("b")), at(100), {"a-0": health}
    )
    assert decided == PodActions(
        kill=(ContainerKill("a", "a-0", message, grace_s),),
        containers=(ContainerStart("a", 1, 0),) if again else (),
    )


def test_the_only_one_that_will_not_run_again_takes_the_pod_along() -> None:
    pod = make_pod("a", policy=NEVER, probes=PROBES)
    decided = compute_actions(pod, seen(sandbox(), running("a")), at(100), {"a-0": LIVENESS})
    assert decided == PodActions(kill_pod=True)


def test_what_is_known_of_another_container_does_not_count() -> None:
    pod = make_pod("a", probes=PROBES)
    status = seen(sandbox(), running("a", 1))
    assert compute_actions(pod, status, at(100), {"a-0": LIVENESS}).nothing


@pytest.mark.parametrize("policy", RestartPolicy)
def test_a_container_that_should_be_another_is_replaced_whatever_the_policy(
    policy: RestartPolicy,
) -> None:
    pod = make_pod("a", "b", policy=policy)
    same = dataclasses.replace(running("b"), spec_hash=compute_hash(pod.spec.containers[1]))
    other = dataclasses.replace(running("a"), spec_hash="0")
    message = "Container a definition changed, will be restarted"
    assert compute_actions(pod, seen(sandbox(), other, same), at(100)) == PodActions(
        kill=(ContainerKill("a", "a-0", message, 30, changed=True),),
        containers=(ContainerStart("a", 1, 0),),
    )


def test_a_sidecar_that_should_be_another_is_replaced() -> None:
    pod = make_pod("a", init=("s",), sidecars=("s",))
    other = dataclasses.replace(running("s"), spec_hash="0")
    decided = compute_actions(pod, seen(sandbox(), other, running("a")), at(100))
    message = "Init container s definition changed"
    assert decided.kill == (ContainerKill("s", "s-0", message, 30, changed=True),)
    assert decided.init == (ContainerStart("s", 1, 0),)


@pytest.mark.parametrize(
    ("before", "now_s", "expected"),
    [
        # The kubelet looks at the end of the run before, as it saw it when the kill was decided.
        ([], 100, ContainerStart("a", 3, 20)),
        ([ended("a", 1, 1, until_s=85, back_off_s=10)], 100, None),
        ([ended("a", 1, 1, until_s=80, back_off_s=10)], 100, ContainerStart("a", 3, 40)),
        ([ended("a", 1, 1, until_s=80, back_off_s=10)], 99, None),
    ],
)
def test_a_container_that_is_killed_quickly_again_and_again_is_held(
    before: list[ContainerStatus], now_s: float, expected: ContainerStart | None
) -> None:
    pod = make_pod("a", probes=PROBES)
    things: list[SandboxStatus | ContainerStatus] = [sandbox(), *before]
    things.append(running("a", 2, back_off_s=20))
    decided = compute_actions(pod, seen(*things), at(now_s), {"a-2": LIVENESS})
    assert decided.containers == ((expected,) if expected else ())
    assert len(decided.kill) == 1


def deleted(pod: Pod, grace_s: int = 7) -> Pod:
    return dataclasses.replace(pod, deletion=Deletion(at(90), grace_s))


@pytest.mark.parametrize(
    ("things", "expected"),
    [
        ([], PodActions(remove=True)),
        ([sandbox(), running("a")], PodActions(kill_pod=True)),
        ([sandbox(2, ready=False), running("a")], PodActions(kill_pod=True, attempt=2)),
        ([sandbox(), ended("a", 0)], PodActions(kill_pod=True)),
        ([sandbox(0, ready=False), ended("a", 0)], PodActions(remove=True)),
        ([running("a")], PodActions(kill_pod=True)),
    ],
)
def test_a_deleted_pod_is_ended_and_then_removed(
    things: list[SandboxStatus | ContainerStatus], expected: PodActions
) -> None:
    assert compute_actions(deleted(make_pod("a")), seen(*things), at(100)) == expected


def test_a_pod_that_has_failed_for_good_is_ended_and_kept() -> None:
    pod = make_pod("a")
    alive = seen(sandbox(), running("a"))
    assert compute_actions(pod, alive, at(100), failed=True) == PodActions(kill_pod=True)
    dead = seen(sandbox(0, ready=False), ended("a", 137))
    assert compute_actions(pod, dead, at(100), failed=True).nothing


def test_the_grace_of_a_deletion_goes_before_all_others() -> None:
    pod = make_pod("a", probes=PROBES)
    container = pod.spec.containers[0]
    assert compute_grace_s(pod, container) == 30
    assert compute_grace_s(pod, container, Unhealthy.LIVENESS) == 3
    assert compute_grace_s(pod, container, Unhealthy.STARTUP) == 30
    assert compute_grace_s(deleted(pod), container, Unhealthy.LIVENESS) == 7
