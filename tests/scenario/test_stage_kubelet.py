"""What the kubelet does for a scenario's pod: probes, hooks, volumes, and its end."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest

from pausedemo.clock import SystemClock
from pausedemo.core import naming
from pausedemo.core.verdicts.results import Status
from pausedemo.engine.docker import DockerEngine
from pausedemo.errors import TimedOut
from pausedemo.kubelet.pod.controller import EngineLimits
from pausedemo.scenario.stage import Stage
from tests.scenario.conftest import Stager
from tests.scenario.test_stage import ALONE, message, statuses
from tests.waiting import wait_until

PASSED, ERROR, SKIPPED = Status.PASSED, Status.ERROR, Status.SKIPPED
HEEDING = """
apiVersion: v1
kind: Pod
metadata: {name: stage-heeding}
spec:
  containers:
  - name: side
    image: busybox
    command: [sh, -c, "trap 'exit 0' TERM; echo ready; sleep 3600 & wait"]
"""
WITH_VOLUME = """
apiVersion: v1
kind: Pod
metadata: {name: stage-volume, labels: {colour: blue}}
spec:
  volumes:
  - {name: data, emptyDir: {}}
  - {name: about, downwardAPI: {items: [{path: name, fieldRef: {fieldPath: metadata.name}}]}}
  containers:
  - name: side
    image: busybox
    command: [sh, -c, "echo $(COLOUR) > /data/one; exec sleep 3600"]
    env: [{name: COLOUR, valueFrom: {fieldRef: {fieldPath: "metadata.labels['colour']"}}}]
    volumeMounts: [{name: data, mountPath: /data}, {name: about, mountPath: /about}]
  - name: other
    image: busybox
    command: [sleep, "3600"]
    volumeMounts: [{name: data, mountPath: /data}]
"""


@pytest.mark.parametrize("kubelet", [False, True])
def test_a_pod_that_is_deleted_is_asked_to_end_and_leaves_nothing(
    stager: Stager, kubelet: bool
) -> None:
    steps = stager.steps(
        """
        - apply: {}
        - logs: {container: side}
          within_s: 30
          expect: {stdout: "ready\\n"}
        - delete: {grace_s: 30}
        - containers: {all: true}
          expect: {containers: {count: 0}}
        - events: {}
          expect: {events: {has: [{reason: Killing, message: Stopping container side}]}}
        """,
        HEEDING,
        kubelet=kubelet,
    )
    assert statuses(steps) == [PASSED] * 5
    assert steps[2].command == "kubectl delete pod stage-heeding -n default --grace-period=30"
    assert steps[2].output == 'pod "stage-heeding" deleted'


def test_a_grace_of_nothing_is_said_as_kubectl_wants_it(stager: Stager) -> None:
    steps = stager.steps("- apply: {}\n- delete: {grace_s: 0}", ALONE, kubelet=True)
    assert statuses(steps) == [PASSED] * 2
    assert steps[1].command.endswith("--grace-period=0 --force")


def test_a_pod_that_does_not_end_in_time_is_an_error(stager: Stager) -> None:
    deaf = ALONE + "  terminationGracePeriodSeconds: 3600\n"
    steps = stager.steps(
        """
        - apply: {}
        - delete: {timeout_s: 0.5}
        - events: {}
          expect: {events: {count: 2}}
        """,
        deaf,
        kubelet=True,
    )
    assert statuses(steps) == [PASSED, ERROR, SKIPPED]
    assert message(steps[1]) == str(TimedOut("pod p has not ended after 0.5 s"))


@pytest.mark.parametrize("kubelet", [False, True])
def test_volumes_and_references_are_those_of_any_pod(stager: Stager, kubelet: bool) -> None:
    steps = stager.steps(
        """
        - apply: {}
        - exec: {container: other, command: [cat, /data/one]}
          within_s: 30
          expect: {stdout: "blue\\n"}
        - exec: {container: side, command: [cat, /about/name]}
          expect: {stdout: "stage-volume"}
        """,
        WITH_VOLUME,
        kubelet=kubelet,
    )
    assert statuses(steps) == [PASSED] * 3
    assert "--mount type=volume,source=pausedemo_" in steps[0].command
    assert "target=/data" in steps[0].command
    assert stager.engine.list_volumes({naming.RUN: stager.run}) == ()


def test_volumes_are_kept_with_what_is_kept(stager: Stager) -> None:
    try:
        stager.play("- apply: {}", WITH_VOLUME, keep=True)
        volumes = stager.engine.list_volumes({naming.RUN: stager.run})
        assert sorted(one.name.rpartition("_")[2] for one in volumes) == ["about", "data"]
    finally:
        for name in stager.left():
            stager.engine.remove_container(name)
        for volume in stager.engine.list_volumes({naming.RUN: stager.run}):
            stager.engine.remove_volume(volume.name)


def test_a_pod_s_row_tells_what_its_probes_have_found(stager: Stager) -> None:
    probe = "readinessProbe: {exec: {command: [test, -e, /tmp/ready]}, periodSeconds: 1}"
    steps = stager.steps(
        """
        - apply: {}
        - events: {}
          within_s: 30
          expect: {events: {has: [{type: Warning, reason: Unhealthy}]}}
        - pod: {}
          expect: {ready: 0/1, status: Running}
        - exec: {container: side, command: [touch, /tmp/ready]}
        - pod: {}
          within_s: 30
          expect: {ready: 1/1, status: Running}
        """,
        ALONE.replace('"3600"]}', f'"3600"], {probe}}}'),
        kubelet=True,
    )
    assert statuses(steps) == [PASSED] * 5


def test_nothing_is_asked_any_more_once_a_scenario_is_taken_down(stager: Stager) -> None:
    probe = "livenessProbe: {exec: {command: [test, -e, /tmp/ready]}, periodSeconds: 1}"
    pod = ALONE.replace('"3600"]}', f'"3600"], {probe}}}')
    scenario = stager.load("- apply: {}", pod, kubelet=True)
    stage = Stage(scenario, stager.engine, SystemClock(), stager.settings)
    before = set(threading.enumerate())
    staged = stage.apply("p", 60)
    wait_until("it is asked", lambda: "Unhealthy" in [one.reason for one in list(staged.events)])
    assert stage.close().failures == ()
    wait_until("nobody asks", lambda: set(threading.enumerate()) <= before)
    assert stager.left() == []


def test_nothing_is_removed_while_a_kubelet_makes_something(
    stager: Stager, monkeypatch: pytest.MonkeyPatch
) -> None:
    """podman keeps a broken record of a member whose sandbox goes at that moment."""
    make, remove = DockerEngine.start_container, DockerEngine.remove_container
    told: list[str] = []
    making = threading.Event()

    def start_slowly(engine: DockerEngine, container: str) -> None:
        sandbox = not told
        told.append("begin")
        if not sandbox:
            making.set()
            time.sleep(1)
        make(engine, container)
        told.append("made")

    def remove_noted(engine: DockerEngine, container: str) -> None:
        told.append("remove")
        remove(engine, container)

    monkeypatch.setattr(DockerEngine, "start_container", start_slowly)
    monkeypatch.setattr(DockerEngine, "remove_container", remove_noted)
    # No sandbox is tried twice, and removed between the tries.
    settings = replace(stager.settings, limits=EngineLimits(lowers_oom_score=False))
    scenario = stager.load("- apply: {}", ALONE, kubelet=True)
    stage = Stage(scenario, stager.engine, SystemClock(), settings)
    stage.begin("p")
    assert making.wait(60)
    assert stage.close().failures == ()
    assert told[:4] == ["begin", "made"] * 2
    assert set(told[4:]) == {"remove"}
    assert stager.left() == []
