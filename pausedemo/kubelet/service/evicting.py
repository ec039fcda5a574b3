"""Measuring what pods have on disk, for as long as there are pods whose volumes are limited."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from pausedemo.clock import Clock
from pausedemo.core.pods.pod import Pod
from pausedemo.core.rules.eviction import explain_eviction, find_limits
from pausedemo.engine.port import Volumes
from pausedemo.errors import PausedemoError
from pausedemo.kubelet.volumes import name_volume

#: How often the engine is asked. Source: monitoringInterval in kubernetes
#: pkg/kubelet/kubelet.go, evictionMonitoringPeriod.
PERIOD_S: Final = 10.0


class Evictor:
    """Finds pods that hold too much. ``evict`` is told the uid and why, from another thread."""

    def __init__(
        self,
        engine: Volumes,
        clock: Clock,
        evict: Callable[[str, str], None],
        period_s: float = PERIOD_S,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._evict = evict
        self._period_s = period_s
        self._next = clock.monotonic()
        self._measuring = threading.Lock()

    def look(self, pods: Iterable[Pod]) -> float | None:
        """Measure, if it is time to, and return at once; the seconds until the next look.

        None: there is nothing to measure.
        """
        limited = [pod for pod in pods if find_limits(pod)]
        if not limited:
            return None
        now = self._clock.monotonic()
        if now >= self._next:
            self._next = now + self._period_s
            threading.Thread(
                target=self._measure, args=(limited,), name="kubelet-eviction", daemon=True
            ).start()
        return self._next - now

    def _measure(self, pods: list[Pod]) -> None:
        if not self._measuring.acquire(blocking=False):
            # An engine with much on its disk takes longer than the period.
            return
        try:
            sizes = self._engine.measure_volumes()
        except PausedemoError:
            # It measures for somebody else, who asked first, or it has gone: others see that.
            return
        finally:
            self._measuring.release()
        for pod in pods:
            if why := explain_eviction(pod, _find_used(pod, sizes)):
                self._evict(pod.uid, why)


def _find_used(pod: Pod, sizes: Mapping[str, int]) -> dict[str, int]:
    return {name: sizes.get(name_volume(pod.uid, name), 0) for name in find_limits(pod)}
