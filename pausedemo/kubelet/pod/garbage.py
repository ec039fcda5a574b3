"""What of a pod is of no more use on the engine.

Source: kubernetes pkg/kubelet/kuberuntime/kuberuntime_gc.go, MaxPerPodContainer 1.
"""

from __future__ import annotations

from pausedemo.core.pods.status import PodStatus, RunState
from pausedemo.engine.port import Containers


def collect_garbage(engine: Containers, status: PodStatus) -> None:
    """Remove dead containers but the last of each name, and sandboxes nothing belongs to.

    Dead is what does not run, as for the kubelet: also what a killed controller has created and
    never started.
    """
    kept_dead: set[str] = set()
    kept_sandboxes = {status.sandbox.id} if status.sandbox else set()
    for container in status.containers:
        if container.state is not RunState.RUNNING:
            if container.name in kept_dead:
                engine.remove_container(container.id)
                continue
            kept_dead.add(container.name)
        kept_sandboxes.add(container.sandbox_id)
    for sandbox in status.sandboxes:
        if not sandbox.ready and sandbox.id not in kept_sandboxes:
            engine.remove_container(sandbox.id)
