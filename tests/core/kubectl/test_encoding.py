"""Whole objects, as kubectl writes them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml

from pausedemo.core.kubectl.configjson import make_config
from pausedemo.core.kubectl.encoding import make_list, render_json, render_yaml
from pausedemo.core.kubectl.podjson import default_pull_policy, make_pod
from pausedemo.core.manifest import Secret, parse_objects, parse_pod
from pausedemo.core.pods.pod import Deletion, Pod
from pausedemo.core.pods.podstatus import compute_pod_status
from pausedemo.core.pods.podview import PodView
from pausedemo.core.pods.status import ContainerStatus, PodStatus, RunState, SandboxStatus
from tests.core.kubectl.examples import DATA, documented_pod

BORN = datetime(2026, 3, 1, 11, 58, 0, tzinfo=UTC)
LATER = BORN + timedelta(seconds=60)


def test_the_documented_pod_is_written_as_in_the_documentation() -> None:
    assert render_yaml([documented_pod()]) == (DATA / "pod.yaml").read_text()


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("plain", "plain"),
        ("true", '"true"'),
        ("1", '"1"'),
        ("", '""'),
        ("2026-01-01", '"2026-01-01"'),
        ("a: b", "'a: b'"),
        ("one\ntwo\n", "|\n  one\n  two"),
        ("x " * 200, "'" + "x " * 200 + "'"),
        ("ä", "ä"),
        (None, "null"),
        ({}, "{}"),
    ],
)
def test_yaml_is_written_so_that_the_same_is_read(value: Any, written: str) -> None:
    text = render_yaml([{"key": value}])
    assert text == f"key: {written}\n"
    assert yaml.safe_load(text) == {"key": value}


def test_json_has_four_spaces_sorted_keys_and_gos_escapes() -> None:
    assert render_json({"b": "<a & b>", "a": [1]}) == (
        '{\n    "a": [\n        1\n    ],\n    "b": "\\u003ca \\u0026 b\\u003e"\n}\n'
    )
    assert json.loads(render_json({"a": "<&>"})) == {"a": "<&>"}


def test_several_objects_are_a_list() -> None:
    assert make_list([{"kind": "Pod"}]) == {
        "apiVersion": "v1",
        "items": [{"kind": "Pod"}],
        "kind": "List",
        "metadata": {"resourceVersion": ""},
    }


MANIFEST = """
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: "", tier: front}}
spec:
  terminationGracePeriodSeconds: 0
  shareProcessNamespace: false
  containers:
  - name: a
    image: busybox
    env: [{name: EMPTY, value: ""}]
    ports: [{containerPort: 80}]
    volumeMounts: [{name: cache, mountPath: /cache}]
    livenessProbe: {httpGet: {port: 80}}
  volumes: [{name: cache, emptyDir: {}}]
"""


def make_example(**more: Any) -> dict[str, Any]:
    manifest = parse_pod(MANIFEST, "pod.yaml")
    pod = Pod(manifest, "1-2-3", BORN, shares_pid=False, **more)
    sandbox = SandboxStatus(
        id="s" * 64,
        name="k8s_POD_web_default_1-2-3_0",
        attempt=0,
        ready=True,
        ip="172.17.0.2",
        network_mode="bridge",
        created_at=BORN,
    )
    seen = ContainerStatus(
        id="c" * 64,
        full_name="k8s_a_web_default_1-2-3_0",
        name="a",
        restart_count=0,
        sandbox_id=sandbox.id,
        state=RunState.RUNNING,
        created_at=BORN,
        started_at=BORN,
    )
    report = compute_pod_status(pod, PodStatus((sandbox,), (seen,)), PodView(), LATER)
    return make_pod(pod, manifest.to_applied(), report, version="1")


def test_a_pod_is_an_object_with_the_apis_defaults() -> None:
    pod = make_example()
    assert pod["metadata"] == {
        "name": "web",
        "namespace": "default",
        "labels": {"app": "", "tier": "front"},
        "creationTimestamp": "2026-03-01T11:58:00Z",
        "resourceVersion": "1",
        "uid": "1-2-3",
    }
    assert pod["spec"] == {
        "containers": [
            {
                "name": "a",
                "image": "busybox",
                "imagePullPolicy": "Always",
                "env": [{"name": "EMPTY", "value": ""}],
                "ports": [{"containerPort": 80, "protocol": "TCP"}],
                "resources": {},
                "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File",
                "volumeMounts": [{"mountPath": "/cache", "name": "cache"}],
                "livenessProbe": {
                    "failureThreshold": 3,
                    "httpGet": {"path": "/", "port": 80, "scheme": "HTTP"},
                    "periodSeconds": 10,
                    "successThreshold": 1,
                    "timeoutSeconds": 1,
                },
            }
        ],
        "dnsPolicy": "ClusterFirst",
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "shareProcessNamespace": False,
        "terminationGracePeriodSeconds": 0,
        "volumes": [{"emptyDir": {}, "name": "cache"}],
    }


def test_a_pods_status_is_kubernetes() -> None:
    status = make_example()["status"]
    assert {one["type"]: one["status"] for one in status["conditions"]} == {
        "PodReadyToStartContainers": "True",
        "Initialized": "True",
        "Ready": "True",
        "ContainersReady": "True",
        "PodScheduled": "True",
    }
    del status["conditions"]
    assert status == {
        "containerStatuses": [
            {
                "containerID": "docker://" + "c" * 64,
                "image": "busybox",
                "imageID": "",
                "lastState": {},
                "name": "a",
                "ready": True,
                "restartCount": 0,
                "started": True,
                "state": {"running": {"startedAt": "2026-03-01T11:58:00Z"}},
            }
        ],
        "phase": "Running",
        "podIP": "172.17.0.2",
        "podIPs": [{"ip": "172.17.0.2"}],
        "qosClass": "BestEffort",
        "startTime": "2026-03-01T11:58:00Z",
    }


def test_a_pod_that_is_deleted_tells_when_its_grace_is_over() -> None:
    metadata = make_example(deletion=Deletion(LATER, 30))["metadata"]
    assert metadata["deletionTimestamp"] == "2026-03-01T11:59:30Z"
    assert metadata["deletionGracePeriodSeconds"] == 30


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("busybox", "Always"),
        ("busybox:latest", "Always"),
        ("busybox:1.36", "IfNotPresent"),
        ("registry:5000/busybox", "Always"),
        ("registry:5000/busybox:1", "IfNotPresent"),
        ("busybox@sha256:" + "0" * 64, "IfNotPresent"),
    ],
)
def test_an_image_without_a_version_is_always_pulled(image: str, policy: str) -> None:
    text = MANIFEST.replace("image: busybox", f"image: {image}")
    container = parse_pod(text, "pod.yaml").spec.containers[0]
    assert default_pull_policy(container) == policy


def test_a_secrets_data_is_in_base64_whichever_way_it_was_written() -> None:
    text = """
apiVersion: v1
kind: Secret
metadata: {name: keys}
stringData: {user: admin}
data: {pass: cGFzcw==}
"""
    (secret,) = parse_objects(text, "s.yaml")
    assert isinstance(secret, Secret)
    made = make_config(secret, secret.to_applied(), uid="1", created_at=BORN, version="1")
    assert made["data"] == {"pass": "cGFzcw==", "user": "YWRtaW4="}
    assert (made["kind"], made["type"], made.get("stringData")) == ("Secret", "Opaque", None)
