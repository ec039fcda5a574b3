"""Modes of a container's namespaces."""

from __future__ import annotations

from typing import Any

from pausedemo.embedded.errors import BadParameter


def check_modes(config: dict[str, Any], host: dict[str, Any]) -> None:
    """Refuse namespace modes that cannot be, or cannot be together. In dockerd's words."""
    network = host.get("NetworkMode") or ""
    shares_network = network.startswith("container:")
    if shares_network and config.get("Hostname"):
        raise BadParameter("conflicting options: hostname and the network mode")
    if shares_network:
        for key, text in (
            ("Dns", "dns and the network mode"),
            ("ExtraHosts", "custom host-to-IP mapping and the network mode"),
            ("PortBindings", "port publishing and the container type network mode"),
        ):
            if host.get(key):
                raise BadParameter(f"conflicting options: {text}")
        if host.get("PublishAllPorts"):
            text = "port publishing and the container type network mode"
            raise BadParameter(f"conflicting options: {text}")
        if config.get("MacAddress"):
            text = "mac-address and the network mode"
            raise BadParameter(f"conflicting options: {text}")
        if config.get("ExposedPorts"):
            text = "port exposing and the container type network mode"
            raise BadParameter(f"conflicting options: {text}")
    if host.get("UTSMode") == "host" and config.get("Hostname"):
        raise BadParameter("conflicting options: hostname and the UTS mode")
    ipc = host.get("IpcMode") or ""
    if ipc not in ("", "none", "private", "shareable", "host") and not ipc.startswith("container:"):
        raise BadParameter(f"Invalid IPC mode: {ipc}")
    pid = host.get("PidMode") or ""
    if pid not in ("", "host") and not pid.startswith("container:"):
        raise BadParameter(f"Invalid PID mode: {pid}")
    if (host.get("UTSMode") or "") not in ("", "host"):
        raise BadParameter(f"Invalid UTS mode: {host['UTSMode']}")
    if (host.get("CgroupnsMode") or "") not in ("", "host", "private"):
        raise BadParameter(f"Invalid cgroup namespace mode: {host['CgroupnsMode']}")
    for key, mode in (("NetworkMode", network), ("IpcMode", ipc), ("PidMode", pid)):
        if mode == "container:":
            raise BadParameter(f"invalid {key}: container: needs a container's name or id")
