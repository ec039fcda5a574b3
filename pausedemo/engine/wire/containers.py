"""Containers as an engine tells of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pausedemo.engine.port import ContainerInfo, ContainerState, ContainerSummary, ProcessTable


def parse_container(raw: Mapping[str, Any]) -> ContainerInfo:
    """Read the reply of ``GET /containers/{id}/json``."""
    state, host = raw["State"], raw["HostConfig"]
    return ContainerInfo(
        id=raw["Id"],
        name=raw["Name"].removeprefix("/"),
        image=raw["Config"]["Image"],
        image_id=raw["Image"],
        labels=raw["Config"]["Labels"] or {},
        state=parse_state(state["Status"]),
        pid=state["Pid"],
        exit_code=state["ExitCode"],
        oom_killed=state.get("OOMKilled", False),
        error=state.get("Error", ""),
        restart_count=raw.get("RestartCount", 0),
        created_at=parse_time(raw["Created"]) or datetime.fromtimestamp(0, UTC),
        started_at=parse_time(state["StartedAt"]),
        finished_at=parse_time(state["FinishedAt"]),
        ip=_find_first(raw.get("NetworkSettings") or {}, "IPAddress"),
        gateway=_find_first(raw.get("NetworkSettings") or {}, "Gateway"),
        ports=_render_ports((raw.get("NetworkSettings") or {}).get("Ports") or {}),
        network_mode=host["NetworkMode"],
        ipc_mode=host.get("IpcMode", ""),
        pid_mode=host.get("PidMode", ""),
    )


def parse_summary(row: Mapping[str, Any]) -> ContainerSummary:
    """Read one row of ``GET /containers/json``."""
    return ContainerSummary(
        id=row["Id"],
        name=row["Names"][0].removeprefix("/") if row["Names"] else "",
        image=row["Image"],
        command=row["Command"],
        labels=row["Labels"] or {},
        state=parse_state(row["State"]),
        status=row["Status"],
        created_at=datetime.fromtimestamp(row["Created"], UTC),
        image_id=row.get("ImageID") or "",
    )


def parse_processes(raw: Mapping[str, Any]) -> ProcessTable:
    """Read the reply of ``top``. No cell but a row's last, the command, holds a blank.

    podman 4 hands on the lines that a ps printed as they are: one cell each.
    """
    titles = " ".join(raw["Titles"]).split()
    cells = (" ".join(row).split(None, len(titles) - 1) for row in raw.get("Processes") or ())
    return ProcessTable(tuple(titles), tuple(map(tuple, cells)))


def parse_time(text: str) -> datetime | None:
    """An engine's RFC 3339 time, nanoseconds cut to microseconds; None for Go's zero time or "".

    Source: https://pkg.go.dev/time#Time.IsZero (year 1 stands for "never").
    """
    if not text or text.startswith("0001-"):
        return None
    head, _, tail = text.partition(".")
    if not tail:
        return datetime.fromisoformat(head.replace("Z", "+00:00")).astimezone(UTC)
    digits = tail[: len(tail) - len(tail.lstrip("0123456789"))]
    zone = tail[len(digits) :].replace("Z", "+00:00")
    return datetime.fromisoformat(f"{head}.{digits[:6]:0<6}{zone}").astimezone(UTC)


def parse_state(text: str) -> ContainerState:
    """Read a container's state; podman has some more words.

    Source: containers/podman libpod/define/containerstate.go.
    """
    aliases = {
        "configured": "created",
        "initialized": "created",
        "stopping": "running",
        "stopped": "exited",
    }
    return ContainerState(aliases.get(text, text))


def _find_first(settings: Mapping[str, Any], key: str) -> str:
    """What the first network says that says anything; else what is said of all."""
    for network in (settings.get("Networks") or {}).values():
        if network.get(key):
            return str(network[key])
    return str(settings.get(key) or "")


def _render_ports(ports: Mapping[str, Any]) -> tuple[str, ...]:
    """Write each binding as ``docker ps`` does; a port that is only exposed has none."""
    return tuple(
        f"{bound['HostIp']}:{bound['HostPort']}->{port}"
        for port, bindings in sorted(ports.items())
        for bound in bindings or ()
    )
