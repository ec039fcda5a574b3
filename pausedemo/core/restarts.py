"""Which containers are to run again once they have ended.

Source: ShouldContainerBeRestarted in kubernetes pkg/kubelet/container/helpers.go.
"""

from __future__ import annotations

from pausedemo.core.manifest import Container, RestartPolicy
from pausedemo.core.pod import Pod
from pausedemo.core.status import ContainerStatus, RunState


def restarts_on_failure(pod: Pod) -> bool:
    """Whether the pod's policy has anything that fails started again."""
    return pod.spec.restart_policy is not RestartPolicy.NEVER


def should_start(pod: Pod, container: Container, latest: ContainerStatus | None) -> bool:
    """Whether a container that does not run is to be started. ``latest`` is its newest one."""
    if latest is None or latest.state is RunState.CREATED:
        return True
    if latest.state is RunState.RUNNING:
        return False
    if container in pod.spec.init_containers:
        return container.is_sidecar or (latest.failed and restarts_on_failure(pod))
    if pod.spec.restart_policy is RestartPolicy.ON_FAILURE:
        return latest.failed
    return restarts_on_failure(pod)
