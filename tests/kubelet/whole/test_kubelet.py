"""All pods of an engine, from their record to the end of it."""

from __future__ import annotations

import pytest

from pausedemo.core import naming
from pausedemo.core.pods.podreport import Phase, StateTerminated, StateWaiting
from pausedemo.core.pods.status import RunState
from pausedemo.engine.port import ContainerConfig
from tests.kubelet.whole.kit import PATIENT, World
from tests.waiting import wait_until

TWO = f"""
    terminationGracePeriodSeconds: 5
    containers:
    - {{name: a, image: busybox, command: [sh, -c, "{PATIENT}"]}}
    - {{name: b, image: busybox, command: [sh, -c, "{PATIENT}"]}}
"""
CRASHING = """
    containers:
    - {name: a, image: busybox, command: [sh, -c, exit 1]}
"""


def test_a_recorded_pod_is_made_and_a_deleted_one_leaves_nothing(world: World) -> None:
    kubelet = world.begin()
    world.apply(TWO)
    report = world.wait_ready()
    assert (report.phase, report.ip != "") == (Phase.RUNNING, True)
    wait_until("events are kept", lambda: len(world.events()) >= 6)
    world.delete()
    wait_until("it is gone", world.is_gone)
    kubelet.stop()
    assert sorted(kubelet.told("Killing")) == ["Stopping container a", "Stopping container b"]
    assert world.engine.list_containers({}) == ()
    assert world.engine.list_volumes({naming.OWNER: None}) == ()


def test_what_dies_comes_back_and_nothing_else_is_touched(world: World) -> None:
    world.begin()
    for name in ("one", "two"):
        world.apply(TWO, name)
    for name in ("one", "two"):
        world.wait_ready(name)
    other = world.status("two")
    world.kill("a", "one")
    wait_until("a is back", lambda: world.container("a", "one").restart_count == 1)
    world.wait_ready("one")
    world.kill("POD", "one")
    wait_until("a new sandbox", lambda: (s := world.status("one").sandbox) and s.attempt == 1)
    world.wait_ready("one")
    assert [world.container(name, "one").restart_count for name in ("a", "b")] == [2, 1]
    assert world.status("two") == other


def test_a_back_off_passes_without_an_event(world: World) -> None:
    world.begin()
    world.apply(CRASHING)

    def waits(count: int) -> bool:
        found = world.container("a")
        state = found.state
        waiting = isinstance(state, StateWaiting) and state.reason == "CrashLoopBackOff"
        return waiting and found.restart_count == count

    wait_until("it waits", lambda: waits(1))
    world.clock.move(10)
    wait_until("it waits again", lambda: waits(2))


def test_sidecars_start_first_and_end_last(world: World) -> None:
    kubelet = world.begin()
    world.apply(f"""
        terminationGracePeriodSeconds: 20
        initContainers:
        - {{name: s, image: busybox, restartPolicy: Always, command: [sh, -c, "{PATIENT}"]}}
        - {{name: t, image: busybox, restartPolicy: Always, command: [sh, -c, "{PATIENT}"]}}
        - {{name: i, image: busybox, command: ["true"]}}
        containers:
        - {{name: a, image: busybox, command: [sh, -c, "{PATIENT}"]}}
    """)
    world.wait_ready()
    assert kubelet.told("Started") == [f"Started container {name}" for name in "stia"]
    world.kill("s")
    wait_until("s is back", lambda: world.container("s").restart_count == 1)
    world.wait_ready()
    with world.engine.events({naming.POD_UID: world.get().pod.uid}) as stream:
        world.delete(grace_s=20)
        wait_until("it is gone", world.is_gone)
        ended = []
        for event in stream:
            if event.action == "die":
                ended.append(event.attributes[naming.CONTAINER_NAME])
            if len(ended) == 4:
                break
    assert ended == ["a", "t", "s", "POD"]
    assert sorted(kubelet.told("Killing")) == [f"Stopping container {name}" for name in "ast"]


def test_sidecars_end_when_the_pod_has_done_its_work(world: World) -> None:
    world.begin()
    world.apply(f"""
        restartPolicy: OnFailure
        terminationGracePeriodSeconds: 5
        initContainers:
        - {{name: s, image: busybox, restartPolicy: Always, command: [sh, -c, "{PATIENT}"]}}
        containers:
        - {{name: a, image: busybox, command: ["true"]}}
    """)
    wait_until("it has succeeded", lambda: world.report().phase is Phase.SUCCEEDED)
    wait_until(
        "s has ended", lambda: (s := world.status().latest("s")) and s.state is RunState.EXITED
    )
    wait_until("so has the sandbox", lambda: not any(s.ready for s in world.status().sandboxes))


def test_a_pod_whose_time_is_up_fails(world: World) -> None:
    kubelet = world.begin()
    world.apply("activeDeadlineSeconds: 60\n" + TWO.replace("\n    ", "\n"))
    world.wait_ready()
    world.clock.move(60)
    wait_until("it has failed", lambda: world.report().phase is Phase.FAILED)
    wait_until("all has ended", lambda: not any(s.ready for s in world.status().sandboxes))
    report = world.report()
    assert (report.reason, report.message) == (
        "DeadlineExceeded",
        "Pod was active on the node longer than the specified deadline",
    )
    assert all(isinstance(one.state, StateTerminated) for one in report.containers)
    assert kubelet.told("DeadlineExceeded") == [report.message]
    kubelet.stop()
    # The next one leaves it as it is.
    second = world.begin()
    wait_until("it looks after the pods", lambda: second.said)
    world.delete(grace_s=1)
    wait_until("it is gone", world.is_gone)
    assert second.told("Started") == []


def test_a_missing_image_waits_longer_each_time(world: World) -> None:
    kubelet = world.begin()
    world.apply("""
        containers:
        - {name: a, image: "localhost:9/no/such:1"}
        - {name: b, image: busybox, imagePullPolicy: Never, command: [sleep, "1000"]}
        - {name: c, image: "localhost:9/no/such:2", imagePullPolicy: Never}
        - {name: d, image: "No/Such"}
    """)

    def reasons() -> list[str]:
        states = [one.state for one in world.report().containers]
        return [state.reason if isinstance(state, StateWaiting) else "" for state in states]

    never = "ErrImageNeverPull"
    wait_until("all say why", lambda: reasons() == ["ErrImagePull", "", never, "InvalidImageName"])
    world.clock.move(2)
    wait_until("it is held", lambda: reasons()[0] == "ImagePullBackOff")
    assert 'Back-off pulling image "localhost:9/no/such:1"' in kubelet.told("BackOff")
    pulls = kubelet.told("Pulling")
    assert pulls == ['Pulling image "localhost:9/no/such:1"']
    world.clock.move(10)
    wait_until("it is tried again", lambda: len(kubelet.told("Pulling")) == 2)
    world.clock.move(15)
    assert len(kubelet.told("Pulling")) == 2
    assert world.report().phase is Phase.PENDING
    world.clock.move(5)
    wait_until("and again", lambda: len(kubelet.told("Pulling")) == 3)
    assert 'Container image "busybox" already present on machine' in kubelet.told("Pulled")
    assert "Error: ErrImagePull" in kubelet.told("Failed")


@pytest.mark.parametrize("kind", ["POD", "a"])
def test_a_name_that_somebody_else_has_is_told_and_waited_for(world: World, kind: str) -> None:
    pod = world.apply(CRASHING.replace("exit 1", "sleep 1000")).pod
    full_name = (
        str(naming.SandboxName(pod.name, pod.namespace, pod.uid, 0))
        if kind == "POD"
        else str(naming.ContainerName("a", pod.name, pod.namespace, pod.uid, 0))
    )
    image = next(iter(world.engine.list_images({}))).id
    other = world.engine.create_container(
        ContainerConfig(name=full_name, image=image, command=("x",), network_mode="none")
    )
    kubelet = world.begin()
    reason = "FailedCreatePodSandBox" if kind == "POD" else "Failed"
    wait_until("it is told", lambda: kubelet.told(reason))
    message = kubelet.told(reason)[0]
    start = "Failed to create pod sandbox: " if kind == "POD" else "Error: "
    assert message.startswith(f"{start}Error response from daemon: Conflict. The container name")
    world.engine.remove_container(other)
    world.clock.move(20)
    world.wait_ready()
    assert world.container("a").restart_count == 0


def test_containers_of_a_pod_that_nobody_keeps_are_ended(world: World) -> None:
    world.begin().stop()
    world.apply(TWO)
    first = world.begin()
    world.wait_ready()
    first.stop()
    world.pods.forget(world.get().pod)
    world.begin()
    wait_until(
        "nothing is left of it", lambda: not world.engine.list_containers({naming.POD_UID: None})
    )


def test_less_grace_than_was_promised_ends_a_pod_sooner(world: World) -> None:
    kubelet = world.begin()
    world.apply("""
        containers:
        - {name: a, image: busybox, command: [sleep, "1000"]}
    """)
    world.wait_ready()
    world.delete(grace_s=600)
    wait_until("it is being ended", lambda: kubelet.told("Killing"))
    world.delete(grace_s=0)
    wait_until("it is gone", world.is_gone)
