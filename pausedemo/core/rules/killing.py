"""Which running containers are to be ended, and how long each may take over its end.

Source: computePodActions in kubernetes pkg/kubelet/kuberuntime/kuberuntime_manager.go,
setTerminationGracePeriod and killContainer in kuberuntime_container.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pausedemo.core.manifest import Container
from pausedemo.core.pods.containerhash import compute_hash
from pausedemo.core.pods.pod import Pod
from pausedemo.core.pods.status import ContainerStatus, PodStatus, RunState
from pausedemo.core.rules.health import Health, Unhealthy

#: The least that is left for TERM when a hook or other containers have used up the grace.
LEAST_GRACE_S: Final = 2


@dataclass(frozen=True, slots=True)
class ContainerKill:
    """End this container, and say why; ``grace_s`` is for its hook and for TERM together.

    ``changed``: because it should be another by now, which is started whatever the policy.
    """

    name: str
    container_id: str
    message: str
    grace_s: int
    changed: bool = False


def find_kill(
    pod: Pod,
    container: Container,
    running: ContainerStatus,
    health: Mapping[str, Health],
    what: str = "Container",
) -> ContainerKill | None:
    """Why a running container must go; None when it may stay. The message says no more than that.

    ``what`` is the kubelet's word for its kind.
    """
    if running.spec_hash and running.spec_hash != compute_hash(container):
        words, unhealthy = "definition changed", None
    else:
        known = health.get(running.id)
        unhealthy = known.unhealthy if known else None
        if unhealthy is None:
            return None
        words = f"failed {unhealthy} probe"
    return ContainerKill(
        container.name,
        running.id,
        f"{what} {container.name} {words}",
        compute_grace_s(pod, container, unhealthy),
        changed=unhealthy is None,
    )


def compute_grace_s(pod: Pod, container: Container, unhealthy: Unhealthy | None = None) -> int:
    """The seconds that a container gets for its end: the pod's, unless its probe has its own."""
    if pod.deletion is not None:
        return pod.deletion.grace_s
    probes = {
        Unhealthy.LIVENESS: container.liveness_probe,
        Unhealthy.STARTUP: container.startup_probe,
    }
    probe = probes[unhealthy] if unhealthy else None
    if probe is None or probe.termination_grace_period_seconds is None:
        return pod.spec.termination_grace_period_seconds
    return probe.termination_grace_period_seconds


def compute_turns(pod: Pod, status: PodStatus) -> tuple[tuple[ContainerStatus, ...], ...]:
    """All that runs of a pod, in the order of its end: who is in one group ends at once.

    Main containers and ordinary init containers go first, then the sidecars, last to first.

    Source: pkg/kubelet/kuberuntime/kuberuntime_termination_order.go.
    """
    sidecars = [c.name for c in pod.spec.init_containers if c.is_sidecar]
    running = [one for one in status.containers if one.state is RunState.RUNNING]
    groups = [tuple(one for one in running if one.name not in sidecars)]
    groups += [tuple(one for one in running if one.name == name) for name in reversed(sidecars)]
    return tuple(group for group in groups if group)
