"""One pod of a scenario on the engine, and the hooks and probes that a scenario's pods have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pausedemo.clock import Clock
from pausedemo.core.pods.pod import Pod
from pausedemo.core.pods.podrow import PodRow, compute_row
from pausedemo.engine.port import Engine
from pausedemo.kubelet.pod.background import BackgroundController
from pausedemo.kubelet.pod.controller import PodController, PodEvent
from pausedemo.kubelet.reach.nodecontainer import NodeContainer
from pausedemo.kubelet.service.aides import Aides, make_aides


@dataclass(slots=True)
class StagedPod:
    """One pod of the scenario, from its ``apply`` on."""

    controller: PodController
    events: list[PodEvent] = field(default_factory=list)
    background: BackgroundController | None = None

    @property
    def pod(self) -> Pod:
        return self.controller.pod

    def row(self) -> PodRow:
        """The pod as it is now, as kubectl would show it."""
        controller = self.controller
        # What has been observed first is never newer than what its kubelet says of it.
        status = controller.observe()
        return compute_row(controller.pod, status, controller.view, controller.clock.now())


def make_aides_of(
    engine: Engine,
    clock: Clock,
    node: NodeContainer,
    labels: Mapping[str, str],
    list_pods: Callable[[], Sequence[StagedPod]],
) -> Aides:
    """Hooks and probes, as every kubelet has them, for the pods that are listed at the moment.

    What they tell goes to the pod's events, and what they find wakes its kubelet.
    """

    def find(uid: str) -> StagedPod | None:
        return next((staged for staged in list_pods() if staged.pod.uid == uid), None)

    def tell(pod: Pod, event: PodEvent) -> None:
        if staged := find(pod.uid):
            staged.events.append(event)

    def wake(uid: str) -> None:
        staged = find(uid)
        if staged is not None and staged.background is not None:
            staged.background.wake()

    return make_aides(
        engine,
        clock,
        tell=tell,
        wake=wake,
        find_image=node.find_image,
        labels=labels,
        node=node,
    )
