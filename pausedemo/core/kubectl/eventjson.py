"""Events as objects of Kubernetes' API."""

from __future__ import annotations

from typing import Any

from pausedemo.core.kubectl.objects import render_time
from pausedemo.core.pods.podevent import RecordedEvent

#: Who tells them all.
COMPONENT = "kubelet"


def make_event(event: RecordedEvent) -> dict[str, Any]:
    """The whole object."""
    involved = {
        "apiVersion": "v1",
        "kind": "Pod",
        "name": event.pod,
        "namespace": event.namespace,
        "uid": event.uid,
    }
    if event.field_path:
        involved["fieldPath"] = event.field_path
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "creationTimestamp": render_time(event.first_time),
            "name": event.name,
            "namespace": event.namespace,
            "uid": f"{event.uid}.{event.name}",
        },
        "involvedObject": involved,
        "count": event.count,
        "firstTimestamp": render_time(event.first_time),
        "lastTimestamp": render_time(event.last_time),
        "message": event.message,
        "reason": event.reason,
        "source": {"component": COMPONENT},
        "type": event.type,
    }
