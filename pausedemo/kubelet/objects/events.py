"""Events kept on the engine, one object for all events of a pod.

A pod that starts tells a dozen of them within a second. One object each would be a dozen volumes
more per pod; so all are in one, and it is written when there has been nothing new for a moment.
"""

from __future__ import annotations

import contextlib
import threading
from dataclasses import replace
from typing import Final

from pausedemo.clock import Clock
from pausedemo.core.pods.pod import Pod
from pausedemo.core.pods.podevent import PodEvent, RecordedEvent
from pausedemo.core.rules.correlation import LIFETIME, EventCorrelator
from pausedemo.errors import Conflict, EngineGone, PausedemoError
from pausedemo.kubelet.objects.store import Kind, Record, Store

#: How long what was told may wait to be written, so that more can come along.
WRITE_DELAY_S: Final = 0.3
#: How long until an engine that has gone is asked again to keep what was told.
RETRY_S: Final = 2.0
CLOSE_S: Final = 10.0


def list_events(
    store: Store, clock: Clock, namespace: str | None = None
) -> tuple[RecordedEvent, ...]:
    """All events of a namespace, or of all, by when they were told last."""
    found = [event for record in store.list(Kind.EVENT, namespace) for event in _parse(record)]
    oldest = clock.now() - LIFETIME
    recent = [event for event in found if event.last_time >= oldest]
    return tuple(sorted(recent, key=lambda one: (one.last_time, one.name)))


class EventRecorder:
    """Keeps events of pods; ``tell`` never waits for the engine. Safe from several threads."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._correlator = EventCorrelator()
        self._changed: dict[str, Pod] = {}
        # What was written last, by uid and without its content: who alone writes need not read.
        self._written: dict[str, Record] = {}
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="event-recorder", daemon=True)

    def start(self) -> None:
        """Go on from what is kept, and write what comes."""
        self.restore()
        self._thread.start()

    def restore(self) -> None:
        """Count on from what the engine keeps."""
        records = self._store.list(Kind.EVENT)
        with self._lock:
            for record in records:
                self._correlator.restore(_parse(record))

    def tell(self, pod: Pod, event: PodEvent) -> None:
        """Count an event and have it written soon."""
        with self._lock:
            if self._correlator.correlate(pod, event):
                self._changed[pod.uid] = pod
                self._wake.set()

    def forget(self, pod: Pod) -> None:
        """Keep nothing of a pod any longer."""
        with self._writing:
            with self._lock:
                self._changed.pop(pod.uid, None)
                self._correlator.forget(pod.uid)
            self._written.pop(pod.uid, None)
            record = self._store.get(Kind.EVENT, pod.namespace, pod.name)
            if record is not None and record.data.get("uid") == pod.uid:
                self._store.delete(Kind.EVENT, pod.namespace, pod.name)

    def close(self) -> None:
        """Write what is left, if the engine takes it in time."""
        self._closing.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(CLOSE_S)
        else:
            with contextlib.suppress(PausedemoError):
                self._write_all()

    def _run(self) -> None:
        is_last = False
        while not is_last:
            self._wake.wait()
            self._closing.wait(WRITE_DELAY_S)
            self._wake.clear()
            # Asked before writing: what was told while the round before wrote is still to come.
            is_last = self._closing.is_set()
            try:
                self._write_all()
            except PausedemoError:
                # What could not be written stays; the engine may be there again later.
                if self._closing.wait(RETRY_S):
                    return
                self._wake.set()

    def _write_all(self) -> None:
        """Write what has changed. EngineGone ends it; what one pod cannot get is left out."""
        with self._lock:
            pods = list(self._changed.values())
        for pod in pods:
            with self._writing:
                with self._lock:
                    if self._changed.pop(pod.uid, None) is None:
                        continue
                    kept = self._correlator.kept(pod.uid, self._clock.now())
                try:
                    self._write(pod, kept)
                except EngineGone:
                    with self._lock:
                        self._changed[pod.uid] = pod
                    raise
                except PausedemoError:
                    # Events are told on a best effort basis, in Kubernetes as well.
                    continue

    def _write(self, pod: Pod, kept: tuple[RecordedEvent, ...]) -> None:
        data = {"uid": pod.uid, "events": [event.to_json() for event in kept]}
        key = (Kind.EVENT, pod.namespace, pod.name)
        known = self._written.pop(pod.uid, None)
        with contextlib.suppress(Conflict):
            try:
                made = self._store.replace(known, data) if known else self._store.create(*key, data)
            except Conflict:
                # Another has written or removed it, or it was there before this kubelet.
                record = self._store.get(*key)
                made = (
                    self._store.replace(record, data)
                    if record is not None
                    else self._store.create(*key, data)
                )
            self._written[pod.uid] = replace(made, data={})


def _parse(record: Record) -> list[RecordedEvent]:
    """The events of a record, without what is not of our making."""
    found: list[RecordedEvent] = []
    for data in record.data.get("events", ()):
        with contextlib.suppress(KeyError, TypeError, ValueError):
            found.append(RecordedEvent.from_json(data))
    return found
