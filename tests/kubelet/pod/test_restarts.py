"""What ends, and what the kubelet makes of it: sandboxes, restarts, back-off, garbage."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pausedemo.core import naming
from pausedemo.core.pods.podreport import Phase
from pausedemo.core.pods.status import RunState
from pausedemo.core.rules.actions import ContainerStart
from pausedemo.engine.port import ContainerState
from pausedemo.kubelet.translate import translate_container, translate_sandbox
from tests.kubelet.kit import TWO, Kit, Kits

SHARED = "shareProcessNamespace: true\n" + TWO.replace("\n    ", "\n")


def one(command: str, policy: str = "Always") -> str:
    return f"""
        restartPolicy: {policy}
        containers:
        - {{name: web, image: busybox, command: [sh, -c, {command!r}]}}
    """


@pytest.mark.parametrize("spec", [TWO, SHARED], ids=["isolated", "shared"])
def test_a_killed_sandbox_is_replaced_and_every_container_made_anew(kits: Kits, spec: str) -> None:
    kit = kits.make(spec)
    kit.sync()
    before = {name: kit.info(name) for name in ("POD", "a", "b")}
    kit.kill("POD")
    if kit.pod.shares_pid:
        assert [kit.wait_for_end(before[name].id).exit_code for name in ("a", "b")] == [137, 137]
    told = len(kit.events)
    kit.sync()
    after = {name: kit.info(name) for name in ("POD", "a", "b")}
    uid = kit.pod.uid
    assert [after[name].name for name in ("POD", "a", "b")] == [
        f"k8s_{name}_kubelet-test_default_{uid}_1" for name in ("POD", "a", "b")
    ]
    assert {info.state for info in after.values()} == {ContainerState.RUNNING}
    assert after["a"].network_mode == f"container:{after['POD'].id}"
    assert kit.row().restarts == 2
    # The dead ones of attempt 0 are kept, once: for kubectl logs --previous.
    assert kit.names() == ["POD_0", "POD_1", "a_0", "a_1", "b_0", "b_1"]
    reasons = kit.told[told:]
    assert reasons[0] == (
        "SandboxChanged",
        "Pod sandbox changed, it will be killed and re-created.",
    )
    killed = [f"Stopping container {name}" for name in ("a", "b")]
    expected = [] if kit.pod.shares_pid else killed
    assert sorted(message for reason, message in reasons if reason == "Killing") == expected


def test_garbage_of_earlier_attempts_is_removed_after_a_second_kill(kits: Kits) -> None:
    kit = kits.make(SHARED)
    kit.sync()
    for _ in range(2):
        members = [kit.info(name).id for name in ("a", "b")]
        kit.kill("POD")
        for member in members:
            kit.wait_for_end(member)
        kit.clock.move(3600)
        kit.sync()
    assert kit.names() == ["POD_1", "POD_2", "a_1", "a_2", "b_1", "b_2"]


def test_a_container_s_crash_counts_for_it_alone(kits: Kits) -> None:
    kit = kits.make()
    kit.sync()
    sandbox, ip, b = kit.info("POD"), kit.status().ip, kit.info("b")
    assert kit.kill("a").exit_code == 137
    kit.sync()
    assert kit.names() == ["POD_0", "a_0", "a_1", "b_0"]
    assert kit.info("POD") == sandbox
    assert kit.status().ip == ip
    assert kit.info("b") == b
    assert (kit.latest("a").restart_count, kit.latest("a").state) == (1, RunState.RUNNING)
    assert "SandboxChanged" not in kit.reasons()


@pytest.mark.parametrize(
    ("policy", "exit_code", "again", "phase"),
    [
        ("Always", 0, True, Phase.RUNNING),
        ("Always", 1, True, Phase.RUNNING),
        ("OnFailure", 0, False, Phase.SUCCEEDED),
        ("OnFailure", 1, True, Phase.RUNNING),
        ("Never", 0, False, Phase.SUCCEEDED),
        ("Never", 1, False, Phase.FAILED),
    ],
)
def test_the_restart_policy_decides_who_starts_again(
    kits: Kits, policy: str, exit_code: int, again: bool, phase: Phase
) -> None:
    kit = kits.make(one(f"exit {exit_code}", policy))
    kit.sync()
    assert kit.wait_until_ended("web").exit_code == exit_code
    kit.sync()
    assert kit.latest("web").restart_count == int(again)
    kit.wait_until_ended("web", int(again))
    assert kit.row().phase is phase


@pytest.mark.parametrize("policy", ["Never", "OnFailure"])
def test_a_pod_that_has_done_its_work_gets_no_new_sandbox(kits: Kits, policy: str) -> None:
    kit = kits.make(one("exit 0", policy))
    kit.sync()
    kit.wait_until_ended("web")
    kit.kill("POD")
    kit.sync(2)
    assert kit.names() == ["POD_0", "web_0"]


def hold(kit: Kit) -> str:
    """Why web waits, after a pass that has told of it."""
    assert kit.told[-1] == (
        "BackOff",
        f"Back-off restarting failed container web in pod kubelet-test_default({kit.pod.uid})",
    )
    waiting = kit.waiting("web")
    assert waiting.reason == "CrashLoopBackOff"
    return waiting.message


def test_a_second_crash_waits_and_each_wait_is_twice_as_long(kits: Kits) -> None:
    kit = kits.make(one("exit 1"))
    kit.sync()
    kit.wait_until_ended("web")
    kit.sync()
    where = f"kubelet-test_default({kit.pod.uid})"
    for count, (words, delay_s) in enumerate((("10s", 10), ("20s", 20), ("40s", 40)), start=1):
        assert kit.wait_until_ended("web", count).restart_count == count
        kit.sync()
        assert hold(kit) == f"back-off {words} restarting failed container=web pod={where}"
        assert kit.latest("web").restart_count == count
        row = kit.row()
        assert (row.status, row.restarts) == ("CrashLoopBackOff", count)
        kit.clock.move(delay_s)
        kit.sync()
        assert kit.latest("web").restart_count == count + 1


def test_the_back_off_outlives_the_controller(kits: Kits) -> None:
    kit = kits.make(one("exit 1"))
    kit.sync()
    kit.wait_until_ended("web")
    kit.sync()
    kit.wait_until_ended("web", 1)
    second = kits.make(pod=kit.pod)
    second.sync()
    assert hold(second).startswith("back-off 10s")


def test_a_program_that_is_not_there_is_told_as_failed_and_waits(kits: Kits) -> None:
    kit = kits.make("""
        containers:
        - {name: web, image: busybox, command: [/no/such/program]}
    """)
    kit.sync()
    reason, message = kit.told[-1]
    assert reason == "Failed"
    assert "/no/such/program" in message
    latest = kit.latest("web")
    assert (latest.state, latest.reason) == (RunState.EXITED, "ContainerCannotRun")
    kit.sync()
    assert kit.latest("web").restart_count == 1
    kit.sync()
    assert hold(kit).startswith("back-off 10s restarting failed container=web")


def test_a_start_that_failed_is_known_also_where_the_engine_has_no_word_of_it(kits: Kits) -> None:
    kit = kits.make(TWO)
    kit.sync()
    kit.engine.remove_container(kit.info("a").id)
    labels = {**kit.controller.labels, naming.START_ERROR: "no such program"}
    start = ContainerStart("a", 1, 10)
    image = kits.images.containers["busybox"]
    # As podman 4.3 leaves it: created, with no exit code and no error of its own.
    kit.engine.create_container(
        translate_container(kit.pod, start, kit.info("POD").id, image, labels)
    )
    latest = kit.latest("a")
    assert (latest.state, latest.reason) == (RunState.EXITED, "ContainerCannotRun")
    assert latest.error == "no such program"
    kit.sync()
    assert kit.waiting("a").message.startswith("back-off 10s restarting failed container=a")


def test_a_container_that_somebody_removed_is_made_again(kits: Kits) -> None:
    kit = kits.make()
    kit.sync()
    kit.engine.remove_container(kit.info("a").id)
    kit.sync()
    assert kit.names() == ["POD_0", "a_0", "b_0"]


def test_a_sandbox_that_somebody_removed_is_made_again(kits: Kits) -> None:
    kit = kits.make(SHARED)
    kit.sync()
    kit.engine.remove_container(kit.info("POD").id)
    kit.sync()
    assert kit.row().ready == 2
    assert kit.info("a").network_mode == f"container:{kit.info('POD').id}"


def test_a_controller_that_died_between_create_and_start_is_followed_by_one_that_goes_on(
    kits: Kits,
) -> None:
    kit = kits.make()
    labels = kit.controller.labels
    bare = translate_sandbox(kit.pod, 0, kits.images.pause, labels)
    # What a killed controller leaves: a sandbox that was made and never started.
    kit.engine.create_container(replace(bare, oom_score_adj=None))
    kit.sync(2)
    assert {kit.info(name).state for name in ("POD", "a", "b")} == {ContainerState.RUNNING}

    # And a container, the same way.
    kit.engine.remove_container(kit.info("a").id)
    start = ContainerStart("a", 0, 0)
    image = kits.images.containers["busybox"]
    config = translate_container(kit.pod, start, kit.info("POD").id, image, labels)
    kit.engine.create_container(config)
    second = kits.make(pod=kit.pod)
    second.sync(2)
    assert second.latest("a").state is RunState.RUNNING
    assert [row.state for row in kit.rows()].count(ContainerState.RUNNING) == 3
    # What was left half done is garbage at the latest when the next one of its name has ended.
    second.kill("a")
    second.sync()
    assert "created" not in {row.state for row in kit.rows()}


def test_a_start_that_failed_with_its_sandbox_does_not_count(kits: Kits) -> None:
    """A container's end can be seen before its sandbox's: it is then started in a dying one."""
    kit = kits.make(SHARED)
    kit.sync()
    sandbox = kit.info("POD")
    kit.kill("POD")
    kit.wait_until_ended("a")
    kit.controller._starter.start_container(ContainerStart("a", 1, 10), sandbox.id)
    assert kit.latest("a").restart_count == 0
    kit.sync()
    assert (kit.latest("a").restart_count, kit.latest("a").state) == (1, RunState.RUNNING)
