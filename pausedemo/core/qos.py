"""How sure a pod is of its resources.

Source: ComputePodQOS in kubernetes pkg/apis/core/v1/helper/qos/qos.go.
"""

from __future__ import annotations

from pausedemo.core.manifest import PodSpec
from pausedemo.core.podreport import QosClass

#: Only these two count.
_RESOURCES = ("cpu", "memory")


def compute_qos_class(spec: PodSpec) -> QosClass:
    """The class that the containers' requests and limits make.

    A limit without a request is the request as well.
    """
    asks, limits_all = False, True
    for container in spec.all_containers:
        resources = getattr(container, "resources", None)
        limits = dict(getattr(resources, "limits", None) or {})
        requests = {**limits, **dict(getattr(resources, "requests", None) or {})}
        asks = asks or any(requests.get(name) for name in _RESOURCES)
        limits_all = limits_all and all(
            limits.get(name) and limits[name] == requests[name] for name in _RESOURCES
        )
    if not asks:
        return QosClass.BEST_EFFORT
    return QosClass.GUARANTEED if limits_all else QosClass.BURSTABLE
