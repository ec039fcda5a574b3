"""Pods beside a kubelet that may end at any moment: what it leaves undone, its client does.

Who asks for a pod's start or end leaves it to the kubelet where one runs. That one may end before
it has done so, or have ended already and leave a lock that the engine has not ended yet. And one
may come at any moment: who begins with a pod says so first, by a lease, and then looks for a
kubelet; the kubelet takes its lock first, and then looks for leases. So one of the two always sees
the other, and never do two work on a pod.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Final

from pausedemo.clock import Clock
from pausedemo.core import naming
from pausedemo.core.pods.pod import Pod
from pausedemo.engine.port import Engine
from pausedemo.errors import PausedemoError, Refused
from pausedemo.kubelet.objects.podleases import PodLeases
from pausedemo.kubelet.objects.pods import Pods
from pausedemo.kubelet.objects.store import Store
from pausedemo.kubelet.pod.single import tear_down
from pausedemo.kubelet.service.lease import is_kubelet_running
from pausedemo.kubelet.threads import do_all
from pausedemo.kubelet.watching import watch_changes

#: How long there must be no kubelet: one that stands by takes over in less.
HANDOVER_S: Final = 1.0
#: How long a kubelet may take to begin with a new pod before it is no longer watched doing so.
TAKE_UP_S: Final = 5.0
#: How often it is looked whether there is a kubelet.
LOOK_S: Final = 0.25


class _Absence:
    """How long there has been no kubelet on an engine."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._since: float | None = None

    def lasts(self) -> bool:
        """Whether nobody is going to take over; to be asked again and again."""
        now = self._clock.monotonic()
        if is_kubelet_running(self._engine):
            self._since = None
        elif self._since is None:
            self._since = now
        return self._since is not None and now - self._since >= HANDOVER_S


def end_pods(
    engine: Engine,
    clock: Clock,
    uids: Iterable[str],
    *,
    wait: bool,
    remaining_s: Callable[[], float],
) -> None:
    """See to the end of pods that are marked as deleted.

    Where no kubelet runs they are taken down, with their grace. Where one does, its work is
    waited for, and taken over when it ends; not ``wait``: it is left alone. Raises Refused, in
    kubectl's words, when the time is over before.
    """
    pods = Pods(Store(engine))
    left = _find(pods, uids)
    if left and not is_kubelet_running(engine):
        _take_down(engine, clock, pods, left)
    elif left and wait:
        with watch_changes(engine) as watch:
            absence = _Absence(engine, clock)
            while left := _find(pods, left):
                if absence.lasts():
                    _take_down(engine, clock, pods, left)
                    return
                left_s = remaining_s()
                if left_s <= 0:
                    name = next(iter(left.values())).name
                    raise Refused(f"error: timed out waiting for the condition on pods/{name}")
                watch.wait(min(left_s, LOOK_S))


@contextlib.contextmanager
def take_neglected(engine: Engine, clock: Clock, pods: Iterable[Pod]) -> Iterator[tuple[Pod, ...]]:
    """Those pods that nobody begins with, ours for the block: a kubelet that comes leaves them be.

    They are all where no kubelet runs, else those that it left. It is given ``TAKE_UP_S`` for its
    beginning.
    """
    leases = PodLeases(Store(engine), clock)
    taken: list[Pod] = []
    try:
        left = _find_neglected(engine, clock, pods)
        while left:
            for pod in left:
                # Not ours: somebody else has just begun with it.
                if leases.take(pod):
                    taken.append(pod)
            if not (taken and is_kubelet_running(engine)):
                break
            _release(leases, taken)
            left = _find_neglected(engine, clock, taken)
            taken = []
        yield tuple(taken)
    finally:
        _release(leases, taken)


def _release(leases: PodLeases, pods: Iterable[Pod]) -> None:
    for pod in pods:
        with contextlib.suppress(PausedemoError):
            # The engine has gone, most likely; whoever finds the lease sees that we have, too.
            leases.release(pod)


def _find_neglected(engine: Engine, clock: Clock, pods: Iterable[Pod]) -> tuple[Pod, ...]:
    """Those pods that no kubelet begins with, known as soon as it has begun with the others."""
    left = tuple(pods)
    if not left or not is_kubelet_running(engine):
        return left
    absence = _Absence(engine, clock)
    deadline = clock.monotonic() + TAKE_UP_S
    with watch_changes(engine) as watch:
        while True:
            rows = engine.list_containers({naming.POD_UID: None})
            begun = {row.labels[naming.POD_UID] for row in rows}
            left = tuple(pod for pod in left if pod.uid not in begun)
            if not left or absence.lasts():
                return left
            if clock.monotonic() >= deadline:
                # It has its reasons, which the pod's events tell.
                return ()
            watch.wait(LOOK_S)


def _find(pods: Pods, uids: Iterable[str]) -> dict[str, Pod]:
    """Those pods that are still there, by uid."""
    wanted = frozenset(uids)
    return {one.pod.uid: one.pod for one in pods.list() if one.pod.uid in wanted}


def _take_down(engine: Engine, clock: Clock, pods: Pods, doomed: dict[str, Pod]) -> None:
    def take_down(pod: Pod) -> None:
        try:
            tear_down(engine, clock, pod)
        except PausedemoError:
            # A kubelet that has come meanwhile does the same at the same time.
            if _find(pods, (pod.uid,)):
                raise

    do_all([partial(take_down, pod) for pod in doomed.values()])
