"""How sure a pod is of its resources.

Source: ComputePodQOS in kubernetes pkg/apis/core/v1/helper/qos/qos.go.
"""

from __future__ import annotations

from typing import Final, Literal

from pausedemo.core.manifest import PodSpec
from pausedemo.core.manifest.container import ResourceList
from pausedemo.core.pods.podreport import QosClass

#: Only these two count.
_RESOURCES: Final[tuple[Literal["cpu"], Literal["memory"]]] = ("cpu", "memory")


def compute_qos_class(spec: PodSpec) -> QosClass:
    """The class that the containers' requests and limits make.

    A limit without a request is the request as well, already in the manifest.
    """
    asks, limits_all = False, True
    for container in spec.all_containers:
        limits, requests = container.resources.limits, container.resources.requests
        asks = asks or any(_is_given(requests, name) for name in _RESOURCES)
        limits_all = limits_all and all(
            _is_given(limits, name) and limits[name] == requests[name] for name in _RESOURCES
        )
    if not asks:
        return QosClass.BEST_EFFORT
    return QosClass.GUARANTEED if limits_all else QosClass.BURSTABLE


def _is_given(amounts: ResourceList, name: Literal["cpu", "memory"]) -> bool:
    return name in amounts and amounts[name].amount > 0
