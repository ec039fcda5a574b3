"""One container, which joins the sandbox: network and IPC always, PID when shared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pausedemo.core import naming
from pausedemo.core.manifest import Container
from pausedemo.core.naming import ContainerName
from pausedemo.core.pods.containerhash import compute_hash
from pausedemo.core.pods.pod import Pod
from pausedemo.core.pods.shares import (
    CPU_PERIOD_US,
    compute_cpu_quota_us,
    compute_cpu_shares,
    compute_memory_bytes,
    compute_oom_score_adj,
)
from pausedemo.core.rules.actions import ContainerStart
from pausedemo.engine.port import ContainerConfig, Mount
from pausedemo.kubelet.translate.identity import label_pod
from pausedemo.kubelet.translate.security import (
    check_non_root,
    choose_groups,
    choose_security_options,
    choose_user,
    is_privileged,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerFacts:
    """What is found out of a container's surroundings just before it is made.

    ``env``, ``command`` and ``args`` with all references resolved; None: as they are written.
    ``mounts``: see ``pausedemo.kubelet.volumes``. ``image_user``: whom the image names, empty for
    root. ``memory_bytes``: the whole machine's, 0 when that is not known. ``lowers_oom_score``:
    whether the engine may; without, no container is spared when memory runs out.
    ``seccomp``: the content of the profile that it names.
    """

    env: Mapping[str, str] | None = None
    command: tuple[str, ...] | None = None
    args: tuple[str, ...] | None = None
    mounts: tuple[Mount, ...] = ()
    image_user: str = ""
    memory_bytes: int = 0
    lowers_oom_score: bool = True
    seccomp: str = ""


def translate_container(
    pod: Pod,
    start: ContainerStart,
    sandbox_id: str,
    image: str,
    extra_labels: Mapping[str, str],
    facts: ContainerFacts | None = None,
) -> ContainerConfig:
    """Describe one container. Raises ContainerConfigError when it must not be as it would be."""
    facts = facts or ContainerFacts()
    spec = pod.spec
    container = next(one for one in spec.all_containers if one.name == start.name)
    check_non_root(pod, container, facts.image_user)
    context, joined = container.security_context, f"container:{sandbox_id}"
    score = compute_oom_score_adj(spec, container, facts.memory_bytes)
    quota_us = compute_cpu_quota_us(container)
    literal = {variable.name: variable.value for variable in container.env}
    return ContainerConfig(
        name=str(
            ContainerName(container.name, pod.name, pod.namespace, pod.uid, start.restart_count)
        ),
        image=image,
        entrypoint=container.command if facts.command is None else facts.command,
        command=container.args if facts.args is None else facts.args,
        env=literal if facts.env is None else facts.env,
        working_dir=container.working_dir or None,
        user=choose_user(spec, container, facts.image_user),
        groups=choose_groups(spec),
        labels=_label(pod, container, start, sandbox_id, extra_labels),
        tty=container.tty,
        open_stdin=container.stdin,
        stdin_once=container.stdin_once,
        network_mode=joined,
        ipc_mode=joined,
        pid_mode="host" if spec.host_pid else joined if pod.shares_pid else None,
        uts_mode="host" if spec.host_network else None,
        mounts=facts.mounts,
        cap_add=context.capabilities.add,
        cap_drop=context.capabilities.drop,
        privileged=is_privileged(container),
        read_only_root=bool(context.read_only_root_filesystem),
        security_options=choose_security_options(spec, container, facts.seccomp),
        memory_bytes=compute_memory_bytes(container),
        cpu_shares=compute_cpu_shares(container),
        cpu_quota_us=quota_us,
        cpu_period_us=None if quota_us is None else CPU_PERIOD_US,
        oom_score_adj=score if facts.lowers_oom_score else max(score, 0),
    )


def _label(
    pod: Pod,
    container: Container,
    start: ContainerStart,
    sandbox_id: str,
    extra_labels: Mapping[str, str],
) -> dict[str, str]:
    annotations = {
        naming.RESTART_COUNT: str(start.restart_count),
        naming.CONTAINER_HASH: compute_hash(container),
    }
    return {
        **naming.make_annotation_labels(annotations),
        **label_pod(pod),
        naming.CONTAINER_NAME: container.name,
        naming.CONTAINER_TYPE: naming.TYPE_CONTAINER,
        naming.SANDBOX_ID: sandbox_id,
        naming.BACK_OFF_S: str(start.back_off_s),
        **extra_labels,
    }
