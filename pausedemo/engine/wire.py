"""The Docker Engine API's JSON and frames, to the port's types and back. No connection here."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from pausedemo.engine import podman
from pausedemo.engine.port import (
    Ability,
    ContainerConfig,
    ContainerInfo,
    ContainerState,
    ContainerSummary,
    Event,
    ProcessTable,
)
from pausedemo.errors import EngineGone

FRAME_HEADER_BYTES: Final = 8


class Readable(Protocol):
    """A stream whose ``read(n)`` gives ``n`` bytes, and fewer only at its end."""

    def read(self, amount: int, /) -> bytes: ...


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
        ip=_first_ip(raw.get("NetworkSettings") or {}),
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
    )


def parse_engine_name(version: Mapping[str, Any]) -> str:
    """Whose reply to ``GET /version`` it is: docker, podman or embedded."""
    if podman.is_podman(version):
        return "podman"
    platform = version.get("Platform") or {}
    return "embedded" if "embedded" in platform.get("Name", "") else "docker"


def parse_abilities(info: Mapping[str, Any]) -> tuple[Ability, ...]:
    """What the embedded engine tells of its machine in ``GET /info``; nothing from others."""
    return tuple(Ability(*row) for row in info.get("Abilities") or ())


def parse_event(raw: Mapping[str, Any], aliases: Mapping[str, str]) -> Event:
    """Read one message of ``GET /events``; ``aliases`` are an engine's own words for actions."""
    actor = raw["Actor"]
    is_volume = raw.get("Type") == "volume"
    return Event(
        action=aliases.get(raw["Action"], raw["Action"]),
        container_id="" if is_volume else actor["ID"],
        attributes=actor.get("Attributes") or {},
        time=datetime.fromtimestamp(raw["timeNano"] / 1e9, UTC),
        volume=actor["ID"] if is_volume else "",
    )


def bears_all(attributes: Mapping[str, str], labels: Mapping[str, str | None]) -> bool:
    """Whether all labels are there; one whose value is None may have any."""
    return all(
        key in attributes and value in (None, attributes[key]) for key, value in labels.items()
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


def render_config(config: ContainerConfig) -> dict[str, Any]:
    """Write the body of ``POST /containers/create``; what is None is left out."""
    host = {
        "NetworkMode": config.network_mode,
        "IpcMode": config.ipc_mode,
        "PidMode": config.pid_mode,
        "UTSMode": config.uts_mode,
        "CgroupnsMode": config.cgroup_mode,
        "CapAdd": list(config.cap_add) or None,
        "CpuShares": config.cpu_shares,
        "OomScoreAdj": config.oom_score_adj,
        "Init": config.init,
        "RestartPolicy": {"Name": config.restart_policy},
        "PortBindings": {f"{port}/tcp": [{"HostPort": ""}] for port in config.publish} or None,
    }
    body: dict[str, Any] = {
        "Image": config.image,
        "Entrypoint": list(config.entrypoint) if config.entrypoint is not None else None,
        "Cmd": list(config.command) if config.command is not None else None,
        "Env": [f"{name}={value}" for name, value in config.env.items()] or None,
        "WorkingDir": config.working_dir,
        "User": config.user,
        "Hostname": config.hostname,
        "Labels": dict(config.labels),
        "ExposedPorts": {f"{port}/tcp": {} for port in config.publish} or None,
        "HostConfig": {key: value for key, value in host.items() if value is not None},
    }
    return {key: value for key, value in body.items() if value is not None}


def read_frames(raw: Readable) -> Iterator[tuple[int, bytes]]:
    """Frames of a raw stream: 1 byte stream, 3 zero bytes, length (big endian), payload.

    Raises EngineGone when the stream ends inside a frame.
    """
    while header := raw.read(FRAME_HEADER_BYTES):
        if len(header) < FRAME_HEADER_BYTES:
            raise EngineGone("the engine closed the connection in the middle of its output")
        stream, length = struct.unpack(">BxxxL", header)
        payload = raw.read(length)
        if len(payload) < length:
            raise EngineGone("the engine closed the connection in the middle of its output")
        yield stream, payload


def render_label_filter(labels: Mapping[str, str | None]) -> dict[str, list[str]]:
    """Write the ``filters`` of a list; a label of value None is asked for by its key only."""
    if not labels:
        return {}
    return {"label": [key if value is None else f"{key}={value}" for key, value in labels.items()]}


def bears_labels(labels: Mapping[str, str], wanted: Mapping[str, str | None]) -> bool:
    """Whether all wanted labels are there; one whose wanted value is None may have any."""
    return all(
        key in labels and (value is None or labels[key] == value) for key, value in wanted.items()
    )


def split_reference(reference: str) -> tuple[str, str]:
    """Split ``registry:5000/name:tag`` into the repository and the tag (``latest`` when none).

    A digest, as in ``name@sha256:...``, stands where the tag would.
    """
    name, at, digest = reference.partition("@")
    if at:
        return split_reference(name)[0], digest
    repository, colon, tag = reference.rpartition(":")
    if not colon or "/" in tag:
        return reference, "latest"
    return repository, tag


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


def _first_ip(settings: Mapping[str, Any]) -> str:
    for network in (settings.get("Networks") or {}).values():
        if network.get("IPAddress"):
            return str(network["IPAddress"])
    return str(settings.get("IPAddress") or "")


def _render_ports(ports: Mapping[str, Any]) -> tuple[str, ...]:
    """Write each binding as ``docker ps`` does; a port that is only exposed has none."""
    return tuple(
        f"{bound['HostIp']}:{bound['HostPort']}->{port}"
        for port, bindings in sorted(ports.items())
        for bound in bindings or ()
    )
