"""Containers as the API shows them: the list's rows and ``inspect``."""

from __future__ import annotations

import shlex
from typing import Any

from pausedemo.embedded.containers.container import Container, Placed, State, Status
from pausedemo.embedded.containers.health import render_health
from pausedemo.embedded.containers.mounts import MASKED, READONLY
from pausedemo.embedded.containers.options import RUNTIME
from pausedemo.embedded.containers.wording import describe_status
from pausedemo.embedded.network.model import Sandbox
from pausedemo.embedded.times import write_time


def inspect_container(container: Container, sandbox: Sandbox | None, driver: str) -> dict[str, Any]:
    """``docker inspect`` of one. ``sandbox``: its own network, when it has one now."""
    config, folder = container.config, container.folder
    return {
        "Id": container.id,
        "Created": write_time(container.created_ns),
        "Path": container.argv[0],
        "Args": container.argv[1:],
        "State": render_state(container.state),
        "Image": container.image.id,
        "ResolvConfPath": str(folder / "resolv.conf"),
        "HostnamePath": str(folder / "hostname"),
        "HostsPath": str(folder / "hosts"),
        "LogPath": str(folder / "log.json") if container.log is not None else "",
        "Name": f"/{container.name}",
        "RestartCount": container.restart_count,
        "Driver": driver,
        "Platform": "linux",
        "MountLabel": "",
        "ProcessLabel": "",
        "AppArmorProfile": "",
        "ExecIDs": container.execs or None,
        "HostConfig": container.host,
        "GraphDriver": {
            "Name": driver,
            "Data": {
                "MergedDir": str(folder / "merged"),
                "UpperDir": str(folder / "upper"),
                "WorkDir": str(folder / "work"),
            },
        },
        "Mounts": [render_mount(one) for one in container.placed],
        "Config": config,
        "NetworkSettings": render_network(container, sandbox),
    }


def render_state(state: State) -> dict[str, Any]:
    """The ``State`` of an inspect."""
    shown: dict[str, Any] = {
        "Status": str(state.status),
        "Running": state.is_running,
        "Paused": state.status is Status.PAUSED,
        "Restarting": state.status is Status.RESTARTING,
        "OOMKilled": state.oom_killed,
        "Dead": state.status is Status.DEAD,
        "Pid": state.pid,
        "ExitCode": state.exit_code,
        "Error": state.error,
        "StartedAt": write_time(state.started_ns),
        "FinishedAt": write_time(state.finished_ns),
    }
    if state.health is not None:
        shown["Health"] = render_health(state.health)
    return shown


def render_mount(placed: Placed) -> dict[str, Any]:
    """One of an inspect's ``Mounts``."""
    point = placed.point
    shown: dict[str, Any] = {
        "Type": point.kind,
        "Source": "" if point.kind == "tmpfs" else str(placed.source),
        "Destination": point.destination,
        "Mode": point.mode,
        "RW": not point.readonly,
        "Propagation": point.propagation,
    }
    if placed.volume:
        shown |= {"Name": placed.volume, "Driver": "local"}
    return shown


def render_network(container: Container, sandbox: Sandbox | None) -> dict[str, Any]:
    """``NetworkSettings`` of an inspect."""
    networks = render_endpoints(container, sandbox)
    first = networks.get("bridge") or {}
    return {
        "Bridge": "",
        "SandboxID": container.id if sandbox is not None else "",
        "HairpinMode": False,
        "LinkLocalIPv6Address": "",
        "LinkLocalIPv6PrefixLen": 0,
        "Ports": render_ports(container),
        "SandboxKey": (
            f"/proc/{container.state.pid}/ns/net" if container.state.has_process else ""
        ),
        "SecondaryIPAddresses": None,
        "SecondaryIPv6Addresses": None,
        "EndpointID": first.get("EndpointID", ""),
        "Gateway": first.get("Gateway", ""),
        "GlobalIPv6Address": "",
        "GlobalIPv6PrefixLen": 0,
        "IPAddress": first.get("IPAddress", ""),
        "IPPrefixLen": first.get("IPPrefixLen", 0),
        "IPv6Gateway": "",
        "MacAddress": first.get("MacAddress", ""),
        "Networks": networks,
    }


def render_endpoints(container: Container, sandbox: Sandbox | None) -> dict[str, Any]:
    """``Networks`` of a container: what it has, or, while it does not run, what it will have."""
    if container.donor("NetworkMode") is not None:
        return {}
    shown = {}
    for name, own in container.wanted_networks().items():
        endpoint = sandbox.endpoints.get(name) if sandbox is not None else None
        shown[name] = {
            "IPAMConfig": own.get("IPAMConfig"),
            "Links": own.get("Links"),
            "Aliases": list(endpoint.aliases) if endpoint else own.get("Aliases"),
            "NetworkID": endpoint.network_id if endpoint else "",
            "EndpointID": endpoint.endpoint_id if endpoint else "",
            "Gateway": endpoint.gateway if endpoint else "",
            "IPAddress": endpoint.ip if endpoint else "",
            "IPPrefixLen": endpoint.prefix_len if endpoint else 0,
            "IPv6Gateway": "",
            "GlobalIPv6Address": "",
            "GlobalIPv6PrefixLen": 0,
            "MacAddress": endpoint.mac if endpoint else own.get("MacAddress") or "",
            "DriverOpts": own.get("DriverOpts"),
        }
    for name, endpoint in (sandbox.endpoints if sandbox is not None else {}).items():
        if name not in shown:  # connected while it ran
            shown[name] = {
                "IPAMConfig": None,
                "Links": None,
                "Aliases": list(endpoint.aliases),
                "NetworkID": endpoint.network_id,
                "EndpointID": endpoint.endpoint_id,
                "Gateway": endpoint.gateway,
                "IPAddress": endpoint.ip,
                "IPPrefixLen": endpoint.prefix_len,
                "IPv6Gateway": "",
                "GlobalIPv6Address": "",
                "GlobalIPv6PrefixLen": 0,
                "MacAddress": endpoint.mac,
                "DriverOpts": None,
            }
    return shown


def render_ports(container: Container) -> dict[str, Any]:
    """``Ports`` of an inspect: published ones with their places, exposed ones with null."""
    if not container.state.is_running:
        return {}
    ports: dict[str, Any] = dict.fromkeys(container.config.get("ExposedPorts") or {})
    for port, places in container.published.items():
        ports[port] = [{"HostIp": ip, "HostPort": str(number)} for ip, number in places]
    return ports


def render_row(
    container: Container, sandbox: Sandbox | None, *, size: int | None
) -> dict[str, Any]:
    """One row of GET /containers/json. ``size``: bytes that it has written, when asked for."""
    row: dict[str, Any] = {
        "Id": container.id,
        "Names": [f"/{container.name}"],
        "Image": container.image_name,
        "ImageID": container.image.id,
        "Command": " ".join(
            shlex.quote(one) if " " in one or not one else one for one in container.argv
        ),
        "Created": container.created_ns // 1_000_000_000,
        "Ports": list_ports(container),
        "Labels": container.config["Labels"],
        "State": str(container.state.status),
        "Status": describe_status(container),
        "HostConfig": {"NetworkMode": container.host.get("NetworkMode") or "default"},
        "NetworkSettings": {"Networks": render_endpoints(container, sandbox)},
        "Mounts": [render_mount(one) for one in container.placed],
    }
    if size is not None:
        row |= render_size(container, size)
    return row


def render_size(container: Container, written: int) -> dict[str, int]:
    """What ``size=1`` adds, to a row and to an inspect."""
    return {"SizeRw": written, "SizeRootFs": container.image.size + written}


def list_ports(container: Container) -> list[dict[str, Any]]:
    """A row's ports."""
    if not container.state.is_running:
        return []
    rows: list[dict[str, Any]] = []
    for port in container.config.get("ExposedPorts") or {}:
        if port not in container.published:
            number, _, kind = port.partition("/")
            rows.append({"PrivatePort": int(number), "Type": kind or "tcp"})
    for port, places in container.published.items():
        number, _, kind = port.partition("/")
        rows += [
            {"IP": ip, "PrivatePort": int(number), "PublicPort": public, "Type": kind or "tcp"}
            for ip, public in places
        ]
    return rows


def complete_host_config(host: dict[str, Any]) -> dict[str, Any]:
    """A HostConfig with everything that an inspect shows, defaults where nothing was asked."""
    defaults: dict[str, Any] = {
        "Binds": None,
        "ContainerIDFile": "",
        "LogConfig": {"Type": "json-file", "Config": {}},
        "NetworkMode": "default",
        "PortBindings": {},
        "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0},
        "AutoRemove": False,
        "VolumeDriver": "",
        "VolumesFrom": None,
        "CapAdd": None,
        "CapDrop": None,
        "CgroupnsMode": "host",
        "Dns": [],
        "DnsOptions": [],
        "DnsSearch": [],
        "ExtraHosts": None,
        "GroupAdd": None,
        "IpcMode": "private",
        "Cgroup": "",
        "Links": None,
        "OomScoreAdj": 0,
        "PidMode": "",
        "Privileged": False,
        "PublishAllPorts": False,
        "ReadonlyRootfs": False,
        "SecurityOpt": None,
        "UTSMode": "",
        "UsernsMode": "",
        "ShmSize": 64 * 1024 * 1024,
        "Runtime": RUNTIME,
        "Isolation": "",
        "CpuShares": 0,
        "Memory": 0,
        "NanoCpus": 0,
        "CgroupParent": "",
        "CpuPeriod": 0,
        "CpuQuota": 0,
        "Devices": [],
        "MemoryReservation": 0,
        "MemorySwap": 0,
        "OomKillDisable": False,
        "PidsLimit": None,
        "Ulimits": None,
        "MaskedPaths": list(MASKED),
        "ReadonlyPaths": list(READONLY),
    }
    given = {key: value for key, value in host.items() if value not in (None, "")}
    log = given.get("LogConfig") or {}
    given["LogConfig"] = {"Type": log.get("Type") or "json-file", "Config": log.get("Config") or {}}
    if not (given.get("RestartPolicy") or {}).get("Name"):
        given.pop("RestartPolicy", None)
    if not given.get("ShmSize"):
        given.pop("ShmSize", None)
    return {**defaults, **given}
