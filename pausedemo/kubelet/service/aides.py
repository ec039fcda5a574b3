"""What acts on running containers for all pods of a kubelet, put together: hooks, probes, messages.

They share one way to ports and one container on the node, which is made when it is first needed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pausedemo.clock import Clock
from pausedemo.engine.port import Engine
from pausedemo.errors import PausedemoError
from pausedemo.kubelet.pod.hooks import LifecycleHooks
from pausedemo.kubelet.pod.ports import Tell, Wake
from pausedemo.kubelet.pod.termination import TerminationMessages
from pausedemo.kubelet.probes import ProbeManager
from pausedemo.kubelet.probes.asking import Asker
from pausedemo.kubelet.reach.dialing import Dialer
from pausedemo.kubelet.reach.nodecontainer import NodeContainer


@dataclass(frozen=True, slots=True)
class Aides:
    """To be closed at the end, which removes the container on the node that is their own."""

    dialer: Dialer
    hooks: LifecycleHooks
    prober: ProbeManager
    messages: TerminationMessages
    ended: threading.Event
    owns_node: bool = True

    def close(self) -> None:
        # First: a probe that is under way must not have the node's container made again.
        self.ended.set()
        self.prober.close()
        if self.owns_node:
            self.dialer.node.close()


def make_aides(
    engine: Engine,
    clock: Clock,
    *,
    tell: Tell,
    wake: Wake,
    find_image: Callable[[], str],
    labels: Mapping[str, str],
    node: NodeContainer | None = None,
) -> Aides:
    """Put them together. Asks nothing of the engine yet.

    ``find_image`` gives an image on the engine that holds busybox; ``labels`` go on the node's
    container, and should name its owner, so that it can be cleaned up after a kill. Neither is
    used with a ``node`` that is somebody else's.
    """
    ended = threading.Event()

    def find_while_needed() -> str:
        if ended.is_set():
            raise PausedemoError("cannot reach the node: the kubelet has ended")
        return find_image()

    dialer = Dialer(node or NodeContainer(engine, find_while_needed, labels))
    return Aides(
        dialer=dialer,
        hooks=LifecycleHooks(engine, dialer, clock, tell),
        prober=ProbeManager(Asker(engine, dialer), clock, tell, wake),
        messages=TerminationMessages(engine),
        ended=ended,
        owns_node=node is None,
    )
