"""What the controllers of all pods of an engine share, put together once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Final

from pausedemo.clock import Clock
from pausedemo.core.pod import Pod
from pausedemo.core.podevent import PodEvent
from pausedemo.core.podview import PodView
from pausedemo.engine.port import Engine
from pausedemo.errors import Conflict
from pausedemo.images.resolve import Policy
from pausedemo.kubelet.controller import PodController
from pausedemo.kubelet.events import EventRecorder
from pausedemo.kubelet.objects import Pods
from pausedemo.kubelet.ports import (
    Hooks,
    Images,
    Messages,
    NoHooks,
    NoMessages,
    NoProber,
    Prober,
    Tell,
    Translator,
    Wake,
)
from pausedemo.kubelet.pulling import Pulling
from pausedemo.kubelet.store import Store
from pausedemo.kubelet.tools import EngineLimits, label_kept
from pausedemo.kubelet.translating import StoredTranslator

#: How many containers are made and started at the same time, of all pods together: an engine
#: that is asked for more only lets them wait for each other.
STARTS_AT_ONCE: Final = 6


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
    recorder: EventRecorder
    limits: EngineLimits = field(default_factory=EngineLimits)
    gate: AbstractContextManager[object] = field(
        default_factory=lambda: threading.BoundedSemaphore(STARTS_AT_ONCE)
    )

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
    del wake
    store = Store(engine)
    recorder = EventRecorder(store, clock)

    def tell(pod: Pod, event: PodEvent) -> None:
        recorder.tell(pod, event)
        hear(pod, event)

    source = images(tell) if images else Pulling(engine, clock, tell, policy)
    limits = EngineLimits()
    return KubeletParts(
        engine=engine,
        clock=clock,
        tell=tell,
        images=source,
        hooks=NoHooks(),
        prober=NoProber(),
        messages=NoMessages(),
        translator=StoredTranslator(engine, clock, store, source, limits, tell),
        store=store,
        pods=Pods(store),
        recorder=recorder,
        limits=limits,
    )
