"""``docker stats``: what a container's processes use, with and without cgroups."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import Any, Final

from pausedemo.embedded.containers.belonging import find_by_mount_namespace
from pausedemo.embedded.containers.container import Container
from pausedemo.embedded.times import write_time

TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")


def read_stats(container: Container, before: dict[str, Any]) -> dict[str, Any]:
    """One record of GET /containers/{id}/stats; ``before`` is the one before, or empty.

    Counted from /proc over the container's processes, so that it is the same with and without
    cgroups; processor time of processes that have ended is not in it.
    """
    pids = find_by_mount_namespace(container.mount_namespace or 0)
    used_ns = sum(read_cpu_ns(pid) for pid in pids)
    memory = sum(read_memory(pid) for pid in pids)
    limit = container.host["Memory"] or PAGE_BYTES * os.sysconf("SC_PHYS_PAGES")
    earlier = before.get("cpu_stats") or {}
    return {
        "id": container.id,
        "name": f"/{container.name}",
        "read": write_time(time.time_ns()),
        "preread": before.get("read", "0001-01-01T00:00:00Z"),
        "num_procs": 0,
        "pids_stats": {"current": len(pids)},
        "cpu_stats": {
            "cpu_usage": {
                "total_usage": used_ns,
                "usage_in_kernelmode": 0,
                "usage_in_usermode": used_ns,
            },
            "system_cpu_usage": read_system_ns(),
            "online_cpus": os.cpu_count() or 1,
            "throttling_data": {"periods": 0, "throttled_periods": 0, "throttled_time": 0},
        },
        "precpu_stats": earlier or {"cpu_usage": {"total_usage": 0}, "system_cpu_usage": 0},
        "memory_stats": {"usage": memory, "limit": limit, "stats": {}} if pids else {},
        "blkio_stats": {"io_service_bytes_recursive": None},
        "networks": read_networks(container.state.pid),
        "storage_stats": {},
    }


def read_cpu_ns(pid: int) -> int:
    """Processor time that a process has used."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * 1_000_000_000 // TICKS_PER_S
    return 0


def read_memory(pid: int) -> int:
    """Resident bytes of a process that are its own."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        fields = Path(f"/proc/{pid}/statm").read_text().split()
        return (int(fields[1]) - int(fields[2])) * PAGE_BYTES
    return 0


def read_system_ns() -> int:
    """Processor time of the whole machine."""
    with contextlib.suppress(OSError, ValueError):
        first = Path("/proc/stat").read_text().partition("\n")[0].split()
        return sum(map(int, first[1:8])) * 1_000_000_000 // TICKS_PER_S
    return 0


def read_networks(pid: int) -> dict[str, dict[str, int]]:
    """Bytes and packets by interface, without lo."""
    found = {}
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in Path(f"/proc/{pid}/net/dev").read_text().splitlines()[2:] if pid else []:
            name, _, rest = line.partition(":")
            values = list(map(int, rest.split()))
            if name.strip() != "lo":
                found[name.strip()] = {
                    "rx_bytes": values[0],
                    "rx_packets": values[1],
                    "rx_errors": values[2],
                    "rx_dropped": values[3],
                    "tx_bytes": values[8],
                    "tx_packets": values[9],
                    "tx_errors": values[10],
                    "tx_dropped": values[11],
                }
    return found
