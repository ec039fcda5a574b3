"""Scenarios on the engine: what passes, fails, is an error, is skipped, and what is left."""

from __future__ import annotations

import pytest

from pausedemo.clock import SystemClock
from pausedemo.core.verdicts.results import Status, StepResult
from pausedemo.scenario.stage import Stage
from tests.scenario.conftest import Stager
from tests.waiting import wait_until

PASSED, FAILED, ERROR, SKIPPED = Status.PASSED, Status.FAILED, Status.ERROR, Status.SKIPPED
ALONE = """
apiVersion: v1
kind: Pod
metadata: {name: stage-alone}
spec:
  containers:
  - {name: side, image: busybox, command: [sleep, "3600"]}
"""


def statuses(steps: tuple[StepResult, ...]) -> list[Status]:
    return [step.status for step in steps]


def message(step: StepResult) -> str:
    """An error's message."""
    (failure,) = step.failures
    assert (failure.where, failure.expected) == ("", None)
    return str(failure.actual)


def test_an_expectation_that_fails_does_not_end_the_scenario(stager: Stager) -> None:
    steps = stager.steps(
        """
        - apply: {}
        - exec: {container: side, command: [echo, hello]}
          expect: {stdout: "good bye\\n"}
        - exec: {container: side, command: [sh, -c, "echo no >&2; exit 3"]}
        - exec: {container: side, command: [echo, hello]}
          expect: {stdout: "hello\\n"}
    """,
        ALONE,
    )
    assert statuses(steps) == [PASSED, FAILED, FAILED, PASSED]
    (failure,) = steps[1].failures
    assert (failure.where, failure.expected, failure.actual) == ("stdout", "good bye\n", "hello\n")
    (failure,) = steps[2].failures
    assert (failure.where, failure.expected, failure.actual) == ("exit_code", 0, 3)
    assert steps[2].output == "no\n"


def test_an_act_that_fails_ends_the_scenario_and_the_rest_is_skipped(stager: Stager) -> None:
    steps = stager.steps(
        """
        - apply: {}
        - write: {container: side, path: /no/such/folder/file, content: x}
        - exec: {container: side, command: [echo, hello]}
        - pod: {}
          expect: {status: Running}
    """,
        ALONE,
    )
    assert statuses(steps) == [PASSED, ERROR, SKIPPED, SKIPPED]
    assert "/no/such/folder" in message(steps[1])


def test_a_pod_that_cannot_start_is_told_with_the_engine_s_words(stager: Stager) -> None:
    steps = stager.steps(
        """
        - apply: {timeout_s: 30}
        - pod: {}
          expect: {status: Running}
        """,
        ALONE.replace("sleep, ", "/no/such/program, "),
    )
    assert statuses(steps) == [ERROR, SKIPPED]
    assert "/no/such/program" in message(steps[0])


@pytest.mark.parametrize(
    ("command", "expect"),
    [
        ("[echo, this is no table]", "ps: {has: [{pid: 1}]}"),
        ("[echo, this is no table]", "ps: {lacks: [{pid: 77}]}"),
        ('["true"]', "netstat: {lacks: [{port: 80}]}"),
        ("[/no/such/program]", "netstat: {lacks: [{port: 80}]}"),
    ],
)
def test_an_observation_that_cannot_be_read_is_an_error_and_never_a_pass(
    stager: Stager, command: str, expect: str
) -> None:
    _, step = stager.steps(
        f"""
        - apply: {{}}
        - exec: {{container: side, command: {command}}}
          expect: {{exit_code: {{at_least: 0}}, {expect}}}
        """,
        ALONE,
    )
    assert step.status is ERROR
    assert "cannot read" in message(step)


def test_within_s_looks_again_until_it_is_so(stager: Stager) -> None:
    steps = stager.steps(
        """
        - apply: {}
        - exec: {container: side, command: [sh, -c, "(sleep 0.5; touch /tmp/x) > /dev/null &"]}
        - exec: {container: side, command: [test, -e, /tmp/x]}
          within_s: 60
        - exec: {container: side, command: [sh, -c, "echo look >> /tmp/looks; cat /tmp/looks"]}
          within_s: 0.5
          expect: {stdout: nothing}
    """,
        ALONE,
    )
    assert statuses(steps) == [PASSED, PASSED, PASSED, FAILED]
    # More than one look, and the last one is what is judged and shown.
    assert steps[3].output.count("look\n") > 1
    assert steps[3].failures[0].actual == steps[3].output


def test_within_s_goes_on_after_what_could_not_be_read_yet(stager: Stager) -> None:
    steps = stager.steps(
        """
        - apply: {}
        - exec: {container: side, command: [sh, -c, "(sleep 0.5; touch /tmp/x) > /dev/null &"]}
        - exec: {container: side, command: [sh, -c, "test -e /tmp/x && netstat -ntl"]}
          within_s: 60
          expect: {netstat: {lacks: [{port: 4711}]}}
    """,
        ALONE,
    )
    assert statuses(steps) == [PASSED] * 3


def test_facts_are_remembered_by_name(stager: Stager) -> None:
    steps = stager.steps(
        """
        - apply: {}
        - pod: {}
          as: before
          expect: {ready: 1/1}
        - kill: {container: side}
        - wait: {container: side, state: exited}
          expect: {exit_code: 137}
        - start: {container: side}
        - wait: {container: side, state: running}
        - pod: {}
          expect:
            uid: {same_as: before.uid}
            ip: {same_as: before.ip}
            age_s: {at_least_as: before.age_s}
        - pod: {}
          expect: {uid: {differs_from: before.uid}}
        - exec: {container: side, command: [sleep, "1000"], timeout_s: 0.5}
          as: unseen
        - exec: {container: side, command: ["true"]}
          expect: {stdout: {same_as: unseen.stdout}}
    """,
        ALONE,
    )
    assert statuses(steps) == [PASSED] * 7 + [FAILED, ERROR, ERROR]
    assert "unseen.stdout" in message(steps[9])


def test_http_statuses_are_facts_and_no_errors(stager: Stager) -> None:
    steps = stager.steps("""
        - apply: {}
        - write: {container: web, path: /tmp/index.html, content: "<title>Here</title>"}
        - http: {path: /}
          within_s: 60
          expect: {title: Here, text: {contains: "<title>"}}
        - http: {path: /absent}
          expect: {status: 404, title: {is_not: Here}}
        - http: {path: /absent}
    """)
    assert statuses(steps) == [PASSED, PASSED, PASSED, PASSED, FAILED]
    (failure,) = steps[4].failures
    assert (failure.where, failure.expected, failure.actual) == ("status", 200, 404)
    assert steps[4].command.startswith("curl -i http://")


@pytest.mark.parametrize("expect", ["{status: 200}", "{status: {is_not: 200}}"])
def test_a_port_that_nobody_listens_on_is_an_error(stager: Stager, expect: str) -> None:
    _, step = stager.steps(
        f"""
        - apply: {{}}
        - http: {{path: /, port: 4711}}
          expect: {expect}
    """,
        ALONE,
    )
    assert step.status is ERROR
    assert "no answer from" in message(step)
    assert ":4711" in message(step)


def test_a_wait_that_is_never_over_is_an_error(stager: Stager) -> None:
    steps = stager.steps(
        """
        - apply: {}
        - wait: {container: side, state: exited, timeout_s: 0.5}
        - pod: {}
          expect: {ready: 1/1}
    """,
        ALONE,
    )
    assert statuses(steps) == [PASSED, ERROR, SKIPPED]
    assert "not exited" in message(steps[1])


def test_a_command_that_does_not_end_is_an_error_and_the_scenario_goes_on(stager: Stager) -> None:
    steps = stager.steps(
        """
        - apply: {}
        - exec: {container: side, command: [sleep, "1000"], timeout_s: 0.5}
        - exec: {container: side, command: ["true"]}
    """,
        ALONE,
    )
    assert statuses(steps) == [PASSED, ERROR, PASSED]


def test_namespaces_are_told_apart_and_the_dead_have_none(stager: Stager) -> None:
    steps = stager.steps("""
        - apply: {}
        - namespaces: {containers: [POD, web, side]}
          expect: {namespaces: {shared: {net: [POD, web, side]}, separate: {pid: [web, side]}}}
        - namespaces: {containers: [web, side]}
          expect: {namespaces: {separate: {net: [web, side]}}}
        - kill: {container: web}
        - wait: {container: web, state: exited}
        - namespaces: {containers: [web, side]}
          expect: {namespaces: {separate: {net: [web, side]}}}
    """)
    assert statuses(steps) == [PASSED, PASSED, FAILED, PASSED, PASSED, ERROR]
    assert "does not run" in message(steps[5])


def test_everything_is_taken_down_and_the_node_s_container_is_the_run_s(stager: Stager) -> None:
    scenario = stager.load("- apply: {}", ALONE)
    stage = Stage(scenario, stager.engine, SystemClock(), stager.settings)
    stage.apply("p", 60)
    pid = stage.container("p", "side").pid
    stage.node.namespaces(pid, ["net"])
    names = stager.left()
    assert len(names) == 2
    cleaned = stage.close()
    assert (sorted(cleaned.removed), cleaned.failures) == (names, ())
    assert stager.left() == []
    assert stage.node.own_namespaces(["net"])


def test_what_is_kept_stays(stager: Stager) -> None:
    try:
        played = stager.play("- apply: {}", ALONE, keep=True)
        assert played.result.status is PASSED
        assert len(stager.left()) == 2
    finally:
        for name in stager.left():
            stager.engine.remove_container(name)


def test_a_kubelet_that_waits_for_a_grace_does_not_hold_up_the_end(stager: Stager) -> None:
    # Isolated and deaf to TERM: after pause's end the kubelet waits an hour for this sleep.
    pod = ALONE + "  terminationGracePeriodSeconds: 3600\n"
    stage = Stage(
        stager.load("- apply: {}", pod, kubelet=True),
        stager.engine,
        SystemClock(),
        stager.settings,
    )
    staged = stage.apply("p", 60)
    stager.engine.kill_container(stage.container("p", "POD").id)
    wait_until("it kills the pod", lambda: "Killing" in [e.reason for e in list(staged.events)])
    assert stage.close().failures == ()
    assert staged.background is not None
    assert not staged.background._thread.is_alive()
    assert stager.left() == []


@pytest.mark.parametrize("kubelet", [False, True])
def test_a_pod_that_is_not_waited_for_can_be_seen_on_its_way(stager: Stager, kubelet: bool) -> None:
    held = """
  initContainers:
  - {name: hold, image: busybox, command: [sh, -c, "until [ -e /go ]; do sleep 0.1; done"]}
"""
    steps = stager.steps(
        """
        - apply: {wait: false}
        - pod: {}
          within_s: 30
          expect: {ready: 0/1, phase: Pending, status: Init:0/1, attempt: 0}
    """,
        ALONE + held,
        kubelet=kubelet,
    )
    assert statuses(steps) == [PASSED] * 2


def test_a_kubelet_mends_what_a_step_broke(stager: Stager) -> None:
    steps = stager.steps(
        """
        - apply: {}
        - kill: {container: side}
        - pod: {}
          within_s: 60
          expect: {ready: 1/1, restarts: 1, attempt: 0}
    """,
        ALONE,
        kubelet=True,
    )
    assert statuses(steps) == [PASSED] * 3
