"""Pods as an engine keeps them: what was applied, and the identity that outlives containers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pausedemo.core.manifest import PodManifest
from pausedemo.core.pods.pod import Deletion, Pod
from pausedemo.core.pods.podview import PodView
from pausedemo.kubelet.objects.store import Kind, Record, Store, read_record, read_records


@dataclass(frozen=True, slots=True)
class PodObject:
    """A pod that is kept. ``applied`` is its manifest as it was written, all defaults left out."""

    pod: Pod
    applied: Mapping[str, Any]
    record: Record


class Pods:
    """All pods that an engine keeps."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def list(self, namespace: str | None = None) -> tuple[PodObject, ...]:
        """Those of a namespace, or all, by namespace and name, without what cannot be read."""
        return tuple(read_records(parse_pod_record, self._store.list(Kind.POD, namespace)))

    def get(self, namespace: str, name: str) -> PodObject | None:
        record = self._store.get(Kind.POD, namespace, name)
        return None if record is None else read_record(parse_pod_record, record)

    def create(self, pod: Pod, applied: Mapping[str, Any]) -> PodObject:
        """Keep a new pod. Conflict when there is one of that name."""
        data = _render(pod, applied)
        return PodObject(pod, applied, self._store.create(Kind.POD, pod.namespace, pod.name, data))

    def change(self, old: PodObject, pod: Pod, applied: Mapping[str, Any]) -> PodObject:
        """Keep a pod as it is from now on. Conflict when another has changed it meanwhile."""
        return PodObject(pod, applied, self._store.replace(old.record, _render(pod, applied)))

    def mark_deleted(self, old: PodObject, deletion: Deletion) -> PodObject:
        """Ask for a pod's end. Conflict when another has changed it meanwhile."""
        return self.change(old, replace(old.pod, deletion=deletion), old.applied)

    def forget(self, pod: Pod) -> None:
        """Keep it no longer, nor what its kubelet knew of it, nor who looked after it.

        Another pod of that name, made since, is left alone.
        """
        for kind in (Kind.POD_STATUS, Kind.POD_LEASE, Kind.POD):
            record = self._store.get(kind, pod.namespace, pod.name)
            if record is not None and record.data.get("uid") == pod.uid:
                self._store.delete(kind, pod.namespace, pod.name)

    def records(self) -> tuple[Record, ...]:
        """As ``list``, not read yet: what has not changed need not be read again."""
        return self._store.list(Kind.POD)

    def view(self, pod: Pod) -> PodView:
        """What its kubelet said last; nothing when it said it of another pod of that name."""
        record = self._store.get(Kind.POD_STATUS, pod.namespace, pod.name)
        return parse_view(record, pod)

    def views(self) -> Mapping[tuple[str, str], Record]:
        """What kubelets said last, by namespace and name: one request for all pods."""
        return {(one.namespace, one.name): one for one in self._store.list(Kind.POD_STATUS)}

    def set_view(self, pod: Pod, view: PodView) -> None:
        """Say what is known of a pod. Conflict when another kubelet says it at this moment."""
        data = {"uid": pod.uid, **view.to_json()}
        record = self._store.get(Kind.POD_STATUS, pod.namespace, pod.name)
        if record is None:
            self._store.create(Kind.POD_STATUS, pod.namespace, pod.name, data)
        elif record.data != data:
            self._store.replace(record, data)


def parse_view(record: Record | None, pod: Pod) -> PodView:
    """What was said of a pod; nothing where it was said of another one, or cannot be read."""
    if record is None or record.data.get("uid") != pod.uid:
        return PodView()
    return next(read_records(lambda one: PodView.from_json(one.data), [record]), PodView())


def _render(pod: Pod, applied: Mapping[str, Any]) -> dict[str, Any]:
    deletion = pod.deletion
    return {
        "manifest": applied,
        "uid": pod.uid,
        "created_at": pod.created_at.isoformat(),
        "shares_pid": pod.shares_pid,
        "deletion": deletion and {"at": deletion.at.isoformat(), "grace_s": deletion.grace_s},
    }


def parse_pod_record(record: Record) -> PodObject:
    """Read a record of kind Pod. One of UNREADABLE for what is none."""
    data = record.data
    asked = data["deletion"]
    pod = Pod(
        manifest=PodManifest.model_validate(data["manifest"]),
        uid=data["uid"],
        created_at=datetime.fromisoformat(data["created_at"]),
        shares_pid=data["shares_pid"],
        deletion=asked and Deletion(datetime.fromisoformat(asked["at"]), asked["grace_s"]),
    )
    return PodObject(pod, data["manifest"], record)
