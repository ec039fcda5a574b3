"""Which containers are to run again once they have ended.

Source: ShouldContainerBeRestarted in kubernetes pkg/kubelet/container/helpers.go.
"""

from __future__ import annotations

from pausedemo.core.manifest import Container, RestartPolicy
from pausedemo.core.pods.pod import Pod
from pausedemo.core.pods.status import ContainerStatus, RunState


def is_init(pod: Pod, container: Container) -> bool:
    """Whether it is one of the pod's init containers; names are unique within a pod."""
    return any(one.name == container.name for one in pod.spec.init_containers)


def restarts_on_failure(pod: Pod) -> bool:
    """Whether the pod's policy has anything that fails started again."""
    return pod.spec.restart_policy is not RestartPolicy.NEVER


def should_start(pod: Pod, container: Container, latest: ContainerStatus | None) -> bool:
    """Whether a container that does not run is to be started. ``latest`` is its newest one."""
    if latest is None or latest.state is RunState.CREATED:
        return True
    if latest.state is RunState.RUNNING:
        return False
    if is_init(pod, container):
        return container.is_sidecar or (latest.failed and restarts_on_failure(pod))
    if pod.spec.restart_policy is RestartPolicy.ON_FAILURE:
        return latest.failed
    return restarts_on_failure(pod)
