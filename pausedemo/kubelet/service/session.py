"""All pods of an engine, looked after for as long as the engine is there and the lease is ours.

Nothing is polled: a pod is looked at when an event of the engine is about it, when its record has
changed, and when its back-off or deadline is over. Now and then all is listed once and compared,
so that an event that was lost costs no more than that.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from pausedemo.core import naming
from pausedemo.core.pods.pod import Deletion, Pod
from pausedemo.core.rules.killing import compute_grace_s
from pausedemo.engine.port import ContainerSummary, Event, EventStream
from pausedemo.errors import PausedemoError
from pausedemo.kubelet.objects.podleases import RENEW_S, PodLease
from pausedemo.kubelet.objects.pods import parse_pod_record, parse_view
from pausedemo.kubelet.objects.store import UNREADABLE, Kind, Record
from pausedemo.kubelet.pod.observe import outline_rows
from pausedemo.kubelet.service.dues import Dues
from pausedemo.kubelet.service.evicting import Evictor
from pausedemo.kubelet.service.orphans import end_orphan
from pausedemo.kubelet.service.parts import KubeletParts
from pausedemo.kubelet.service.worker import PodWorker

#: How often all is listed and compared, and a lease renewed.
RELIST_S: Final = RENEW_S
#: How long passes that are under way may take to end, when the kubelet ends.
STOP_S: Final = 5.0
#: How often it is looked whether who has a lease on a pod has ended.
LEASE_LOOK_S: Final = 1.0

_POD_PREFIX: Final = f"{naming.VOLUME_PREFIX}{Kind.POD.lower()}_"
_LEASE_PREFIX: Final = f"{naming.VOLUME_PREFIX}{Kind.POD_LEASE.lower()}_"
#: What pods may refer to.
_SOURCE_PREFIXES: Final = tuple(
    f"{naming.VOLUME_PREFIX}{kind.lower()}_" for kind in (Kind.CONFIG_MAP, Kind.SECRET)
)


class LeaseLost(PausedemoError):
    """Somebody has removed the container that says that we are the kubelet."""


class Session:
    """One stretch of looking after all pods, or of the one whose uid is ``only``.

    That one is under a lease of this process. All pods: but for those that others have begun with
    under a lease, until it ends.
    """

    def __init__(
        self,
        parts: KubeletParts,
        lock_id: str = "",
        *,
        relist_s: float = RELIST_S,
        only: str = "",
        complain: Callable[[str], None] = lambda _text: None,
    ) -> None:
        self._parts = parts
        self._lock_id = lock_id
        self._relist_s = relist_s
        self._only = only
        self._complain = complain
        self._workers: dict[str, PodWorker] = {}
        self._records: dict[str, Record] = {}
        self._unread: set[str] = set()
        self._leases: tuple[PodLease, ...] = ()
        self._dues = Dues()
        self._evictor = Evictor(parts.engine, parts.clock, self._evict)
        self._guard = threading.Lock()
        self._wake = threading.Event()
        self._changed = threading.Event()
        self._leases_changed = threading.Event()
        self._over = threading.Event()
        self._ended: list[Exception] = []

    def run(self, stop: threading.Event) -> None:
        """Look after all pods until ``stop`` is set and the session woken (``poke``).

        Also until the one pod is removed, when it is only one.

        Raises EngineGone, and LeaseLost.
        """
        labels: dict[str, str | None] = {}
        with self._parts.engine.events(labels, volumes=naming.VOLUME_PREFIX) as stream:
            listener = threading.Thread(
                target=self._listen, args=(stream,), name="kubelet-events", daemon=True
            )
            listener.start()
            try:
                self._relist()
                self._loop(stop)
            finally:
                self._close()
                stream.close()
                listener.join(1)

    def poke(self) -> None:
        """Have it see that it is to stop."""
        self._wake.set()

    def wake(self, uid: str) -> None:
        """Have a pod looked at soon."""
        with self._guard:
            worker = self._workers.get(uid)
        if worker is not None:
            worker.wake()

    def _loop(self, stop: threading.Event) -> None:
        clock = self._parts.clock
        relist_at = clock.monotonic() + self._relist_s
        while not (stop.is_set() or self._over.is_set()):
            if self._ended:
                raise self._ended[0]
            if self._leases_changed.is_set() or self._has_lapsed():
                self._leases_changed.clear()
                self._read_leases()
                self._changed.set()
            if self._changed.is_set():
                self._changed.clear()
                self._read_pods()
            if clock.monotonic() >= relist_at:
                self._relist()
                relist_at = clock.monotonic() + self._relist_s
            pause_s = min(self._wake_due(), self._look_for_excess())
            pause_s = max(0.0, min(pause_s, relist_at - clock.monotonic()))
            if self._leases:
                pause_s = min(pause_s, LEASE_LOOK_S)
            clock.wait(self._wake, pause_s)
            self._wake.clear()

    def _look_for_excess(self) -> float:
        """Have volumes measured where there is need to; the seconds until the next time."""
        with self._guard:
            pods = [worker.pod for worker in self._workers.values()]
        pause_s = self._evictor.look(pods)
        return self._relist_s if pause_s is None else pause_s

    def _evict(self, uid: str, message: str) -> None:
        with self._guard:
            worker = self._workers.get(uid)
        if worker is not None:
            worker.evict(message)

    def _wake_due(self) -> float:
        """Wake the pods whose time has come; the seconds until the next one's."""
        now = self._parts.clock.now()
        for uid in self._dues.pop(now):
            self.wake(uid)
        next_s = self._dues.next_in_s(now)
        return self._relist_s if next_s is None else next_s

    def _listen(self, stream: EventStream) -> None:
        try:
            for event in stream:
                self._hear(event)
        except Exception as error:  # noqa: BLE001 - raised again in the kubelet's own thread
            self._end(error)

    def _hear(self, event: Event) -> None:
        if event.volume:
            if event.volume.startswith(_POD_PREFIX):
                self._changed.set()
                self._wake.set()
            elif event.volume.startswith(_LEASE_PREFIX) and not self._only:
                self._leases_changed.set()
                self._wake.set()
            elif event.volume.startswith(_SOURCE_PREFIXES) and event.action == "create":
                self._refresh(naming.strip_generation(event.volume))
            return
        if event.container_id == self._lock_id and event.action in ("die", "destroy"):
            self._end(LeaseLost("the kubelet's lock was removed from the engine"))
        uid = event.attributes.get(naming.POD_UID)
        # A pod's containers are made by its own worker, which looks after that anyway.
        if uid and event.action != "create":
            with self._guard:
                worker = self._workers.get(uid)
            if worker is not None:
                worker.wake(event.container_id if event.action == "die" else "")

    def _refresh(self, changed: str) -> None:
        """Have all pods looked at that refer to the object whose volumes are called so."""
        with self._guard:
            workers = list(self._workers.values())
        for worker in workers:
            if changed in worker.sources:
                worker.refresh()

    def _relist(self) -> None:
        """Look at all pods whose containers are not as they were seen, and at what is nobody's."""
        engine = self._parts.engine
        rows = engine.list_containers({naming.OWNER: naming.ENGINE_OWNER, naming.POD_UID: None})
        pods: dict[str, list[ContainerSummary]] = {}
        for row in rows:
            pods.setdefault(row.labels[naming.POD_UID], []).append(row)
        # After the containers: a pod is recorded, and leased, before they are made.
        self._read_leases()
        self._read_pods()
        with self._guard:
            workers = dict(self._workers)
        for uid, worker in workers.items():
            if not worker.has_seen(outline_rows(pods.get(uid, ()))):
                worker.wake()
        if not self._only:
            leased = {one.uid for one in self._leases}
            for uid in pods.keys() - workers.keys() - self._unread - leased:
                end_orphan(engine, uid)

    def _read_leases(self) -> None:
        """See which pods others look after; or say once more that we look after the only one."""
        leases = self._parts.leases
        if not self._only:
            now = self._parts.clock.now()
            self._leases = tuple(one for one in leases.list() if one.lasts(now))
            return
        with self._guard:
            pods = [worker.pod for worker in self._workers.values()]
        for pod in pods:
            leases.renew(pod)

    def _has_lapsed(self) -> bool:
        """Whether who had a lease has ended without giving it back."""
        now = self._parts.clock.now()
        return not all(one.lasts(now) for one in self._leases)

    def _read_pods(self) -> None:
        """Begin with pods that are new, change those that have changed, end those that are gone."""
        found = {str(one.data.get("uid")): one for one in self._parts.pods.records()}
        with self._guard:
            known = dict(self._records)
            # A lease on a pod that is ours already is one that its holder gives back at once.
            leased = {one.uid for one in self._leases} - known.keys()
            records = {
                uid: one
                for uid, one in found.items()
                if self._only in ("", uid) and uid not in leased
            }
            self._records = records
        new = records.keys() - known.keys()
        views = self._parts.pods.views() if new else {}
        self._unread &= records.keys()
        for uid, record in records.items():
            if known.get(uid) == record:
                continue
            pod = self._read(uid, record)
            if pod is None:
                continue
            with self._guard:
                worker = self._workers.get(uid)
            if worker is not None:
                worker.change(pod)
            else:
                view = parse_view(views.get((pod.namespace, pod.name)), pod)
                self._add(
                    PodWorker(
                        self._parts,
                        pod,
                        view,
                        due=self._add_due,
                        failed=self._end,
                        removed=self._drop,
                    )
                )
        for uid in known.keys() - records.keys():
            self._end_forgotten(uid)

    def _read(self, uid: str, record: Record) -> Pod | None:
        try:
            return parse_pod_record(record).pod
        except UNREADABLE as error:
            # Of a newer pausedemo, most likely. It and its containers are left alone.
            self._unread.add(uid)
            self._complain(f"cannot read pod {record.namespace}/{record.name}: {error}")
            return None

    def _add(self, worker: PodWorker) -> None:
        with self._guard:
            self._workers[worker.pod.uid] = worker
        worker.wake()

    def _end_forgotten(self, uid: str) -> None:
        """End a pod whose record somebody has removed: nobody wants it any more."""
        with self._guard:
            worker = self._workers.get(uid)
        if worker is not None and worker.pod.deletion is None:
            grace_s = compute_grace_s(worker.pod, worker.pod.spec.containers[0])
            deletion = Deletion(self._parts.clock.now(), grace_s)
            worker.change(replace(worker.pod, deletion=deletion))

    def _drop(self, uid: str) -> None:
        with self._guard:
            self._workers.pop(uid, None)
        if self._only:
            self._over.set()
            self._wake.set()

    def _add_due(self, uid: str, due: datetime) -> None:
        if self._dues.add(uid, due):
            self._wake.set()

    def _end(self, error: Exception) -> None:
        self._ended.append(error)
        self._wake.set()

    def _close(self) -> None:
        """Begin nothing more, and give what is under way a moment to end."""
        with self._guard:
            workers = list(self._workers.values())
        for worker in workers:
            worker.close()
        clock = self._parts.clock
        deadline = clock.monotonic() + STOP_S
        for worker in workers:
            worker.wait_until_idle(max(deadline - clock.monotonic(), 0))
        with contextlib.suppress(PausedemoError):
            for worker in workers:
                self._parts.prober.forget(worker.pod.uid)
