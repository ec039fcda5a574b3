"""A pod to what the engine is asked to create: its sandbox and its containers.

Source: dockershim's docker_sandbox.go and docker_container.go, today in Mirantis/cri-dockerd.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pausedemo.core import naming
from pausedemo.core.actions import ContainerStart
from pausedemo.core.containerhash import compute_hash as compute_hash
from pausedemo.core.naming import ContainerName, SandboxName
from pausedemo.core.pod import Pod
from pausedemo.engine.port import ContainerConfig

#: dockershim's own: the least share of the processor, and the last to be killed for memory.
SANDBOX_CPU_SHARES: Final = 2
SANDBOX_OOM_SCORE_ADJ: Final = -998
#: A host name has at most 64 bytes on Linux; the kubelet cuts at 63 (hostname(7), RFC 1123).
HOSTNAME_LENGTH: Final = 63


def translate_sandbox(
    pod: Pod, attempt: int, image: str, extra_labels: Mapping[str, str]
) -> ContainerConfig:
    """Describe the infra container that holds the pod's namespaces."""
    spec = pod.spec
    return ContainerConfig(
        name=str(SandboxName(pod.name, pod.namespace, pod.uid, attempt)),
        image=image,
        hostname=None if spec.host_network else _hostname(pod),
        labels={
            **pod.manifest.metadata.labels,
            **naming.make_annotation_labels(pod.manifest.metadata.annotations),
            **_pod_labels(pod),
            naming.CONTAINER_NAME: naming.SANDBOX_CONTAINER_NAME,
            naming.CONTAINER_TYPE: naming.TYPE_SANDBOX,
            **extra_labels,
        },
        network_mode="host" if spec.host_network else None,
        ipc_mode="host" if spec.host_ipc else "shareable",
        pid_mode="host" if spec.host_pid else None,
        cpu_shares=SANDBOX_CPU_SHARES,
        oom_score_adj=SANDBOX_OOM_SCORE_ADJ,
    )


def translate_container(
    pod: Pod,
    start: ContainerStart,
    sandbox_id: str,
    image: str,
    extra_labels: Mapping[str, str],
) -> ContainerConfig:
    """Describe one container that joins the sandbox: network and IPC always, PID when shared."""
    container = next(c for c in pod.spec.all_containers if c.name == start.name)
    annotations = {
        naming.RESTART_COUNT: str(start.restart_count),
        naming.CONTAINER_HASH: compute_hash(container),
    }
    joined = f"container:{sandbox_id}"
    return ContainerConfig(
        name=str(
            ContainerName(container.name, pod.name, pod.namespace, pod.uid, start.restart_count)
        ),
        image=image,
        entrypoint=container.command,
        command=container.args,
        env={variable.name: variable.value for variable in container.env},
        working_dir=container.working_dir,
        labels={
            **naming.make_annotation_labels(annotations),
            **_pod_labels(pod),
            naming.CONTAINER_NAME: container.name,
            naming.CONTAINER_TYPE: naming.TYPE_CONTAINER,
            naming.SANDBOX_ID: sandbox_id,
            naming.BACK_OFF_S: str(start.back_off_s),
            **extra_labels,
        },
        network_mode=joined,
        ipc_mode=joined,
        pid_mode="host" if pod.spec.host_pid else joined if pod.shares_pid else None,
    )


def _pod_labels(pod: Pod) -> dict[str, str]:
    return {
        naming.POD_NAME: pod.name,
        naming.POD_NAMESPACE: pod.namespace,
        naming.POD_UID: pod.uid,
        naming.POD_CREATED_AT: pod.created_at.isoformat(timespec="seconds"),
    }


def _hostname(pod: Pod) -> str:
    return (pod.spec.hostname or pod.name)[:HOSTNAME_LENGTH].rstrip(".-")
