"""Each field of a pod, as what the engine is asked for."""

from __future__ import annotations

import textwrap
from dataclasses import fields
from typing import Any

import pytest

from pausedemo.core.manifest import parse_pod
from pausedemo.core.pods.pod import Pod
from pausedemo.core.rules.actions import ContainerStart
from pausedemo.engine.port import ContainerConfig, Mount, MountKind, PublishedPort
from pausedemo.errors import ContainerConfigError
from pausedemo.kubelet.translate import ContainerFacts, translate_container, translate_sandbox
from tests.core.podkit import BORN, UID

GIB = 2**30


def pod_of(spec: str, container: str = "", init: str = "") -> Pod:
    text = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n"
        + textwrap.indent(textwrap.dedent(spec).strip("\n"), "  ")
        + f"\n  containers: [{{name: a, image: busybox, {container}}}]\n"
        + (f"  initContainers: [{init}]\n" if init else "")
    )
    return Pod(parse_pod(text, "pod.yaml"), UID, BORN, shares_pid=False)


def sandbox_of(pod: Pod) -> ContainerConfig:
    return translate_sandbox(pod, 0, "pause", {})


def container_of(pod: Pod, **facts: Any) -> ContainerConfig:
    start = ContainerStart("a", 0, 0)
    known = ContainerFacts(**{"memory_bytes": 4 * GIB, **facts})
    return translate_container(pod, start, "SANDBOX", "busybox", {}, known)


def changed(config: ContainerConfig, usual: ContainerConfig) -> dict[str, Any]:
    """The fields that differ from those of a pod without any word of its own."""
    return {
        one.name: getattr(config, one.name)
        for one in fields(config)
        if one.name != "labels" and getattr(config, one.name) != getattr(usual, one.name)
    }


@pytest.mark.parametrize(
    ("spec", "container", "wanted"),
    [
        ("hostname: shop", "", {"hostname": "shop"}),
        (
            "subdomain: shop",
            "",
            {"domainname": "shop.default.svc.cluster.local"},
        ),
        (f"subdomain: {'s' * 60}", "", {}),
        (
            "hostAliases: [{ip: 192.0.2.7, hostnames: [a.b, c.d]}, {ip: '::7', hostnames: [e.f]}]",
            "",
            {"extra_hosts": (("a.b", "192.0.2.7"), ("c.d", "192.0.2.7"), ("e.f", "::7"))},
        ),
        (
            "hostNetwork: true\nsubdomain: shop",
            "ports: [{containerPort: 80, hostPort: 80}]",
            {"network_mode": "host", "hostname": None},
        ),
        ("hostPID: true", "", {"pid_mode": "host"}),
        ("hostIPC: true", "", {"ipc_mode": "host"}),
        (
            "",
            "ports: [{containerPort: 80, hostPort: 8080}, {containerPort: 81}, "
            "{containerPort: 82, hostPort: 82, hostIP: 127.0.0.1, protocol: UDP}]",
            {
                "ports": (
                    PublishedPort(80, 8080, "tcp", ""),
                    PublishedPort(82, 82, "udp", "127.0.0.1"),
                )
            },
        ),
        (
            "securityContext: {sysctls: [{name: kernel.shm_rmid_forced, value: '1'}]}",
            "",
            {"sysctls": {"kernel.shm_rmid_forced": "1"}},
        ),
        (
            "securityContext: {runAsUser: 7, runAsGroup: 8, fsGroup: 9, supplementalGroups: [10]}",
            "",
            {"user": "7:8", "groups": ("9", "10")},
        ),
        ("securityContext: {runAsGroup: 8}", "", {}),
        ("", "securityContext: {privileged: true}", {"privileged": True}),
        (
            "volumes: [{name: v}, {name: h, hostPath: {path: /x}}, "
            "{name: p, persistentVolumeClaim: {claimName: mine}}]",
            "",
            {
                "mounts": (
                    Mount(
                        kind=MountKind.VOLUME,
                        source=f"pausedemo_{UID}_v",
                        target="/volumes/v",
                        copy_image=False,
                    ),
                    Mount(
                        kind=MountKind.VOLUME,
                        source="mine",
                        target="/volumes/p",
                        copy_image=False,
                    ),
                )
            },
        ),
    ],
)
def test_what_the_sandbox_holds(spec: str, container: str, wanted: dict[str, Any]) -> None:
    assert changed(sandbox_of(pod_of(spec, container)), sandbox_of(pod_of(""))) == wanted


@pytest.mark.parametrize(
    ("restart_policy", "ports"),
    [("", ()), (", restartPolicy: Always", (PublishedPort(90, 9090, "tcp", ""),))],
)
def test_only_a_sidecar_among_the_init_containers_publishes_ports(
    restart_policy: str, ports: tuple[PublishedPort, ...]
) -> None:
    init = "{name: i, image: x, ports: [{containerPort: 90, hostPort: 9090}]" + restart_policy + "}"
    assert sandbox_of(pod_of("", init=init)).ports == ports


LIMITED = "resources: {limits: {cpu: 500m, memory: 64Mi}}"


@pytest.mark.parametrize(
    ("spec", "container", "wanted"),
    [
        ("", "command: [x, y]", {"entrypoint": ("x", "y")}),
        ("", "args: [x, y]", {"command": ("x", "y")}),
        ("", "env: [{name: A, value: b}]", {"env": {"A": "b"}}),
        ("", "workingDir: /w", {"working_dir": "/w"}),
        ("", 'workingDir: ""', {}),
        ("", "tty: true", {"tty": True}),
        (
            "",
            "stdin: true, stdinOnce: true",
            {"open_stdin": True, "stdin_once": True},
        ),
        ("hostNetwork: true", "", {"uts_mode": "host"}),
        ("hostPID: true", "", {"pid_mode": "host"}),
        ("securityContext: {runAsUser: 7}", "", {"user": "7"}),
        ("securityContext: {runAsUser: 7}", "securityContext: {runAsUser: 0}", {"user": "0"}),
        ("securityContext: {runAsGroup: 8}", "", {"user": "0:8"}),
        (
            "securityContext: {runAsUser: 7, runAsGroup: 8}",
            "securityContext: {runAsGroup: 9}",
            {"user": "7:9"},
        ),
        (
            "securityContext: {fsGroup: 9, supplementalGroups: [10, 9]}",
            "",
            {"groups": ("9", "10")},
        ),
        (
            "",
            "securityContext: {capabilities: {add: [NET_ADMIN], drop: [ALL]}}",
            {"cap_add": ("NET_ADMIN",), "cap_drop": ("ALL",)},
        ),
        ("", "securityContext: {privileged: true}", {"privileged": True}),
        ("", "securityContext: {readOnlyRootFilesystem: true}", {"read_only_root": True}),
        (
            "",
            "securityContext: {allowPrivilegeEscalation: false}",
            {"security_options": ("no-new-privileges",)},
        ),
        ("", "securityContext: {allowPrivilegeEscalation: true}", {}),
        ("securityContext: {seccompProfile: {type: RuntimeDefault}}", "", {}),
        (
            "securityContext: {seccompProfile: {type: Unconfined}}",
            "",
            {"security_options": ("seccomp=unconfined",)},
        ),
        (
            "securityContext: {seccompProfile: {type: Unconfined}}",
            "securityContext: {seccompProfile: {type: RuntimeDefault}}",
            {},
        ),
        (
            "",
            LIMITED,
            {
                "memory_bytes": 64 * 2**20,
                "cpu_shares": 512,
                "cpu_quota_us": 50_000,
                "cpu_period_us": 100_000,
                "oom_score_adj": -997,
            },
        ),
        (
            "",
            "resources: {requests: {memory: 1Gi}}",
            {"oom_score_adj": 750},
        ),
        (
            "",
            "resources: {requests: {cpu: 250m}}",
            {"cpu_shares": 256, "oom_score_adj": 999},
        ),
    ],
)
def test_what_a_container_gets(spec: str, container: str, wanted: dict[str, Any]) -> None:
    assert changed(container_of(pod_of(spec, container)), container_of(pod_of(""))) == wanted


def test_what_is_found_out_takes_the_place_of_what_is_written() -> None:
    mount = Mount(kind=MountKind.TMPFS, target="/x")
    pod = pod_of("", "command: [$(A)], args: [$(A)], env: [{name: A, value: $(B)}]")
    facts = {"env": {"A": "b"}, "command": ("b",), "args": ("b",), "mounts": (mount,)}
    made = container_of(pod, **facts)
    assert (made.env, made.entrypoint, made.command, made.mounts) == (
        {"A": "b"},
        ("b",),
        ("b",),
        (mount,),
    )


def test_a_profile_of_the_machine_is_given_as_it_is_read() -> None:
    pod = pod_of("securityContext: {seccompProfile: {type: Localhost, localhostProfile: x.json}}")
    assert container_of(pod, seccomp="{}").security_options == ("seccomp={}",)


@pytest.mark.parametrize(
    ("image_user", "user"),
    [("", "0:8"), ("5", "5:8"), ("5:6", "5:8"), ("www-data", "www-data:8")],
)
def test_a_group_alone_goes_with_the_image_s_user(image_user: str, user: str) -> None:
    pod = pod_of("securityContext: {runAsGroup: 8}")
    assert container_of(pod, image_user=image_user).user == user


def test_an_engine_that_may_not_spare_a_container_is_not_asked_to() -> None:
    assert container_of(pod_of("", LIMITED), lowers_oom_score=False).oom_score_adj == 0
    assert container_of(pod_of(""), lowers_oom_score=False).oom_score_adj == 1000


WHERE = f'(pod: "web_default({UID})", container: a)'


@pytest.mark.parametrize(
    ("spec", "container", "image_user", "message"),
    [
        ("", "", "", None),
        ("securityContext: {runAsNonRoot: false}", "", "", None),
        (
            "securityContext: {runAsNonRoot: true}",
            "",
            "",
            f"container has runAsNonRoot and image will run as root {WHERE}",
        ),
        (
            "securityContext: {runAsNonRoot: true}",
            "",
            "0:5",
            f"container has runAsNonRoot and image will run as root {WHERE}",
        ),
        ("securityContext: {runAsNonRoot: true}", "", "5", None),
        (
            "securityContext: {runAsNonRoot: true}",
            "",
            "nginx:nginx",
            "container has runAsNonRoot and image has non-numeric user (nginx), "
            f"cannot verify user is non-root {WHERE}",
        ),
        ("securityContext: {runAsNonRoot: true, runAsUser: 5}", "", "", None),
        ("securityContext: {runAsNonRoot: true}", "securityContext: {runAsUser: 5}", "", None),
        (
            "securityContext: {runAsNonRoot: true}",
            "securityContext: {runAsUser: 0}",
            "5",
            f"container's runAsUser breaks non-root policy {WHERE}",
        ),
        (
            "securityContext: {runAsNonRoot: true}",
            "securityContext: {runAsNonRoot: false}",
            "",
            None,
        ),
    ],
)
def test_whether_a_container_may_run_as_whom_it_would(
    spec: str, container: str, image_user: str, message: str | None
) -> None:
    pod = pod_of(spec, container)
    if message is None:
        container_of(pod, image_user=image_user)
        return
    with pytest.raises(ContainerConfigError) as raised:
        container_of(pod, image_user=image_user)
    assert str(raised.value) == message
