"""The commands beside a kubelet that runs: it acts, they only ask.

On an engine of our own: a kubelet looks after all pods of its engine, those of other tests as well.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from pausedemo.engine.port import Engine
from pausedemo.kubelet.lease import is_kubelet_running
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
