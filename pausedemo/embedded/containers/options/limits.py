"""Limits of a container's resources: those of cgroups, and ulimits."""

from __future__ import annotations

import os
import resource
from typing import Any, Final

from pausedemo.embedded.containers.options.keys import NOTHING
from pausedemo.embedded.errors import BadParameter

LIMIT_KEYS: Final = {
    "CpuShares": "cpu",
    "NanoCpus": "cpu",
    "CpuPeriod": "cpu",
    "CpuQuota": "cpu",
    "Memory": "memory",
    "MemorySwap": "memory",
    "MemoryReservation": "memory",
    "PidsLimit": "pids",
}
MEMORY_MINIMUM_BYTES: Final = 6 * 1024 * 1024


def check_limits(host: dict[str, Any], controllers: frozenset[str]) -> None:
    """Refuse a limit that could not be held. ``controllers``: those that may be written here."""
    for key, controller in LIMIT_KEYS.items():
        value = host.get(key)
        if value in NOTHING or controller in controllers:
            continue
        if key == "CpuShares":  # a weight among containers, not a limit
            continue
        raise BadParameter(
            f"HostConfig.{key} cannot be held: no {controller} cgroup may be written here"
        )
    _check_memory(host)
    _check_cpu(host)
    score = host.get("OomScoreAdj") or 0
    if not -1000 <= score <= 1000:
        raise BadParameter(f"Invalid value {score}, range for oom score adj is [-1000, 1000]")


def _check_memory(host: dict[str, Any]) -> None:
    """As moby, daemon/daemon_unix.go, verifyPlatformContainerResources."""
    memory, swap = host.get("Memory") or 0, host.get("MemorySwap") or 0
    reservation = host.get("MemoryReservation") or 0
    if 0 < memory < MEMORY_MINIMUM_BYTES:
        raise BadParameter("Minimum memory limit allowed is 6MB")
    if memory == 0 and swap > 0:
        raise BadParameter(
            "You should always set the Memory limit when using Memoryswap limit, see usage"
        )
    if 0 < swap < memory:
        raise BadParameter("Minimum memoryswap limit should be larger than memory limit, see usage")
    if 0 < reservation < MEMORY_MINIMUM_BYTES:
        raise BadParameter("Minimum memory reservation allowed is 6MB")
    if 0 < memory < reservation:
        raise BadParameter(
            "Minimum memory limit can not be less than memory reservation limit, see usage"
        )


def _check_cpu(host: dict[str, Any]) -> None:
    nano, period, quota = (host.get(key) or 0 for key in ("NanoCpus", "CpuPeriod", "CpuQuota"))
    if nano > 0 and period:
        raise BadParameter("Conflicting options: Nano CPUs and CPU Period cannot both be set")
    if nano > 0 and quota:
        raise BadParameter("Conflicting options: Nano CPUs and CPU Quota cannot both be set")
    if nano:
        cpus = os.cpu_count() or 1  # reads a file
        if nano < 0 or nano > cpus * 1_000_000_000:
            raise BadParameter(
                f"Range of CPUs is from 0.01 to {cpus}.00, as there are only {cpus} CPUs available"
            )
    if period and not 1_000 <= period <= 1_000_000:
        raise BadParameter(
            "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)"
        )
    if 0 < quota < 1_000:
        raise BadParameter("CPU cfs quota can not be less than 1ms (i.e. 1000)")


def parse_limits(host: dict[str, Any]) -> list[tuple[int, int, int]]:
    """Ulimits as (resource, soft, hard). Raises BadParameter for a name that is none."""
    limits = []
    for one in host.get("Ulimits") or []:
        name, soft, hard = one.get("Name"), one.get("Soft", 0), one.get("Hard", 0)
        kind = getattr(resource, f"RLIMIT_{str(name).upper()}", None)
        if kind is None:
            raise BadParameter(f"invalid ulimit type: {name}")
        if not type(soft) is type(hard) is int:
            raise BadParameter(f"invalid value for the ulimit {name}: {soft!r}, {hard!r}")
        if hard != -1 and (soft > hard or soft == -1):
            raise BadParameter(
                f"ulimit soft limit must be less than or equal to hard limit: {soft} > {hard}"
            )
        limits.append((kind, soft, hard))
    return limits
