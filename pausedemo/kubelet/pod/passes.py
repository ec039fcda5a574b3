"""Passes over one pod, again and again: at events, when something is due, and now and then."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pausedemo.core import naming
from pausedemo.core.pods.pod import Pod
from pausedemo.core.pods.podevent import PodEvent
from pausedemo.engine.port import EventStream
from pausedemo.errors import EngineGone, PausedemoError
from pausedemo.kubelet.pod.controller import PodController
from pausedemo.kubelet.pod.starting import SandboxRefused
from pausedemo.kubelet.volumes import VolumeError

#: How long the loop trusts that no event was lost.
RESYNC_S: Final = 10.0
#: How long it waits after a pass that the engine refused; twice as long each time, up to the other.
RETRY_S: Final = 1.0
LONGEST_RETRY_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a pass ended. ``due``: when the next is due without an event; None: never.

    ``failed``: it was refused, and only ``due`` counts, since its own events would wake it at
    once. ``removable``: the pod is deleted, and nothing of it runs any more.
    """

    due: datetime | None = None
    failed: bool = False
    removable: bool = False


class Passes:
    """One pod's passes. What the engine refuses is told as an event and tried again."""

    def __init__(self, controller: PodController) -> None:
        self.controller = controller
        self._failures = 0
        self._changed: Pod | None = None

    def change(self, pod: Pod) -> None:
        """Put the pod as it is wanted from the next pass on in its place; from any thread."""
        self._changed = pod

    def run_one(self) -> Outcome:
        """One pass over the pod. Raises EngineGone only."""
        controller = self.controller
        if self._changed is not None:
            controller.pod, self._changed = self._changed, None
        try:
            actions = controller.sync()
        except EngineGone:
            raise
        except PausedemoError as error:
            if not isinstance(error, SandboxRefused | VolumeError):
                words = f"error: {error}"
                controller.record(PodEvent("Warning", "FailedSync", words, controller.clock.now()))
            delay_s = min(RETRY_S * 2 ** min(self._failures, 8), LONGEST_RETRY_S)
            self._failures += 1
            return Outcome(controller.clock.now() + timedelta(seconds=delay_s), failed=True)
        self._failures = 0
        return Outcome(controller.compute_due(actions), removable=actions.remove)

    def run(
        self,
        stop: threading.Event,
        wake: threading.Event,
        resync_s: float = RESYNC_S,
        enough: Callable[[Outcome], bool] = lambda _outcome: False,
    ) -> None:
        """Pass at once, at every event, when something is due, and after ``resync_s`` at most.

        Returns soon after ``stop`` and then ``wake`` are set, when nothing runs any more of a pod
        that is deleted, and after a pass whose outcome is ``enough``. Raises EngineGone when the
        engine does not answer any more.
        """
        engine, uid = self.controller.engine, self.controller.pod.uid
        with engine.events({naming.POD_UID: uid}) as stream:
            gone: list[EngineGone] = []
            listener = threading.Thread(
                target=self._listen, args=(stream, wake, gone), name="pod-events", daemon=True
            )
            listener.start()
            try:
                while not stop.is_set():
                    wake.clear()
                    outcome = self.run_one()
                    if gone:
                        raise gone[0]
                    if outcome.removable or enough(outcome):
                        return
                    self._wait(outcome, stop, wake, resync_s)
            finally:
                stream.close()
                listener.join(timeout=RETRY_S)

    def _wait(
        self, outcome: Outcome, stop: threading.Event, wake: threading.Event, resync_s: float
    ) -> None:
        clock = self.controller.clock
        pause_s = resync_s
        if outcome.due is not None:
            pause_s = max(0.0, min(pause_s, (outcome.due - clock.now()).total_seconds()))
        clock.wait(stop if outcome.failed else wake, pause_s)

    def _listen(self, stream: EventStream, wake: threading.Event, gone: list[EngineGone]) -> None:
        try:
            for event in stream:
                if event.action == "die":
                    self.controller.await_end(event.container_id)
                wake.set()
        except EngineGone as error:
            gone.append(error)
        finally:
            wake.set()
