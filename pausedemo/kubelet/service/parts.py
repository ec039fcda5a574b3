"""What the controllers of all pods of an engine share, put together once."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from pausedemo.clock import Clock
from pausedemo.core import naming
from pausedemo.core.pods.pod import Pod
from pausedemo.core.pods.podevent import PodEvent
from pausedemo.core.pods.podview import PodView
from pausedemo.engine.port import Engine
from pausedemo.errors import Conflict, PausedemoError
from pausedemo.images.resolve import ImageResolver, Policy
from pausedemo.kubelet.objects.events import EventRecorder
from pausedemo.kubelet.objects.podleases import PodLeases
from pausedemo.kubelet.objects.pods import Pods
from pausedemo.kubelet.objects.store import Store
from pausedemo.kubelet.owner import Owner
from pausedemo.kubelet.pod.controller import PodController
from pausedemo.kubelet.pod.ports import (
    Hooks,
    Images,
    Messages,
    Prober,
    Tell,
    Translator,
    Wake,
)
from pausedemo.kubelet.pod.pulling import Pulling
from pausedemo.kubelet.pod.tools import EngineLimits, label_kept
from pausedemo.kubelet.pod.translating import PodTranslator, find_kept
from pausedemo.kubelet.service.aides import make_aides

#: How many containers are made and started at the same time, of all pods together: an engine
#: that is asked for more only lets them wait for each other.
STARTS_AT_ONCE: Final = 6
#: What probes and hooks reach the network of pods through, where they cannot themselves.
NODE_IMAGE: Final = "busybox"


@dataclass(slots=True)
class KubeletParts:
    """What looks after pods, whichever these are. ``tell`` hears every event."""

    engine: Engine
    clock: Clock
    tell: Tell
    images: Images
    hooks: Hooks
    prober: Prober
    messages: Messages
    translator: Translator
    store: Store
    pods: Pods
    leases: PodLeases
    recorder: EventRecorder
    limits: EngineLimits = field(default_factory=EngineLimits)
    gate: AbstractContextManager[object] = field(
        default_factory=lambda: threading.BoundedSemaphore(STARTS_AT_ONCE)
    )

    end: Callable[[], None] = lambda: None

    def close(self) -> None:
        """Keep what was told, and leave nothing that this process has made for itself."""
        self.recorder.close()
        with contextlib.suppress(PausedemoError):
            self.end()

    def make_controller(self, pod: Pod, view: PodView) -> PodController:
        """The controller of one pod that the engine keeps."""

        def record(event: PodEvent) -> None:
            self.tell(pod, event)

        def keep_view(told: PodView) -> None:
            try:
                self.pods.set_view(pod, told)
            except Conflict:
                # Another has said it at this moment; what it cannot know comes with the next.
                self.pods.set_view(pod, told)

        return PodController(
            engine=self.engine,
            pod=pod,
            images=self.images,
            clock=self.clock,
            labels=label_kept(pod),
            limits=self.limits,
            record=record,
            hooks=self.hooks,
            prober=self.prober,
            messages=self.messages,
            translator=self.translator,
            gate=self.gate,
            view=view,
            keep_view=keep_view,
        )


def make_parts(
    engine: Engine,
    clock: Clock,
    *,
    hear: Tell,
    wake: Wake,
    policy: Policy = Policy.AUTO,
    images: Callable[[Tell], Images] | None = None,
) -> KubeletParts:
    """All that looks after an engine's pods.

    ``hear`` is told every event after it was recorded; ``wake`` is asked for a pass over a pod
    when its probes have found out something new. ``images`` makes another source of images.
    """
    store = Store(engine)
    recorder = EventRecorder(store, clock)

    def tell(pod: Pod, event: PodEvent) -> None:
        recorder.tell(pod, event)
        hear(pod, event)

    source = images(tell) if images else Pulling(engine, clock, tell, policy)
    limits = EngineLimits()
    aides = make_aides(
        engine,
        clock,
        tell=tell,
        wake=wake,
        find_image=lambda: ImageResolver(engine, policy).resolve(NODE_IMAGE).used,
        labels={naming.OWNER: str(Owner.this_process()), naming.RUN: "kubelet-node"},
    )
    return KubeletParts(
        engine=engine,
        clock=clock,
        tell=tell,
        images=source,
        hooks=aides.hooks,
        prober=aides.prober,
        messages=aides.messages,
        translator=PodTranslator(
            engine, clock, source, limits, tell, find_objects=partial(find_kept, store)
        ),
        store=store,
        pods=Pods(store),
        leases=PodLeases(store, clock),
        recorder=recorder,
        limits=limits,
        end=aides.close,
    )
