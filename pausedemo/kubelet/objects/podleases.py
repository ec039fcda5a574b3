"""Who looks after a pod where no kubelet does: a lease on it, which a kubelet that comes respects.

As a Lease of Kubernetes it names its holder and when that renewed it last. A holder of this
machine is seen to end; one that cannot be seen from here counts for so long after it renewed it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from pausedemo.clock import Clock
from pausedemo.core.pods.pod import Pod
from pausedemo.errors import Conflict
from pausedemo.kubelet.objects.store import Kind, Record, Store, read_record, read_records
from pausedemo.kubelet.owner import Life, Owner

#: How often who looks after a pod for long renews it, at the least.
RENEW_S: Final = 45.0
#: For how long one counts whose holder cannot be seen from here: longer than a pod is brought up,
#: for which it is not renewed.
DURATION_S: Final = 360.0


@dataclass(frozen=True, slots=True)
class PodLease:
    """Who looks after the pod of that uid; ``renewed_at`` by the holder's clock."""

    uid: str
    holder: Owner
    renewed_at: datetime
    record: Record

    def lasts(self, now: datetime) -> bool:
        """Whether its holder still looks after the pod, as far as can be told from here."""
        life = self.holder.life()
        if life is Life.UNKNOWN:
            return now - self.renewed_at < timedelta(seconds=DURATION_S)
        return life is Life.ALIVE


class PodLeases:
    """The leases on an engine's pods, for this process to take and for a kubelet to see."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._holder = Owner.this_process()

    def list(self) -> tuple[PodLease, ...]:
        """All there are, whether they last or not; what cannot be read is none."""
        return tuple(read_records(_parse, self._store.list(Kind.POD_LEASE)))

    def take(self, pod: Pod) -> bool:
        """Take the one on a pod, unless somebody who still looks after it has it.

        Of several who take it at the same time one does.
        """
        found = self._get(pod)
        try:
            if found is None:
                self._store.create(Kind.POD_LEASE, pod.namespace, pod.name, self._render(pod))
            elif found.uid == pod.uid and found.lasts(self._clock.now()):
                return False
            else:
                self._store.replace(found.record, self._render(pod))
        except Conflict:
            return False
        return True

    def renew(self, pod: Pod) -> None:
        """Say that this process still has it. Gone, as with its pod: nothing is said.

        Raises Conflict when another has taken it since: one that could not see us, and for too long
        heard nothing of us.
        """
        found = self._get(pod)
        if found is None:
            return
        if not self._is_ours(found, pod):
            why = "another looks after the pod now"
            raise Conflict(f"renew the lease on pod {pod.name}", 409, why)
        self._store.replace(found.record, self._render(pod))

    def release(self, pod: Pod) -> None:
        """Give it back. No longer ours: no error."""
        found = self._get(pod)
        if found is not None and self._is_ours(found, pod):
            self._store.delete(Kind.POD_LEASE, pod.namespace, pod.name)

    def _is_ours(self, lease: PodLease, pod: Pod) -> bool:
        return (lease.uid, lease.holder) == (pod.uid, self._holder)

    def _get(self, pod: Pod) -> PodLease | None:
        record = self._store.get(Kind.POD_LEASE, pod.namespace, pod.name)
        return None if record is None else read_record(_parse, record)

    def _render(self, pod: Pod) -> Mapping[str, Any]:
        return {
            "uid": pod.uid,
            "holderIdentity": str(self._holder),
            "renewTime": self._clock.now().isoformat(),
        }


def _parse(record: Record) -> PodLease:
    """Read a record of kind PodLease. One of UNREADABLE for what is none."""
    data = record.data
    holder = Owner.parse(data["holderIdentity"])
    if holder is None:
        raise ValueError(f"no holder of ours: {data['holderIdentity']!r}")
    return PodLease(data["uid"], holder, datetime.fromisoformat(data["renewTime"]), record)
