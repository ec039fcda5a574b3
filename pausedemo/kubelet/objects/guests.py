"""Objects that belong to a process, and go with it: what ``pausedemo.pod`` makes.

They are kept as all others are, and bear their owner's mark as an annotation.
"""

from __future__ import annotations

from pausedemo.clock import Clock
from pausedemo.core import naming
from pausedemo.core.manifest import KubernetesObject, PodManifest
from pausedemo.engine.port import Engine
from pausedemo.errors import Refused
from pausedemo.kubelet.objects.applying import Keeper
from pausedemo.kubelet.objects.store import Store
from pausedemo.kubelet.owner import Life, Owner
from pausedemo.kubelet.pod.single import tear_down
from pausedemo.kubelet.service.lease import is_kubelet_running


def mark_guest(one: KubernetesObject, namespace: str) -> KubernetesObject:
    """The object as this process's own, in a namespace unless it names one."""
    metadata = one.metadata
    changes: dict[str, object] = {
        "annotations": {**metadata.annotations, naming.OWNER: str(Owner.this_process())}
    }
    if "namespace" not in metadata.model_fields_set:
        changes["namespace"] = namespace
    return one.model_copy(update={"metadata": metadata.model_copy(update=changes)})


def remove_guest(engine: Engine, clock: Clock, one: KubernetesObject) -> None:
    """Remove an object and all that belongs to it, at once. Missing already: no error."""
    keeper = Keeper(Store(engine), clock)
    place = one.metadata.namespace, one.metadata.name
    try:
        if not isinstance(one, PodManifest):
            keeper.delete_config(one.kind, *place)
            return
        marked = keeper.mark_deleted(*place, 0)
    except Refused:
        return
    if not is_kubelet_running(engine):
        tear_down(engine, clock, marked.pod)


def remove_dead_guests(engine: Engine, clock: Clock, *, unknown_too: bool) -> tuple[str, ...]:
    """Remove what processes have left that have ended; the names of what has gone.

    ``unknown_too``: also of processes that cannot be seen from here.
    """
    doomed = {Life.DEAD, Life.UNKNOWN} if unknown_too else {Life.DEAD}
    keeper = Keeper(Store(engine), clock)
    kept: list[KubernetesObject] = [one.pod.manifest for one in keeper.pods.list()]
    kept += [one.manifest for one in keeper.config_maps.list()]
    kept += [one.manifest for one in keeper.secrets.list()]
    removed = []
    for one in kept:
        mark = one.metadata.annotations.get(naming.OWNER)
        owner = Owner.parse(mark) if mark else None
        if owner is not None and owner.life() in doomed:
            remove_guest(engine, clock, one)
            removed.append(f"{one.kind.lower()}/{one.metadata.name}")
    return tuple(removed)
