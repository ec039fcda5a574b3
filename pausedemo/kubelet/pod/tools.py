"""What all that is done for one pod has in common: its engine, its helpers, and who is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from pausedemo.clock import Clock
from pausedemo.core import naming
from pausedemo.core.pods.pod import Pod
from pausedemo.core.pods.podevent import PodEvent
from pausedemo.engine.port import Engine
from pausedemo.kubelet.pod.ports import Hooks, Images, NoHooks, PlainTranslator, Translator


def label_kept(pod: Pod) -> dict[str, str]:
    """What all bears that is made for a pod that the engine keeps: it outlives its maker."""
    return {naming.OWNER: naming.ENGINE_OWNER, naming.RUN: pod.uid}


@dataclass(slots=True)
class EngineLimits:
    """What an engine turned out not to be able to do; shared by the controllers of one engine.

    Lowering an OOM score takes CAP_SYS_RESOURCE (proc(5), oom_score_adj), which an engine inside
    a container or a small virtual machine may lack; it then refuses to start the sandbox.
    """

    lowers_oom_score: bool = True


@dataclass(slots=True)
class PodTools:
    """For one pod. ``gate`` is held while something is made and started on the engine."""

    engine: Engine
    pod: Pod
    images: Images
    clock: Clock
    labels: Mapping[str, str] = field(default_factory=dict)
    limits: EngineLimits = field(default_factory=EngineLimits)
    record: Callable[[PodEvent], None] = lambda _event: None
    hooks: Hooks = field(default_factory=NoHooks)
    translator: Translator = field(default_factory=PlainTranslator)
    gate: AbstractContextManager[object] = field(default_factory=nullcontext)

    def tell(self, level: str, reason: str, message: str, container: str = "") -> None:
        """Tell an event of the pod, or of one of its containers."""
        self.record(PodEvent(level, reason, message, self.clock.now(), container))

    def pause(self, seconds: float) -> None:
        """Let time pass, with nothing to wait for."""
        self.clock.wait(threading.Event(), seconds)
