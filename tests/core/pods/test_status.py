from __future__ import annotations

import pytest

from pausedemo.core.manifest import RestartPolicy
from pausedemo.core.pods.pod import Pod
from pausedemo.core.pods.podreport import Phase
from pausedemo.core.pods.podrow import PodRow, compute_row, render_pod_table
from pausedemo.core.pods.podview import ContainerView, PodView
from pausedemo.core.pods.status import ContainerStatus, PodStatus, SandboxStatus
from tests.core.podkit import (
    UID,
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
INIT = ("i", "j")
Things = list[SandboxStatus | ContainerStatus]


def row(pod: Pod, things: Things, now_s: float = 100) -> PodRow:
    return compute_row(pod, seen(*things), PodView(), at(now_s))


@pytest.mark.parametrize(
    ("container", "reason"),
    [
        (created("a"), ""),
        (running("a"), ""),
        (ended("a", 0), "Completed"),
        (ended("a", 1), "Error"),
        (ended("a", 143), "Error"),
        (ended("a", 137, oom_killed=True), "OOMKilled"),
        (ended("a", 0, oom_killed=True), "OOMKilled"),
        (not_startable("a"), "ContainerCannotRun"),
    ],
)
def test_a_container_says_why_it_ended(container: ContainerStatus, reason: str) -> None:
    assert container.reason == reason


@pytest.mark.parametrize(
    ("policy", "things", "phase"),
    [
        (ALWAYS, [], Phase.PENDING),
        (ALWAYS, [running("a")], Phase.PENDING),
        (ALWAYS, [running("a"), created("b")], Phase.PENDING),
        (ALWAYS, [running("a"), running("b")], Phase.RUNNING),
        (NEVER, [running("a"), ended("b", 1)], Phase.RUNNING),
        (ALWAYS, [running("a"), ended("b", 1), created("b", 1)], Phase.RUNNING),
        (ALWAYS, [ended("a", 0), ended("b", 0)], Phase.RUNNING),
        (ALWAYS, [ended("a", 1), ended("b", 1)], Phase.RUNNING),
        (ON_FAILURE, [ended("a", 0), ended("b", 0)], Phase.SUCCEEDED),
        (ON_FAILURE, [ended("a", 0), ended("b", 1)], Phase.RUNNING),
        (NEVER, [ended("a", 0), ended("b", 0)], Phase.SUCCEEDED),
        (NEVER, [ended("a", 0), ended("b", 1)], Phase.FAILED),
        (NEVER, [ended("a", 0), not_startable("b")], Phase.FAILED),
    ],
)
def test_the_phase_comes_from_the_containers_and_the_policy(
    policy: RestartPolicy, things: Things, phase: Phase
) -> None:
    assert row(make_pod("a", "b", policy=policy), [sandbox(), *things]).phase is phase


@pytest.mark.parametrize(
    ("policy", "things", "phase", "word"),
    [
        (ALWAYS, [], Phase.PENDING, "Init:0/2"),
        (ALWAYS, [created("i")], Phase.PENDING, "Init:0/2"),
        (ALWAYS, [running("i")], Phase.PENDING, "Init:0/2"),
        (ALWAYS, [ended("i", 0)], Phase.PENDING, "Init:1/2"),
        (ALWAYS, [ended("i", 0), running("j")], Phase.PENDING, "Init:1/2"),
        (ALWAYS, [ended("i", 1)], Phase.PENDING, "Init:Error"),
        (NEVER, [ended("i", 1)], Phase.FAILED, "Init:Error"),
        (NEVER, [ended("i", 0), ended("j", 137, oom_killed=True)], Phase.FAILED, "Init:OOMKilled"),
        (ALWAYS, [not_startable("i")], Phase.PENDING, "Init:ContainerCannotRun"),
        (
            ON_FAILURE,
            [ended("i", 1, 1, from_s=95, until_s=99, back_off_s=10)],
            Phase.PENDING,
            "Init:CrashLoopBackOff",
        ),
        (ALWAYS, [ended("i", 0), ended("j", 0)], Phase.PENDING, "PodInitializing"),
        (ALWAYS, [ended("i", 0), ended("j", 0), running("a")], Phase.RUNNING, "Running"),
        (
            ALWAYS,
            # A main container that has ever run is what kubectl shows, whatever runs again:
            # GeneratePodInitializedCondition in kubernetes pkg/kubelet/status/generate.go.
            [
                *(sandbox(1), ended("i", 0), ended("j", 0), ended("a", 137)),
                running("i", 1, of=1),
            ],
            Phase.PENDING,
            "Error",
        ),
    ],
)
def test_the_word_tells_how_far_initialisation_is(
    policy: RestartPolicy, things: Things, phase: Phase, word: str
) -> None:
    pod = make_pod("a", init=INIT, policy=policy)
    made = row(pod, [sandbox(), *things])
    assert (made.phase, made.status) == (phase, word)


@pytest.mark.parametrize(
    ("policy", "things", "word"),
    [
        (ALWAYS, [], "ContainerCreating"),
        (ALWAYS, [created("a"), created("b")], "ContainerCreating"),
        (ALWAYS, [running("a"), created("b")], "ContainerCreating"),
        (ALWAYS, [running("a"), running("b")], "Running"),
        (ALWAYS, [running("a"), ended("b", 1)], "Error"),
        (ALWAYS, [running("a"), ended("b", 1), created("b", 1)], "Error"),
        (ALWAYS, [ended("a", 1), ended("b", 137, oom_killed=True)], "Error"),
        (ALWAYS, [ended("a", 137, oom_killed=True), ended("b", 1)], "OOMKilled"),
        (ALWAYS, [running("a"), not_startable("b")], "ContainerCannotRun"),
        (NEVER, [ended("a", 0), ended("b", 0)], "Completed"),
        (NEVER, [ended("a", 0), ended("b", 1)], "Completed"),
        (NEVER, [ended("a", 1), ended("b", 0)], "Error"),
        (NEVER, [ended("a", 0), running("b")], "NotReady"),
        (NEVER, [running("a"), ended("b", 0)], "NotReady"),
    ],
)
def test_the_word_is_the_first_container_s_reason(
    policy: RestartPolicy, things: Things, word: str
) -> None:
    pod = make_pod("a", "b", policy=policy)
    assert row(pod, [sandbox(), *things]).status == word


@pytest.mark.parametrize(
    ("policy", "exit_code", "now_s", "word"),
    [
        (ALWAYS, 1, 60, "CrashLoopBackOff"),
        (ALWAYS, 1, 69.9, "CrashLoopBackOff"),
        (ALWAYS, 1, 70, "Error"),
        (ALWAYS, 0, 60, "CrashLoopBackOff"),
        (ON_FAILURE, 1, 60, "CrashLoopBackOff"),
        (ON_FAILURE, 0, 60, "Completed"),
        (NEVER, 1, 60, "Error"),
    ],
)
def test_a_container_that_waits_for_its_back_off_says_so(
    policy: RestartPolicy, exit_code: int, now_s: float, word: str
) -> None:
    crashed = ended("a", exit_code, 2, from_s=45, until_s=50, back_off_s=20)
    assert row(make_pod(policy=policy), [sandbox(), crashed], now_s).status == word


@pytest.mark.parametrize(
    ("policy", "things", "ready", "word", "phase", "restarts"),
    [
        (ALWAYS, [], 0, "Init:0/1", Phase.PENDING, 0),
        (ALWAYS, [running("s")], 1, "PodInitializing", Phase.PENDING, 0),
        (ALWAYS, [running("s"), running("a")], 2, "Running", Phase.RUNNING, 0),
        (NEVER, [ended("s", 1), running("s", 1), running("a")], 2, "Running", Phase.RUNNING, 1),
        (NEVER, [running("s"), ended("a", 0)], 1, "Completed", Phase.RUNNING, 0),
        (NEVER, [ended("s", 143), ended("a", 0)], 0, "Completed", Phase.SUCCEEDED, 0),
        (NEVER, [ended("s", 143), ended("a", 1)], 0, "Error", Phase.FAILED, 0),
    ],
)
def test_sidecars_count_beside_the_others(
    policy: RestartPolicy, things: Things, ready: int, word: str, phase: Phase, restarts: int
) -> None:
    pod = make_pod("a", init=("s",), sidecars=("s",), policy=policy)
    made = row(pod, [sandbox(), *things])
    assert made.containers == 2
    assert (made.ready, made.status, made.phase, made.restarts) == (ready, word, phase, restarts)


@pytest.mark.parametrize("is_ready", [True, False])
def test_a_container_is_ready_when_its_probe_says_so(is_ready: bool) -> None:
    pod = make_pod("a", "b", probes="readinessProbe: {exec: {command: [x]}}")
    things = (sandbox(), running("a"), running("b"))
    told = ContainerView(container_id=running("a").id, ready=is_ready, started=True)
    made = compute_row(pod, seen(*things), PodView(containers={"a": told}), at(100))
    assert (made.ready, made.containers, made.status) == (int(is_ready), 2, "Running")


def test_a_row_holds_all_that_kubectl_prints() -> None:
    things: Things = [
        *(sandbox(0, ready=False), sandbox(1, ip="172.17.0.2")),
        *(ended("a", 137, until_s=1600), ended("b", 137, until_s=1601)),
        *(running("a", 1, of=1), running("b", 1, of=1)),
    ]
    assert row(make_pod("a", "b"), things, now_s=1626) == PodRow(
        name="web",
        namespace="default",
        uid=UID,
        ready=2,
        containers=2,
        status="Running",
        phase=Phase.RUNNING,
        restarts=2,
        restarted_s=25.0,
        age_s=1626.0,
        ip="172.17.0.2",
        attempt=1,
    )


@pytest.mark.parametrize(
    ("pod", "things", "restarts", "restarted_s"),
    [
        pytest.param(make_pod(), [], 0, None, id="nothing yet"),
        pytest.param(make_pod(), [ended("a", 1, until_s=50)], 0, None, id="ended, not restarted"),
        pytest.param(
            make_pod("a", "b"),
            [ended("a", 1, 2, until_s=50), running("a", 3), running("b")],
            3,
            50.0,
            id="the end before the restart",
        ),
        pytest.param(
            make_pod("a", "b"),
            [
                *(ended("a", 1, 0, until_s=10), running("a", 1)),
                *(ended("b", 1, 1, until_s=70), running("b", 2)),
            ],
            3,
            30.0,
            id="the latest of all, and the sum",
        ),
        pytest.param(
            make_pod(policy=ON_FAILURE),
            [ended("a", 1, 0, until_s=10), ended("a", 0, 1, until_s=90)],
            1,
            90.0,
            id="completed after a restart: the end before it counts",
        ),
        pytest.param(
            make_pod(),
            [ended("a", 1, 0, until_s=10), ended("a", 1, 1, until_s=95, back_off_s=10)],
            1,
            5.0,
            id="waiting: its own end counts",
        ),
        pytest.param(make_pod(), [running("a", 4)], 4, None, id="the one before was removed"),
        pytest.param(
            make_pod(),
            [ended("a", 1, 2, until_s=60), created("a", 3)],
            2,
            None,
            id="one that was made but not started is not there yet",
        ),
        pytest.param(
            make_pod(init=INIT),
            [ended("i", 0, 1), ended("j", 1, 2, until_s=70), running("j", 3)],
            4,
            30.0,
            id="init containers, while they run",
        ),
        pytest.param(
            make_pod(init=INIT),
            [*(ended(name, 0, 3) for name in INIT), ended("a", 1, until_s=80), running("a", 1)],
            1,
            20.0,
            id="not any more when they are done",
        ),
    ],
)
def test_restarts_are_summed_and_dated(
    pod: Pod, things: Things, restarts: int, restarted_s: float | None
) -> None:
    made = row(pod, [sandbox(), *things])
    assert (made.restarts, made.restarted_s) == (restarts, restarted_s)


def test_a_pod_without_a_ready_sandbox_has_no_address() -> None:
    made = row(make_pod(), [sandbox(3, ready=False), running("a")])
    assert (made.ip, made.attempt, made.ready) == ("", 3, 1)
    nothing = compute_row(make_pod(), PodStatus(), PodView(), at(0))
    assert (nothing.ip, nothing.attempt, nothing.status) == ("", None, "ContainerCreating")


def table_rows() -> list[PodRow]:
    def of(name: str, status: str, **other: object) -> PodRow:
        facts: dict[str, object] = {
            "name": name,
            "namespace": "default",
            "uid": UID,
            "ready": 3,
            "containers": 3,
            "status": status,
            "phase": Phase.RUNNING,
            "restarts": 0,
            "restarted_s": None,
            "age_s": 1626.0,
            "ip": "172.17.0.2",
            "attempt": 0,
        }
        return PodRow(**{**facts, **other})  # type: ignore[arg-type]

    return [
        of("pause-test2", "Running", restarts=3, restarted_s=25.4),
        of("web", "ContainerCreating", ready=0, containers=1, age_s=0.2, ip=""),
        of("x", "CrashLoopBackOff", ready=1, restarts=12, age_s=90000.0),
    ]


def test_the_table_is_kubectl_s() -> None:
    assert render_pod_table(table_rows(), wide=False) == (
        "NAME          READY   STATUS              RESTARTS      AGE\n"
        "pause-test2   3/3     Running             3 (25s ago)   27m\n"
        "web           0/1     ContainerCreating   0             0s\n"
        "x             1/3     CrashLoopBackOff    12            25h"
    )


def test_the_wide_table_is_kubectl_s() -> None:
    assert render_pod_table(table_rows()[:2], wide=True) == (
        "NAME          READY   STATUS              RESTARTS      AGE   IP           NODE     "
        "NOMINATED NODE   READINESS GATES\n"
        "pause-test2   3/3     Running             3 (25s ago)   27m   172.17.0.2   <none>   "
        "<none>           <none>\n"
        "web           0/1     ContainerCreating   0             0s    <none>       <none>   "
        "<none>           <none>"
    )
