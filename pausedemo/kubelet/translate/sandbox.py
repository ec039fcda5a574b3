"""The infra container, which holds what all containers of a pod share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pausedemo.core import naming
from pausedemo.core.naming import SandboxName
from pausedemo.core.pods.pod import Pod
from pausedemo.engine.port import ContainerConfig, PublishedPort
from pausedemo.kubelet.translate.dns import NodeDNS, choose_dns
from pausedemo.kubelet.translate.identity import choose_domainname, choose_hostname, label_pod
from pausedemo.kubelet.translate.security import choose_groups, is_privileged
from pausedemo.kubelet.volumes.plan import plan_sandbox_mounts

#: dockershim's own: the least share of the processor, and the last to be killed for memory.
SANDBOX_CPU_SHARES: Final = 2
SANDBOX_OOM_SCORE_ADJ: Final = -998


def translate_sandbox(
    pod: Pod,
    attempt: int,
    image: str,
    extra_labels: Mapping[str, str],
    *,
    node_dns: NodeDNS | None = None,
    messages: bool = False,
) -> ContainerConfig:
    """Describe the infra container. The pod's volumes have to be there when it is created.

    ``node_dns``: what the machine itself resolves names by, where that is known. ``messages``:
    its containers' termination messages are kept (see ``pausedemo.kubelet.volumes``).
    """
    spec = pod.spec
    dns = choose_dns(spec, node_dns)
    user = spec.security_context.run_as_user
    group = spec.security_context.run_as_group
    return ContainerConfig(
        name=str(SandboxName(pod.name, pod.namespace, pod.uid, attempt)),
        image=image,
        # A group alone says nothing of the user, which the image knows.
        user=None if user is None else f"{user}" if group is None else f"{user}:{group}",
        groups=choose_groups(spec),
        hostname=None if spec.host_network else choose_hostname(pod),
        domainname=None if spec.host_network else choose_domainname(pod),
        labels={
            **pod.manifest.metadata.labels,
            **naming.make_annotation_labels(pod.manifest.metadata.annotations),
            **label_pod(pod),
            naming.CONTAINER_NAME: naming.SANDBOX_CONTAINER_NAME,
            naming.CONTAINER_TYPE: naming.TYPE_SANDBOX,
            **extra_labels,
        },
        network_mode="host" if spec.host_network else None,
        ipc_mode="host" if spec.host_ipc else "shareable",
        pid_mode="host" if spec.host_pid else None,
        mounts=plan_sandbox_mounts(pod, messages=messages),
        ports=_choose_ports(pod),
        dns_servers=dns.nameservers,
        dns_searches=dns.searches,
        dns_options=dns.options,
        # Docker shows all who share the sandbox's network its /etc/hosts.
        extra_hosts=tuple(
            (name, alias.ip) for alias in spec.host_aliases for name in alias.hostnames
        ),
        sysctls={one.name: one.value for one in spec.security_context.sysctls},
        # As the kubelet: the sandbox of a privileged container is itself privileged.
        privileged=any(map(is_privileged, spec.all_containers)),
        cpu_shares=SANDBOX_CPU_SHARES,
        oom_score_adj=SANDBOX_OOM_SCORE_ADJ,
    )


def _choose_ports(pod: Pod) -> tuple[PublishedPort, ...]:
    """The ports that are published; on the host's own network they are there by themselves."""
    if pod.spec.host_network:
        return ()
    listening = [
        *(one for one in pod.spec.init_containers if one.is_sidecar),
        *pod.spec.containers,
    ]
    return tuple(
        PublishedPort(port.container_port, port.host_port, port.protocol.lower(), port.host_ip)
        for container in listening
        for port in container.ports
        if port.host_port
    )
