from __future__ import annotations

import pytest

from pausedemo.core.manifest import parse_pod
from pausedemo.core.naming import parse_name
from pausedemo.core.pods.pod import Pod, compute_shares_pid
from pausedemo.core.rules.actions import ContainerStart
from pausedemo.engine.port import ContainerConfig
from pausedemo.kubelet.translate import compute_hash, translate_container, translate_sandbox
from tests.core.podkit import BORN, UID, make_pod

MANIFEST = """
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: demo
  labels: {app: shop, io.kubernetes.pod.name: forged}
  annotations: {why: because}
spec:
  shareProcessNamespace: SHARES
  containers:
  - name: nginx
    image: nginx:1.9.1
    command: [nginx]
    args: [-g, daemon off;]
    env: [{name: A, value: "1"}, {name: EMPTY}]
    workingDir: /srv
"""
OURS = {"pausedemo.dev/run": "r1", "pausedemo.dev/owner": "o1"}


def pod_of(text: str, version: tuple[int, int] = (1, 31)) -> Pod:
    manifest = parse_pod(text, "pod.yaml")
    return Pod(manifest, UID, BORN, compute_shares_pid(manifest.spec, version))


def sandbox_of(extra: str) -> ContainerConfig:
    return translate_sandbox(make_pod(extra=extra), 0, "pause", {})


def member_of(extra: str = "", version: tuple[int, int] = (1, 31)) -> ContainerConfig:
    made = make_pod(extra=extra)
    pod = Pod(made.manifest, UID, BORN, compute_shares_pid(made.spec, version))
    return translate_container(pod, ContainerStart("a", 0, 0), "SANDBOX", "busybox", {})


def test_a_sandbox_is_dockershim_s() -> None:
    pod = pod_of(MANIFEST.replace("SHARES", "true"))
    assert translate_sandbox(pod, 3, "sha256:pause", OURS) == ContainerConfig(
        name=f"k8s_POD_web_demo_{UID}_3",
        image="sha256:pause",
        hostname="web",
        labels={
            "app": "shop",
            "annotation.why": "because",
            "io.kubernetes.pod.name": "web",
            "io.kubernetes.pod.namespace": "demo",
            "io.kubernetes.pod.uid": UID,
            "io.kubernetes.container.name": "POD",
            "io.kubernetes.docker.type": "podsandbox",
            "pausedemo.dev/pod-created-at": "2024-05-01T12:00:00+00:00",
            **OURS,
        },
        ipc_mode="shareable",
        cpu_shares=2,
        oom_score_adj=-998,
    )


def test_a_container_is_dockershim_s() -> None:
    pod = pod_of(MANIFEST.replace("SHARES", "true"))
    start = ContainerStart("nginx", 7, 80)
    made = translate_container(pod, start, "SANDBOX", "sha256:nginx", OURS)
    assert made == ContainerConfig(
        name=f"k8s_nginx_web_demo_{UID}_7",
        image="sha256:nginx",
        entrypoint=("nginx",),
        command=("-g", "daemon off;"),
        env={"A": "1", "EMPTY": ""},
        working_dir="/srv",
        labels={
            "annotation.io.kubernetes.container.restartCount": "7",
            "annotation.io.kubernetes.container.hash": compute_hash(pod.spec.containers[0]),
            "io.kubernetes.pod.name": "web",
            "io.kubernetes.pod.namespace": "demo",
            "io.kubernetes.pod.uid": UID,
            "io.kubernetes.container.name": "nginx",
            "io.kubernetes.docker.type": "container",
            "io.kubernetes.sandbox.id": "SANDBOX",
            "pausedemo.dev/pod-created-at": "2024-05-01T12:00:00+00:00",
            "pausedemo.dev/back-off-s": "80",
            **OURS,
        },
        network_mode="container:SANDBOX",
        ipc_mode="container:SANDBOX",
        pid_mode="container:SANDBOX",
        oom_score_adj=1000,
    )
    name = parse_name(made.name)
    assert name is not None
    assert name.attempt == 7


@pytest.mark.parametrize(
    ("extra", "version", "pid_mode"),
    [
        ("", (1, 31), None),
        ("", (1, 6), None),
        ("", (1, 7), "container:SANDBOX"),
        ("", (1, 8), None),
        ("  shareProcessNamespace: true\n", (1, 31), "container:SANDBOX"),
        ("  shareProcessNamespace: false\n", (1, 7), None),
        ("  hostPID: true\n", (1, 31), "host"),
        ("  hostPID: true\n", (1, 7), "host"),
    ],
)
def test_the_pid_namespace_is_joined_only_when_it_is_shared(
    extra: str, version: tuple[int, int], pid_mode: str | None
) -> None:
    made = member_of(extra, version)
    assert (made.pid_mode, made.network_mode, made.ipc_mode) == (
        pid_mode,
        "container:SANDBOX",
        "container:SANDBOX",
    )


@pytest.mark.parametrize(
    ("extra", "modes", "hostname"),
    [
        ("", (None, "shareable", None), "web"),
        ("  hostNetwork: true\n", ("host", "shareable", None), None),
        ("  hostIPC: true\n", (None, "host", None), "web"),
        ("  hostPID: true\n", (None, "shareable", "host"), "web"),
        ("  hostname: shop\n", (None, "shareable", None), "shop"),
    ],
)
def test_the_sandbox_holds_the_namespaces_that_are_not_the_host_s(
    extra: str, modes: tuple[str | None, ...], hostname: str | None
) -> None:
    made = sandbox_of(extra)
    assert (made.network_mode, made.ipc_mode, made.pid_mode) == modes
    assert made.hostname == hostname


@pytest.mark.parametrize(
    ("name", "hostname"),
    [
        ("a" * 63, "a" * 63),
        ("a" * 64, "a" * 63),
        ("a" * 62 + "-b", "a" * 62),
        ("a" * 61 + ".-b".replace("-", "") + "c", "a" * 61 + ".b"),
    ],
)
def test_a_long_host_name_is_cut_as_the_kubelet_cuts_it(name: str, hostname: str) -> None:
    text = MANIFEST.replace("SHARES", "true").replace("name: web\n", f"name: {name}\n")
    assert translate_sandbox(pod_of(text), 0, "pause", {}).hostname == hostname


def test_another_spec_has_another_hash() -> None:
    def hash_of(text: str) -> str:
        return compute_hash(pod_of(text).spec.containers[0])

    shared = MANIFEST.replace("SHARES", "true")
    assert hash_of(shared) == hash_of(MANIFEST.replace("SHARES", "false"))
    assert hash_of(shared) != hash_of(shared.replace("nginx:1.9.1", "nginx:1.9.2"))
