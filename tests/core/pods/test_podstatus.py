"""A pod's whole status as Kubernetes tells it."""

from __future__ import annotations

import dataclasses

import pytest

from pausedemo.core.manifest import RestartPolicy, parse_pod
from pausedemo.core.pods.pod import Pod
from pausedemo.core.pods.podreport import (
    Condition,
    Phase,
    PodStatusReport,
    QosClass,
    StateRunning,
    StateTerminated,
    StateWaiting,
)
from pausedemo.core.pods.podstatus import compute_pod_status
from pausedemo.core.pods.podview import ContainerView, PodView, Waiting
from pausedemo.core.pods.qos import compute_qos_class
from pausedemo.core.pods.status import ContainerStatus, SandboxStatus
from tests.core.podkit import (
    BORN,
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
READINESS = "readinessProbe: {exec: {command: [a]}}"
STARTUP = "startupProbe: {exec: {command: [a]}}"
Things = list[SandboxStatus | ContainerStatus]


def report(
    pod: Pod,
    *things: SandboxStatus | ContainerStatus,
    view: PodView | None = None,
    now_s: float = 100,
) -> PodStatusReport:
    return compute_pod_status(pod, seen(*things), view or PodView(), at(now_s))


def failing(name: str, count: int = 0) -> ContainerStatus:
    return ended(name, 1, count, from_s=90, until_s=95, back_off_s=10)


@pytest.mark.parametrize(
    ("policy", "things", "phase"),
    [
        (ALWAYS, [], Phase.PENDING),
        (ALWAYS, [running("i")], Phase.PENDING),
        (ALWAYS, [ended("i", 0)], Phase.PENDING),
        (ALWAYS, [ended("i", 1)], Phase.PENDING),
        (NEVER, [ended("i", 1)], Phase.FAILED),
        (ALWAYS, [ended("i", 0), running("s")], Phase.PENDING),
        (ALWAYS, [ended("i", 0), running("s"), running("a")], Phase.PENDING),
        (ALWAYS, [ended("i", 0), running("s"), running("a"), created("b")], Phase.PENDING),
        (ALWAYS, [ended("i", 0), running("s"), running("a"), running("b")], Phase.RUNNING),
        (ALWAYS, [running("s"), running("a"), running("b")], Phase.RUNNING),
        (ALWAYS, [ended("s", 1), running("a"), running("b")], Phase.RUNNING),
        (ALWAYS, [ended("s", 1), ended("a", 0), ended("b", 0)], Phase.RUNNING),
        (ON_FAILURE, [running("s"), ended("a", 0), ended("b", 0)], Phase.RUNNING),
        (ON_FAILURE, [ended("s", 137), ended("a", 0), ended("b", 0)], Phase.SUCCEEDED),
        (ON_FAILURE, [ended("s", 137), ended("a", 0), failing("b")], Phase.RUNNING),
        (NEVER, [ended("s", 137), ended("a", 0), ended("b", 1)], Phase.FAILED),
        (NEVER, [ended("s", 137), ended("a", 0), not_startable("b")], Phase.FAILED),
        (NEVER, [ended("s", 137), ended("a", 0), ended("b", 0)], Phase.SUCCEEDED),
        (NEVER, [running("s"), ended("a", 0), running("b")], Phase.RUNNING),
    ],
)
def test_the_phase_follows_from_the_containers(
    policy: RestartPolicy, things: list[ContainerStatus], phase: Phase
) -> None:
    pod = make_pod("a", "b", init=("i", "s"), sidecars=("s",), policy=policy)
    assert report(pod, sandbox(), *things).phase is phase


def test_a_pod_that_its_kubelet_has_failed_says_why() -> None:
    view = PodView(phase="Failed", reason="DeadlineExceeded", message="too long")
    found = report(make_pod("a"), sandbox(0, ready=False), ended("a", 0), view=view)
    assert (found.phase, found.reason, found.message) == (
        Phase.FAILED,
        "DeadlineExceeded",
        "too long",
    )
    assert isinstance(found.containers[0].state, StateTerminated)
    assert found.condition("Ready") == Condition(
        type="Ready", status=False, changed_at=at(5), reason="PodFailed"
    )


WORDS = f"back-off 10s restarting failed container=a pod=web_default({UID})"
OOM = StateTerminated(
    exit_code=137, reason="OOMKilled", started_at=at(0), finished_at=at(5), container_id="a-0"
)
CANNOT = StateTerminated(
    exit_code=127,
    reason="ContainerCannotRun",
    message="no such file",
    started_at=at(99),
    finished_at=at(99),
    container_id="a-0",
)


@pytest.mark.parametrize(
    ("things", "view", "state", "last"),
    [
        ([], PodView(), StateWaiting("ContainerCreating"), None),
        ([created("a")], PodView(), StateWaiting("ContainerCreating"), None),
        (
            [],
            PodView(containers={"a": ContainerView(waiting=Waiting("ErrImagePull", "no"))}),
            StateWaiting("ErrImagePull", "no"),
            None,
        ),
        ([running("a")], PodView(), StateRunning(BORN), None),
        ([ended("a", 137, oom_killed=True)], PodView(), OOM, None),
        ([ended("a", 137, oom_killed=True), running("a", 1)], PodView(), StateRunning(BORN), OOM),
        ([not_startable("a", at_s=99)], PodView(), CANNOT, None),
        (
            [dataclasses.replace(not_startable("a", at_s=99), back_off_s=10)],
            PodView(),
            StateWaiting("CrashLoopBackOff", WORDS),
            CANNOT,
        ),
        (
            [ended("a", 137, oom_killed=True)],
            PodView(messages={"a-0": "last words"}),
            dataclasses.replace(OOM, message="last words"),
            None,
        ),
        (
            [ended("a", 137, oom_killed=True)],
            PodView(
                containers={"a": ContainerView(waiting=Waiting("CreateContainerConfigError", "x"))}
            ),
            StateWaiting("CreateContainerConfigError", "x"),
            OOM,
        ),
    ],
)
def test_a_container_is_in_one_of_three_states(
    things: list[ContainerStatus],
    view: PodView,
    state: StateWaiting | StateRunning | StateTerminated,
    last: StateTerminated | None,
) -> None:
    container = report(make_pod("a"), sandbox(), *things, view=view).containers[0]
    assert (container.state, container.last_state) == (state, last)


def test_init_containers_of_a_sandbox_that_is_no_more_are_to_run_again() -> None:
    things: Things = [sandbox(0, ready=False), sandbox(1), ended("i", 0), ended("a", 137)]
    found = report(make_pod("a", init=("i",)), *things)
    assert found.init_containers[0].state == StateWaiting("PodInitializing")
    assert not found.init_containers[0].ready
    assert found.init_containers[0].last_state is not None


def test_an_init_container_that_was_removed_had_done_its_work() -> None:
    found = report(make_pod("a", init=("i",)), sandbox(), running("a"))
    assert found.init_containers[0].state == StateTerminated(exit_code=0, reason="Completed")
    assert found.init_containers[0].ready


@pytest.mark.parametrize(
    ("probes", "view", "ready", "started"),
    [
        ("", {}, True, True),
        (READINESS, {}, False, True),
        (STARTUP, {}, False, False),
        (READINESS, {"container_id": "a-0", "ready": True, "started": True}, True, True),
        (READINESS, {"container_id": "a-1", "ready": True, "started": True}, False, True),
        (STARTUP, {"container_id": "a-0", "ready": True, "started": False}, False, False),
    ],
)
def test_probes_decide_who_is_ready(
    probes: str, view: dict[str, object], ready: bool, started: bool
) -> None:
    told = PodView(containers={"a": ContainerView(**view)} if view else {})  # type: ignore[arg-type]
    found = report(make_pod("a", probes=probes), sandbox(), running("a"), view=told)
    container = found.containers[0]
    assert (container.ready, container.started, found.ready) == (ready, started, ready)


def conditions(found: PodStatusReport) -> list[tuple[str, bool, str, str]]:
    return [(one.type, one.status, one.reason, one.message) for one in found.conditions]


def test_the_conditions_of_a_pod_that_initialises() -> None:
    pod = make_pod("a", "b", init=("i", "s"), sidecars=("s",))
    unready = "containers with unready status: [s a b]"
    assert conditions(report(pod, sandbox(), running("i"))) == [
        ("PodReadyToStartContainers", True, "", ""),
        (
            *("Initialized", False, "ContainersNotInitialized"),
            "containers with incomplete status: [i s]",
        ),
        ("Ready", False, "ContainersNotReady", unready),
        ("ContainersReady", False, "ContainersNotReady", unready),
        ("PodScheduled", True, "", ""),
    ]


def test_the_conditions_of_a_pod_that_runs_and_when_they_came_about() -> None:
    pod = make_pod("a", init=("i",), probes=READINESS)
    view = PodView(
        containers={
            "a": ContainerView(
                container_id="a-0", ready=True, started=True, since=at(30).isoformat()
            )
        }
    )
    found = report(pod, sandbox(), ended("i", 0, until_s=20), running("a"), view=view)
    assert [(one.type, one.status, one.changed_at) for one in found.conditions] == [
        ("PodReadyToStartContainers", True, at(0)),
        ("Initialized", True, at(20)),
        ("Ready", True, at(30)),
        ("ContainersReady", True, at(30)),
        ("PodScheduled", True, at(0)),
    ]


def test_the_conditions_of_a_pod_that_has_done_its_work() -> None:
    pod = make_pod("a", policy=NEVER)
    assert conditions(report(pod, sandbox(0, ready=False), ended("a", 0))) == [
        ("PodReadyToStartContainers", False, "", ""),
        ("Initialized", True, "PodCompleted", ""),
        ("Ready", False, "PodCompleted", ""),
        ("ContainersReady", False, "PodCompleted", ""),
        ("PodScheduled", True, "", ""),
    ]


def test_a_sandbox_that_has_ended_tells_when_no_container_could_be_started_any_more() -> None:
    gone = dataclasses.replace(sandbox(ready=False), finished_at=at(40))
    found = report(make_pod("a"), gone, running("a"))
    assert found.condition("PodReadyToStartContainers") == Condition(
        type="PodReadyToStartContainers", status=False, changed_at=at(40)
    )


def test_a_pod_is_not_ready_while_a_sidecar_of_it_is_down() -> None:
    pod = make_pod("a", init=("s",), sidecars=("s",))
    found = report(pod, sandbox(), failing("s"), running("a"))
    assert (found.ready, found.phase) == (False, Phase.RUNNING)
    initialized = found.condition("Initialized")
    assert initialized is not None
    assert initialized.status


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        (["{}"], QosClass.BEST_EFFORT),
        (["{requests: {cpu: 0}}"], QosClass.BEST_EFFORT),
        (["{requests: {ephemeral-storage: 1Gi}}"], QosClass.BEST_EFFORT),
        (["{requests: {cpu: 100m}}"], QosClass.BURSTABLE),
        (["{limits: {cpu: 1}}"], QosClass.BURSTABLE),
        (["{limits: {cpu: 1, memory: 1Gi}}"], QosClass.GUARANTEED),
        (["{limits: {cpu: 1, memory: 1Gi}}", "{}"], QosClass.BURSTABLE),
        (
            ["{limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 1000m, memory: 1024Mi}}"],
            QosClass.GUARANTEED,
        ),
        (
            ["{limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 999m, memory: 1024Mi}}"],
            QosClass.BURSTABLE,
        ),
    ],
)
def test_the_class_of_a_pod_follows_from_its_resources(
    resources: list[str], expected: QosClass
) -> None:
    containers = "".join(
        f"  - {{name: c{index}, image: x, resources: {text}}}\n"
        for index, text in enumerate(resources)
    )
    text = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n{containers}"
    assert compute_qos_class(parse_pod(text, "a.yaml").spec) is expected
