"""What of the machine each container of a pod gets, by what it asks for."""

from __future__ import annotations

from typing import Final

from pausedemo.core.manifest import Container, PodSpec
from pausedemo.core.pods.podreport import QosClass
from pausedemo.core.pods.qos import compute_qos_class

#: The scores that are added to what the kernel computes when memory runs out, -1000 to 1000.
GUARANTEED_OOM_SCORE_ADJ: Final = -997
BEST_EFFORT_OOM_SCORE_ADJ: Final = 1000
CPU_PERIOD_US: Final = 100_000

_SHARES_PER_CPU: Final = 1024
_MIN_SHARES: Final = 2
_MAX_SHARES: Final = 262_144
_MIN_QUOTA_US: Final = 1000


def compute_oom_score_adj(spec: PodSpec, container: Container, memory_bytes: int) -> int:
    """How soon the kernel ends a container's processes. ``memory_bytes``: the whole machine's.

    Source: kubernetes pkg/kubelet/qos/policy.go, GetContainerOOMScoreAdjust.
    """
    qos = compute_qos_class(spec)
    if qos is QosClass.GUARANTEED:
        return GUARANTEED_OOM_SCORE_ADJ
    if qos is QosClass.BEST_EFFORT:
        return BEST_EFFORT_OOM_SCORE_ADJ
    requested = container.resources.requests.get("memory")
    if requested is None or not memory_bytes:
        return BEST_EFFORT_OOM_SCORE_ADJ - 1
    score = 1000 - 1000 * requested.value // memory_bytes
    return max(1000 + GUARANTEED_OOM_SCORE_ADJ, min(score, BEST_EFFORT_OOM_SCORE_ADJ - 1))


def compute_cpu_shares(container: Container) -> int | None:
    """The container's weight; None where it asks for no processor.

    A kubelet gives the least weight then. On an engine that has no group for pods such a
    container would starve beside any other that is busy, so it has the engine's usual weight.
    Source: kubernetes pkg/kubelet/cm/helpers_linux.go, MilliCPUToShares.
    """
    requested = container.resources.requests.get("cpu")
    if requested is None or not requested.amount:
        return None
    shares = requested.milli_value * _SHARES_PER_CPU // 1000
    return max(_MIN_SHARES, min(shares, _MAX_SHARES))


def compute_cpu_quota_us(container: Container) -> int | None:
    """Processor time in each CPU_PERIOD_US; None where there is no limit.

    Source: kubernetes pkg/kubelet/cm/helpers_linux.go, MilliCPUToQuota.
    """
    limit = container.resources.limits.get("cpu")
    if limit is None or not limit.amount:
        return None
    return max(_MIN_QUOTA_US, limit.milli_value * CPU_PERIOD_US // 1000)


def compute_memory_bytes(container: Container) -> int | None:
    """The most memory that the container's processes may have together; None: no limit."""
    limit = container.resources.limits.get("memory")
    return limit.value if limit is not None and limit.amount else None
