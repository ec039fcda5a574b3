"""The commands beside a kubelet that runs: it acts, they only ask.

On an engine of our own: a kubelet looks after all pods of its engine, those of other tests as well.
"""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pausedemo.core import naming
from pausedemo.engine.port import Engine
from pausedemo.kubelet.service.lease import is_kubelet_running
from tests.cli.conftest import Invoke
from tests.cli.pods.conftest import Pods
from tests.waiting import wait_until

WEB = """
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  terminationGracePeriodSeconds: 1
  containers: [{name: a, image: busybox, command: [sleep, "3600"]}]
"""
NOBODY = "Note: until `pausedemo kubelet` runs, nobody restarts what ends or asks probes.\n"


@pytest.fixture
def pods(embedded_pods_engine: Engine, invoke: Invoke, tmp_path: Path) -> Iterator[Pods]:
    made = Pods(embedded_pods_engine, invoke, tmp_path, "default")
    try:
        yield made
    finally:
        made.clean()


def test_a_kubelet_makes_and_ends_what_is_applied_and_deleted(pods: Pods) -> None:
    kubelet = pods.start("kubelet")
    wait_until("the kubelet runs", lambda: is_kubelet_running(pods.engine))
    assert pods.apply(WEB).stdout == "pod/web created\n"
    assert pods.lines("wait", "--for=condition=Ready", "pod/web") == ["pod/web condition met"]
    pod = json.loads(pods("get", "pod", "web", "-o", "json").stdout)
    container_id = pod["status"]["containerStatuses"][0]["containerID"].removeprefix("docker://")
    pods.engine.kill_container(container_id)
    restarted = "--for=jsonpath={.status.containerStatuses[0].restartCount}=1"
    assert pods.lines("wait", "pod/web", restarted) == ["pod/web condition met"]
    assert pods.lines("delete", "pod", "web") == ['pod "web" deleted']
    assert pods("get", "pods").stdout == ""
    kubelet.send_signal(signal.SIGTERM)
    assert kubelet.wait(60) in (0, 130)


def test_a_watching_apply_keeps_its_pod_alive_and_tells_what_happens(pods: Pods) -> None:
    (pods.folder / "web.yaml").write_text(WEB)
    watching = pods.start("apply", "-f", str(pods.folder / "web.yaml"), "--watch")
    assert watching.stdout is not None
    assert watching.stdout.readline() == b"pod/web created\n"
    told: list[bytes] = []
    while not told or b"Started container a" not in told[-1]:
        told.append(watching.stdout.readline())
        assert told[-1], watching.communicate(timeout=60)
    pods("wait", "--for=condition=Ready", "pod/web")
    pod = json.loads(pods("get", "pod", "web", "-o", "json").stdout)
    container_id = pod["status"]["containerStatuses"][0]["containerID"].removeprefix("docker://")
    pods.engine.kill_container(container_id)
    restarted = "--for=jsonpath={.status.containerStatuses[0].restartCount}=1"
    assert pods.lines("wait", "pod/web", restarted) == ["pod/web condition met"]
    watching.terminate()
    assert watching.wait(60) == 130
    # It lives on.
    assert pods.lines("get", "pods", "--no-headers")[0].startswith("web 1/1 Running 1 (")


@dataclass(frozen=True, slots=True)
class Frozen:
    """A kubelet that has the lock and does nothing: the moment before it is killed."""

    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(60)


@pytest.fixture
def freeze(pods: Pods) -> Iterator[Callable[[], Frozen]]:
    frozen: list[Frozen] = []

    def make() -> Frozen:
        kubelet = pods.start("kubelet")
        wait_until("the kubelet runs", lambda: is_kubelet_running(pods.engine))
        kubelet.send_signal(signal.SIGSTOP)
        frozen.append(Frozen(kubelet))
        return frozen[-1]

    yield make
    for one in frozen:
        one.kill()
    wait_until("its lock is gone", lambda: not is_kubelet_running(pods.engine))


def test_a_delete_ends_the_pod_itself_when_the_kubelet_ends_before(
    pods: Pods, freeze: Callable[[], Frozen]
) -> None:
    pods.apply(WEB)
    uid = json.loads(pods("get", "pod", "web", "-o", "json").stdout)["metadata"]["uid"]
    kubelet = freeze()
    deleting = pods.start("delete", "pod", "web")
    assert deleting.stdout is not None
    assert deleting.stdout.readline() == b'pod "web" deleted\n'
    assert pods.lines("get", "pods", "--no-headers")[0].startswith("web 1/1 Terminating ")
    kubelet.kill()
    out, err = deleting.communicate(timeout=60)
    assert (out, err, deleting.returncode) == (b"", b"", 0)
    assert pods("get", "pods").stdout == ""
    assert pods.engine.list_containers({naming.POD_UID: uid}) == ()


def test_a_delete_waits_no_longer_than_it_was_told(
    pods: Pods, freeze: Callable[[], Frozen]
) -> None:
    pods.apply(WEB)
    freeze()
    late = pods("delete", "pod", "web", "--timeout", "300ms", code=1)
    assert late.stderr == "error: timed out waiting for the condition on pods/web\n"
    assert pods("delete", "pod", "web", "--wait=false").stdout == 'pod "web" deleted\n'


def test_an_apply_brings_the_pod_up_itself_when_the_kubelet_has_just_gone(
    pods: Pods, freeze: Callable[[], Frozen]
) -> None:
    kubelet = freeze()
    (pods.folder / "web.yaml").write_text(WEB)
    applying = pods.start("apply", "-f", str(pods.folder / "web.yaml"))
    assert applying.stdout is not None
    assert applying.stdout.readline() == b"pod/web created\n"
    kubelet.kill()
    out, err = applying.communicate(timeout=60)
    assert (out, err, applying.returncode) == (b"", NOBODY.encode(), 0)
    assert pods.lines("get", "pods", "--no-headers")[0].startswith("web 1/1 Running 0 ")


def test_a_pod_whose_first_apply_was_cut_off_is_brought_up_by_the_next(pods: Pods) -> None:
    pods.record(WEB)
    assert pods.lines("get", "pods", "--no-headers")[0].startswith("web 0/1 ContainerCreating 0 ")
    ended = pods.apply(WEB)
    assert (ended.stdout, ended.stderr) == ("pod/web unchanged\n", NOBODY)
    assert pods.lines("get", "pods", "--no-headers")[0].startswith("web 1/1 Running 0 ")
    # That nobody looks after it is told when something was started, and not again.
    assert pods.apply(WEB).stderr == ""
