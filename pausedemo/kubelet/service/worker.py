"""One pod of many: passes over it when it is woken, in a thread that ends when it is at rest."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from pausedemo.core import naming
from pausedemo.core.pods.pod import Pod
from pausedemo.core.pods.podview import PodView
from pausedemo.core.rules.killing import compute_turns
from pausedemo.core.values.references import find_references
from pausedemo.errors import EngineGone, PausedemoError
from pausedemo.kubelet.pod.observe import Outline, outline_status
from pausedemo.kubelet.pod.passes import LONGEST_RETRY_S, Outcome, Passes
from pausedemo.kubelet.pod.removing import remove_pod
from pausedemo.kubelet.service.parts import KubeletParts
from pausedemo.kubelet.threads import do_all


class PodWorker:
    """Passes over one pod, never two at once. A pod at rest costs nothing but memory.

    ``due`` is called when a time is known at which the pod is to be looked at again, ``failed``
    with what ends all passes, as EngineGone, and ``removed`` when nothing is left of the pod.
    """

    def __init__(
        self,
        parts: KubeletParts,
        pod: Pod,
        view: PodView,
        *,
        due: Callable[[str, datetime], None],
        failed: Callable[[Exception], None],
        removed: Callable[[str], None],
    ) -> None:
        self._parts = parts
        self._passes = Passes(parts.make_controller(pod, view))
        self._due = due
        self._failed = failed
        self._removed = removed
        self._pod = pod
        self._sources = _name_sources(pod)
        self._refreshing = False
        self._excess = ""
        self._ends: list[str] = []
        self._lock = threading.Lock()
        self._idle = threading.Condition(self._lock)
        self._wanted = False
        self._running = False
        self._closed = False
        self._not_before: datetime | None = None

    @property
    def pod(self) -> Pod:
        """The pod as it is wanted now."""
        return self._pod

    @property
    def sources(self) -> frozenset[str]:
        """What the volumes are called that hold what the pod refers to, without generations."""
        return self._sources

    def has_seen(self, outline: Outline) -> bool:
        """Whether its last pass left the pod's containers like that."""
        seen = self._passes.controller.seen
        return seen is not None and outline_status(seen) == outline

    def refresh(self) -> None:
        """Look at the pod soon: something that it refers to has come or changed."""
        with self._lock:
            self._refreshing = True
        self.wake(at_once=True)

    def evict(self, message: str) -> None:
        """End the pod for good soon, for this reason."""
        with self._lock:
            self._excess = message
        self.wake(at_once=True)

    def change(self, pod: Pod) -> None:
        """Put the pod as it is wanted from now on in its place, and look at it."""
        before, self._pod = self._pod, pod
        self._sources = _name_sources(pod)
        # Its labels may be in a volume.
        self.refresh()
        if pod.deletion and before.deletion and pod.deletion.grace_s < before.deletion.grace_s:
            self._hurry(pod, pod.deletion.grace_s)

    def wake(self, ended: str = "", *, at_once: bool = False) -> None:
        """Look at the pod soon. ``ended``: the container whose end is the reason.

        While a pass that was refused waits to be tried again, only ``at_once`` counts: its own
        events would wake it without an end.
        """
        with self._lock:
            if ended:
                self._ends.append(ended)
            if at_once:
                self._not_before = None
            held = self._not_before is not None and self._parts.clock.now() < self._not_before
            if self._closed or held:
                return
            self._wanted = True
            if not self._running:
                self._running = True
                threading.Thread(
                    target=self._run, name=f"pod {self._pod.name}", daemon=True
                ).start()

    def close(self) -> None:
        """Begin nothing more."""
        with self._lock:
            self._closed = True

    def wait_until_idle(self, timeout_s: float) -> bool:
        """Wait for the end of the pass that is under way; whether there is none any more."""
        with self._idle:
            return self._idle.wait_for(lambda: not self._running, timeout_s)

    def _run(self) -> None:
        try:
            while self._take():
                self._pass_once()
        except Exception as error:  # noqa: BLE001 - raised again in the kubelet's own thread
            self._failed(error)
        finally:
            with self._idle:
                self._running = False
                self._idle.notify_all()

    def _take(self) -> bool:
        """Whether there is something to do; what was asked for so far is done by the next pass."""
        with self._idle:
            if self._closed or not self._wanted:
                self._running = False
                self._idle.notify_all()
                return False
            self._wanted = False
            return True

    def _pass_once(self) -> None:
        controller = self._passes.controller
        with self._lock:
            ends, self._ends = self._ends, []
            refreshing, self._refreshing = self._refreshing, False
        for container_id in ends:
            controller.await_end(container_id)
        if refreshing:
            controller.refresh()
        if self._excess:
            controller.evict(self._excess)
        pod = controller.pod = self._pod
        done = self._passes.run_one()
        outcome = self._remove() if done.removable else done
        if outcome is None:
            self.close()
            return
        with self._lock:
            refused = outcome.failed and pod is self._pod
            self._not_before = outcome.due if refused else None
            if refused:
                self._wanted = False
        if outcome.due is not None:
            self._due(self._pod.uid, outcome.due)

    def _remove(self) -> Outcome | None:
        """Remove what is left of a deleted pod; None when nothing is."""
        parts = self._parts
        parts.prober.forget(self._pod.uid)
        try:
            remove_pod(parts.engine, parts.pods, parts.recorder, self._pod)
        except EngineGone:
            raise
        except PausedemoError:
            # In use by somebody at this moment, most likely.
            again = parts.clock.now() + timedelta(seconds=LONGEST_RETRY_S)
            return Outcome(again, failed=True)
        self._removed(self._pod.uid)
        return None

    def _hurry(self, pod: Pod, grace_s: int) -> None:
        """End what is being ended with less grace than it was promised: the engine takes both."""

        def hurry() -> None:
            try:
                status = self._passes.controller.observe()
                running = [one for group in compute_turns(pod, status) for one in group]
                stop = self._parts.engine.stop_container
                do_all([partial(stop, one.id, grace_s) for one in running], "hurry")
            except PausedemoError:
                # The pass that is under way meets the same, and deals with it.
                return

        threading.Thread(target=hurry, name=f"hurry {pod.name}", daemon=True).start()


def _name_sources(pod: Pod) -> frozenset[str]:
    return frozenset(
        naming.strip_generation(naming.make_object_name(one.kind, pod.namespace, one.name, 0))
        for one in find_references(pod)
    )
