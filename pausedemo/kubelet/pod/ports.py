"""What the controller of a pod asks of its helpers: hooks, probes, messages, translation, images.

Each may be called from several threads at once, for several pods, but for one pod's one container
from one thread at a time. EngineGone passes through all of them; what else goes wrong is told or
returned as each method says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pausedemo.core.manifest import Container
from pausedemo.core.pods.pod import Pod
from pausedemo.core.pods.podevent import PodEvent
from pausedemo.core.pods.podview import Waiting
from pausedemo.core.pods.status import PodStatus
from pausedemo.core.rules.actions import ContainerStart
from pausedemo.core.rules.health import Health
from pausedemo.engine.port import ContainerConfig
from pausedemo.errors import PausedemoError
from pausedemo.kubelet.translate import ContainerFacts, translate_container, translate_sandbox
from pausedemo.kubelet.volumes import plan_mounts

#: Who is told an event, from the thread in which it happens. Helpers get one when they are made.
Tell = Callable[[Pod, PodEvent], None]
#: Has the pod of that uid looked at soon. Never blocks. The prober gets one when it is made.
Wake = Callable[[str], None]


class ContainerWaits(PausedemoError):
    """A container cannot be started yet: why, as its status tells it, and when to try again."""

    def __init__(self, waiting: Waiting, until: datetime) -> None:
        self.waiting = waiting
        self.until = until
        super().__init__(waiting.message or waiting.reason)


class Images(Protocol):
    """Where a pod's images come from."""

    @property
    def pause(self) -> str:
        """The image of the infra container, on the engine. Raises PausedemoError."""
        ...

    def provide(self, pod: Pod, container: Container) -> str:
        """The image on the engine that a container is made from.

        Tells what it does. ContainerWaits when there is none yet.
        """
        ...


class Translator(Protocol):
    """From a pod to what the engine is asked to create, with all that has to be there for it."""

    def sandbox(
        self, pod: Pod, attempt: int, image: str, labels: Mapping[str, str]
    ) -> ContainerConfig:
        """Describe the sandbox. What it mounts is there then. VolumeError."""
        ...

    def prepare(self, pod: Pod, sandbox_id: str) -> None:
        """Bring the pod's volumes up to date, through a sandbox that runs. VolumeError."""
        ...

    def container(
        self,
        pod: Pod,
        start: ContainerStart,
        sandbox_id: str,
        image: str,
        labels: Mapping[str, str],
    ) -> ContainerConfig:
        """Describe one container. ContainerConfigError."""
        ...


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


@dataclass(frozen=True, slots=True)
class PodImages:
    """Which image on the engine stands for the infra container and for each container's image."""

    pause: str
    containers: Mapping[str, str]

    def provide(self, pod: Pod, container: Container) -> str:
        del pod
        return self.containers[container.image]


class PlainTranslator:
    """Of a pod as it is written: nothing is made for it, and no reference is followed."""

    def sandbox(
        self, pod: Pod, attempt: int, image: str, labels: Mapping[str, str]
    ) -> ContainerConfig:
        return translate_sandbox(pod, attempt, image, labels)

    def prepare(self, pod: Pod, sandbox_id: str) -> None:
        del pod, sandbox_id

    def container(
        self,
        pod: Pod,
        start: ContainerStart,
        sandbox_id: str,
        image: str,
        labels: Mapping[str, str],
    ) -> ContainerConfig:
        spec = next(one for one in pod.spec.all_containers if one.name == start.name)
        facts = ContainerFacts(mounts=plan_mounts(pod, spec))
        return translate_container(pod, start, sandbox_id, image, labels, facts)


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
