"""What the controller of a pod asks of its helpers: hooks, probes, messages, volumes, images.

Each may be called from several threads at once, for several pods, but for one pod's one container
from one thread at a time. EngineGone passes through all of them; what else goes wrong is told or
returned as each method says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from pausedemo.core.health import Health
from pausedemo.core.manifest import Container
from pausedemo.core.pod import Pod
from pausedemo.core.podevent import PodEvent
from pausedemo.core.status import PodStatus

#: Who is told an event, from the thread in which it happens. Helpers get one when they are made.
Tell = Callable[[Pod, PodEvent], None]
#: Has the pod of that uid looked at soon. Never blocks. The prober gets one when it is made.
Wake = Callable[[str], None]


class Hooks(Protocol):
    """Lifecycle hooks. A container without the hook: nothing is done."""

    def post_start(self, pod: Pod, container: Container, container_id: str) -> bool:
        """Run the hook to its end; whether it went well.

        Tells ``FailedPostStartHook`` when it did not; the caller ends the container then.
        """
        ...

    def pre_stop(self, pod: Pod, container: Container, container_id: str, grace_s: int) -> int:
        """Run the hook, for ``grace_s`` seconds at most; the whole seconds that it took.

        Tells ``FailedPreStopHook``. Is asked only when ``grace_s`` is more than 0.
        """
        ...


class Prober(Protocol):
    """Probes of the running containers of all pods of a kubelet."""

    def follow(self, pod: Pod, status: PodStatus) -> None:
        """Probe what runs now of a pod, and no longer what has ended. Never blocks.

        Called after every pass over the pod. Results that change wake the pod.
        """
        ...

    def forget(self, uid: str) -> None:
        """Probe nothing of that pod any longer; called before its containers are ended for good."""
        ...

    def results(self, pod: Pod) -> Mapping[str, Health]:
        """What is known now, by container id; of a container without probes nothing need be."""
        ...


class Messages(Protocol):
    """Termination messages."""

    def read(self, pod: Pod, container: Container, container_id: str) -> str:
        """What a container that has ended left to be told; "" when nothing or unreadable."""
        ...


class NoHooks:
    """Of a pod without hooks, or a caller who runs none."""

    def post_start(self, pod: Pod, container: Container, container_id: str) -> bool:
        del pod, container, container_id
        return True

    def pre_stop(self, pod: Pod, container: Container, container_id: str, grace_s: int) -> int:
        del pod, container, container_id, grace_s
        return 0


class NoProber:
    """Probes nothing: what runs is started, and ready unless it has probes."""

    def follow(self, pod: Pod, status: PodStatus) -> None:
        del pod, status

    def forget(self, uid: str) -> None:
        del uid

    def results(self, pod: Pod) -> Mapping[str, Health]:
        del pod
        return {}


class NoMessages:
    """Reads none."""

    def read(self, pod: Pod, container: Container, container_id: str) -> str:
        del pod, container, container_id
        return ""
