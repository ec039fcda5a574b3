"""Which volumes of the engine a pod has."""

from __future__ import annotations

import pytest

from pausedemo.core.manifest import parse_pod
from pausedemo.core.pods.pod import Pod
from pausedemo.engine.port import Mount, MountKind
from pausedemo.kubelet.volumes.plan import (
    EngineVolume,
    find_volume,
    is_read_only,
    plan_mounts,
    plan_sandbox_mounts,
    plan_volumes,
)
from tests.core.podkit import BORN, UID, make_pod


def options(text: str) -> dict[str, str]:
    return {"type": "tmpfs", "device": "tmpfs", "o": text}


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("", {}),
        (", emptyDir: {}", {}),
        (", emptyDir: {sizeLimit: 1Mi}", {}),
        (", emptyDir: {medium: Memory}", options("mode=0777")),
        (", emptyDir: {medium: Memory, sizeLimit: 1Mi}", options("mode=0777,size=1048576")),
        (", emptyDir: {medium: Memory, sizeLimit: 0}", options("mode=0777")),
        (", configMap: {name: x}", {}),
    ],
)
def test_a_volume_of_the_pod_s_own(source: str, wanted: dict[str, str]) -> None:
    pod = make_pod(extra=f"  volumes: [{{name: v{source}}}]\n")
    assert plan_volumes(pod) == (EngineVolume("v", f"pausedemo_{UID}_v", options=wanted),)


def test_memory_is_no_larger_than_what_the_containers_may_have() -> None:
    text = """
        apiVersion: v1
        kind: Pod
        metadata: {name: web}
        spec:
          volumes: [{name: v, emptyDir: {medium: Memory, sizeLimit: 5Mi}}]
          containers:
          - {name: a, image: x, resources: {limits: {memory: 1Mi}}}
          - {name: b, image: x, resources: {limits: {memory: 1Mi}}}
    """
    pod = Pod(parse_pod(text, "pod.yaml"), UID, BORN, shares_pid=False)
    assert plan_volumes(pod)[0].options == options("mode=0777,size=2097152")


def test_a_claim_is_kept_and_a_path_of_the_machine_is_no_volume() -> None:
    pod = make_pod(
        extra="  volumes: [{name: c, persistentVolumeClaim: {claimName: mine}}, "
        "{name: h, hostPath: {path: /x}}]\n"
    )
    assert plan_volumes(pod) == (EngineVolume("c", "mine", kept=True),)


def test_messages_have_a_volume_whose_name_no_manifest_can_have() -> None:
    assert plan_volumes(make_pod(), messages=True) == (
        EngineVolume("TERMINATION", f"pausedemo_{UID}_TERMINATION"),
    )
    assert [one.target for one in plan_sandbox_mounts(make_pod(), messages=True)] == [
        "/volumes/TERMINATION"
    ]


@pytest.mark.parametrize(
    ("source", "read_only"),
    [
        ("emptyDir: {}", False),
        ("hostPath: {path: /x}", False),
        ("configMap: {name: x}", True),
        ("secret: {secretName: x}", True),
        ("downwardAPI: {}", True),
        ("projected: {sources: []}", True),
        ("persistentVolumeClaim: {claimName: x}", False),
        ("persistentVolumeClaim: {claimName: x, readOnly: true}", True),
    ],
)
def test_what_the_kubelet_writes_is_read_only(source: str, read_only: bool) -> None:
    pod = make_pod(extra=f"  volumes: [{{name: v, {source}}}]\n")
    assert is_read_only(find_volume(pod, "v")) is read_only


def test_what_a_container_mounts_is_told_as_it_is_written() -> None:
    text = """
        apiVersion: v1
        kind: Pod
        metadata: {name: web}
        spec:
          volumes:
          - {name: v, emptyDir: {}}
          - {name: h, hostPath: {path: /srv}}
          - {name: d, downwardAPI: {items: [{path: x, fieldRef: {fieldPath: metadata.name}}]}}
          containers:
          - name: a
            image: x
            volumeMounts:
            - {name: v, mountPath: /v, subPath: inner}
            - {name: h, mountPath: /h, subPath: part, readOnly: true}
            - {name: d, mountPath: /d}
    """
    pod = Pod(parse_pod(text, "pod.yaml"), UID, BORN, shares_pid=False)
    (container,) = pod.spec.containers
    own = f"pausedemo_{UID}_"
    volume, bind = MountKind.VOLUME, MountKind.BIND
    assert plan_mounts(pod, container) == (
        Mount(kind=volume, source=f"{own}v", target="/v", copy_image=False, subpath="inner"),
        Mount(kind=bind, source="/srv/part", target="/h", read_only=True),
        Mount(kind=volume, source=f"{own}d", target="/d", read_only=True, copy_image=False),
    )
