"""One kubelet at a time on an engine: a container is the lock, and its name makes it one.

The engine lets one container bear a name, and ends this one when its kubelet's connection goes,
however the kubelet ended. No time-out is waited for, and nothing is left to tidy up.
"""

from __future__ import annotations

import contextlib
import threading
from datetime import timedelta
from typing import Final

from pausedemo.clock import Clock
from pausedemo.core import naming
from pausedemo.engine.port import ContainerConfig, ContainerState, Engine, Holding
from pausedemo.errors import Conflict, EngineGone, NotFound, PausedemoError

_LABELS: Final = {naming.RUN: "kubelet", naming.OWNER: naming.ENGINE_OWNER}
#: What a kubelet that was killed between making its lock and starting it leaves counts no more
#: after so long.
STALE_S: Final = 10.0
#: How often one that stands by looks, should an event be lost.
STANDBY_POLL_S: Final = 10.0


def is_kubelet_running(engine: Engine) -> bool:
    """Whether a kubelet looks after this engine's pods."""
    try:
        return engine.inspect_container(naming.KUBELET_LOCK).state is ContainerState.RUNNING
    except NotFound:
        return False


class Lease:
    """The right to look after an engine's pods. ``image`` has a ``cat``."""

    def __init__(self, engine: Engine, clock: Clock, image: str) -> None:
        self._engine = engine
        self._clock = clock
        self._image = image

    def try_take(self) -> Holding | None:
        """Take it, if nobody has it; who has it gives it back by ``close`` or by ending."""
        config = ContainerConfig(
            name=naming.KUBELET_LOCK,
            image=self._image,
            entrypoint=("cat",),
            labels=_LABELS,
            network_mode="none",
        )
        try:
            return self._engine.hold_container(config)
        except Conflict:
            self._remove_stale()
            return None

    def wait_until_free(self, stop: threading.Event) -> None:
        """Stand by: return when it may be free, or when ``stop`` is set. EngineGone."""
        freed = threading.Event()
        gone: list[EngineGone] = []

        with self._engine.events(_LABELS) as stream:

            def listen() -> None:
                try:
                    for event in stream:
                        if event.action in ("die", "destroy"):
                            freed.set()
                except EngineGone as error:
                    gone.append(error)
                    freed.set()

            listener = threading.Thread(target=listen, name="lease-events", daemon=True)
            listener.start()
            try:
                # It may have become free before the events were listened to.
                while self._is_taken() and not (freed.is_set() or stop.is_set()):
                    self._wait(freed, stop)
            finally:
                stream.close()
                listener.join(1)
        if gone:
            raise gone[0]

    def _wait(self, freed: threading.Event, stop: threading.Event) -> None:
        deadline = self._clock.monotonic() + STANDBY_POLL_S
        while not stop.is_set() and self._clock.monotonic() < deadline:
            if self._clock.wait(freed, 0.5):
                return

    def _is_taken(self) -> bool:
        try:
            self._engine.inspect_container(naming.KUBELET_LOCK)
        except NotFound:
            return False
        return True

    def _remove_stale(self) -> None:
        """Remove what its kubelet never started, or what the engine failed to remove."""
        with contextlib.suppress(PausedemoError):
            info = self._engine.inspect_container(naming.KUBELET_LOCK)
            if info.labels.get(naming.RUN) != _LABELS[naming.RUN]:
                return
            ended = info.state in (ContainerState.EXITED, ContainerState.DEAD)
            old = self._clock.now() - info.created_at > timedelta(seconds=STALE_S)
            if ended or (info.state is ContainerState.CREATED and old):
                self._engine.remove_container(info.id)
