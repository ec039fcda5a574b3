"""The kubelet of an engine: one at a time, for all pods, through all restarts of the engine."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Final

from pausedemo.clock import Clock
from pausedemo.engine.port import Engine, Holding
from pausedemo.errors import EngineError, EngineGone, PausedemoError, TimedOut
from pausedemo.images.resolve import ImageResolver, Policy
from pausedemo.kubelet.pod.ports import Tell
from pausedemo.kubelet.service.lease import Lease
from pausedemo.kubelet.service.parts import KubeletParts, make_parts
from pausedemo.kubelet.service.session import RELIST_S, LeaseLost, Session

#: What holds the lock only waits for its input to end.
LOCK_IMAGE: Final = "busybox"
#: How long until an engine that has gone is asked again: twice as long each time, up to the other.
FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 10.0
#: The least between two tries for the lock.
LOCK_PAUSE_S: Final = 0.05


class Kubelet:
    """Keeps all pods of an engine as their records want them.

    ``hear`` is told every event of a pod; ``say`` what there is to say of the kubelet itself.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        *,
        hear: Tell = lambda _pod, _event: None,
        say: Callable[[str], None] = lambda _text: None,
        policy: Policy = Policy.AUTO,
        relist_s: float = RELIST_S,
        parts: KubeletParts | None = None,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._say = say
        self._policy = policy
        self._relist_s = relist_s
        self._parts = parts or make_parts(engine, clock, hear=hear, wake=self.wake, policy=policy)
        self._session: Session | None = None
        self._stop = threading.Event()
        self._away = False
        self._lost = False
        self._pause_s = FIRST_PAUSE_S

    def run(self) -> None:
        """Look after all pods until ``stop``; they live on then. Raises what cannot be mended."""
        try:
            self._parts.recorder.start()
            while not self._stop.is_set():
                try:
                    self._run_session()
                except LeaseLost:
                    self._lost = True
                except (EngineGone, EngineError, TimedOut) as error:
                    self._sit_out(error)
        finally:
            self._parts.close()

    def stop(self) -> None:
        """Have ``run`` return soon. For any thread, but for no signal's handler: it takes locks."""
        self._stop.set()
        session = self._session
        if session is not None:
            session.poke()

    def wake(self, uid: str) -> None:
        """Have a pod looked at soon."""
        session = self._session
        if session is not None:
            session.wake(uid)

    def _run_session(self) -> None:
        with self._hold_lease() as held:
            if held is None:
                return
            self._session = Session(
                self._parts, held.id, relist_s=self._relist_s, complain=self._say
            )
            try:
                self._session.run(self._stop)
            finally:
                self._session = None

    @contextlib.contextmanager
    def _hold_lease(self) -> Iterator[Holding | None]:
        """Be the kubelet; stand by while another one is. None: it was stopped before that."""
        resolver = ImageResolver(self._engine, self._policy)
        lease = Lease(self._engine, self._clock, resolver.resolve(LOCK_IMAGE).used)
        told = False
        while (held := lease.try_take()) is None:
            if not told:
                self._say("another kubelet looks after this engine; standing by")
                told = True
            lease.wait_until_free(self._stop)
            # What the engine calls a conflict may be over for whoever looks.
            if self._clock.wait(self._stop, LOCK_PAUSE_S):
                yield None
                return
        self._say_taken()
        try:
            yield held
        finally:
            held.close()

    def _sit_out(self, error: PausedemoError) -> None:
        """Wait before the next try, longer each time; say why, the first time."""
        if not self._away:
            wait = (
                "waiting for it to come back" if isinstance(error, EngineGone) else "trying again"
            )
            self._say(f"{error}; {wait}")
            self._away = True
        self._clock.wait(self._stop, self._pause_s)
        self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)

    def _say_taken(self) -> None:
        if self._away:
            self._say("the engine is back")
        elif self._lost:
            self._say("somebody removed the kubelet's lock from the engine; it is there again")
        self._away = self._lost = False
        self._pause_s = FIRST_PAUSE_S
        self._say(f"looking after the pods of {self._engine.url}")
