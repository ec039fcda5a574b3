"""Eviction of pods whose ``emptyDir`` volumes on disk hold more than their limits.

Source: emptyDirLimitEviction in kubernetes pkg/kubelet/eviction/eviction_manager.go, the words in
helpers.go there. A volume in memory cannot hold more than its limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pausedemo.core.manifest import StorageMedium
from pausedemo.core.pods.pod import Pod
from pausedemo.core.values.quantities import Quantity

REASON: Final = "Evicted"
#: What all containers get between TERM and KILL. Source: immediateEvictionGracePeriodSeconds there.
GRACE_S: Final = 1


def find_limits(pod: Pod) -> Mapping[str, Quantity]:
    """The limits of the pod's volumes on disk, by volume; 0 is none."""
    return {
        volume.name: source.size_limit
        for volume in pod.spec.volumes
        if (source := volume.empty_dir) is not None
        and source.medium is StorageMedium.DEFAULT
        and source.size_limit is not None
        and source.size_limit.value > 0
    }


def explain_eviction(pod: Pod, used: Mapping[str, int]) -> str:
    """Why the pod has to go; empty when it may stay. ``used``: bytes, by volume."""
    for name, limit in find_limits(pod).items():
        if used.get(name, 0) > limit.value:
            return f'Usage of EmptyDir volume "{name}" exceeds the limit "{limit}". '
    return ""
