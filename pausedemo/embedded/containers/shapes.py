"""What kind of value each field of a body must have, so that nothing later can stumble.

As Go's decoder for dockerd: null is "not given" everywhere, numbers have 64 bits, a boolean is no
number. Beyond Go: a text has no null byte and is Unicode, since it goes to the kernel.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from pausedemo.embedded.errors import BadParameter

#: A shape: a type; a list of one shape; MapOf; a mapping of field to shape, other fields being
#: free; or a tuple of shapes, each of which will do.
Shape = Any


class MapOf:
    """An object whose keys are names and whose values have one shape."""

    def __init__(self, values: Shape) -> None:
        self.values = values


ANYTHING: Final = object
_TEXTS: Final = [str]
_LABELS: Final = MapOf(str)
_NUMBER: Final = 1 << 63
_WORDS: Final = (_TEXTS, str)


def _names(text: str) -> list[str]:
    return text.split()


ENDPOINT: Final[Shape] = {
    "Aliases": _TEXTS,
    "Links": _TEXTS,
    "MacAddress": str,
    "NetworkID": str,
    "DriverOpts": _LABELS,
    "IPAMConfig": {"IPv4Address": str, "IPv6Address": str, "LinkLocalIPs": _TEXTS},
}
HOST: Final[Shape] = {
    **dict.fromkeys(
        _names(
            "NetworkMode CgroupnsMode IpcMode PidMode UTSMode UsernsMode Runtime Isolation "
            "VolumeDriver ContainerIDFile Cgroup CgroupParent CpusetCpus CpusetMems"
        ),
        str,
    ),
    **dict.fromkeys(
        _names("AutoRemove Privileged PublishAllPorts ReadonlyRootfs Init OomKillDisable"),
        bool,
    ),
    **dict.fromkeys(
        _names(
            "ShmSize CpuShares Memory MemorySwap MemoryReservation MemorySwappiness "
            "KernelMemory NanoCpus CpuPeriod CpuQuota PidsLimit OomScoreAdj BlkioWeight"
        ),
        int,
    ),
    **dict.fromkeys(
        _names(
            "Binds VolumesFrom CapAdd CapDrop Dns DnsOptions DnsSearch ExtraHosts GroupAdd "
            "Links SecurityOpt MaskedPaths ReadonlyPaths"
        ),
        _TEXTS,
    ),
    "LogConfig": {"Type": str, "Config": _LABELS},
    "PortBindings": MapOf([{"HostIp": str, "HostPort": str}]),
    "RestartPolicy": {"Name": str, "MaximumRetryCount": int},
    "Ulimits": [{"Name": str, "Soft": int, "Hard": int}],
    "Tmpfs": _LABELS,
    "Sysctls": _LABELS,
    "Mounts": [
        {
            **dict.fromkeys(("Type", "Source", "Target", "Consistency"), str),
            "ReadOnly": bool,
            "BindOptions": {"Propagation": str, "NonRecursive": bool},
            "VolumeOptions": {
                "NoCopy": bool,
                "Labels": _LABELS,
                "DriverConfig": {"Name": str, "Options": _LABELS},
            },
            "TmpfsOptions": {"SizeBytes": int, "Mode": int},
        }
    ],
}
HEALTHCHECK: Final[Shape] = {
    "Test": _TEXTS,
    **dict.fromkeys(("Interval", "Timeout", "StartPeriod", "StartInterval", "Retries"), int),
}
CREATE: Final[Shape] = {
    **dict.fromkeys(_names("Hostname Domainname User Image WorkingDir MacAddress StopSignal"), str),
    **dict.fromkeys(
        _names("AttachStdin AttachStdout AttachStderr Tty OpenStdin StdinOnce NetworkDisabled"),
        bool,
    ),
    "StopTimeout": int,
    "Env": _TEXTS,
    "Shell": _TEXTS,
    "Cmd": _WORDS,
    "Entrypoint": _WORDS,
    "Labels": _LABELS,
    "ExposedPorts": MapOf({}),
    "Volumes": MapOf({}),
    "Healthcheck": HEALTHCHECK,
    "HostConfig": HOST,
    "NetworkingConfig": {"EndpointsConfig": MapOf(ENDPOINT)},
}
EXEC: Final[Shape] = {
    "Cmd": _WORDS,
    "Env": _TEXTS,
    **dict.fromkeys(("User", "WorkingDir", "DetachKeys"), str),
    **dict.fromkeys(["AttachStdin", "AttachStdout", "AttachStderr", "Tty", "Privileged"], bool),
}
EXEC_START: Final[Shape] = {"Detach": bool, "Tty": bool, "ConsoleSize": [int]}
_PORT: Final = re.compile(r"(\d{1,5})(?:/(?:tcp|udp|sctp))?", re.ASCII)
_LAST_PORT: Final = 65535


def check_shape(value: Any, shape: Shape, where: str = "") -> None:
    """Raises BadParameter with the field's whole name. ``where``: the name so far."""
    if value is None or shape is ANYTHING:
        return
    if isinstance(shape, tuple):
        shape = next((one for one in shape if isinstance(value, _outer(one))), shape[0])
    outer = _outer(shape)
    is_right = isinstance(value, outer) and not (outer is int and isinstance(value, bool))
    if is_right and outer is str:
        is_right = _is_plain(value)
    elif is_right and outer is int:
        is_right = -_NUMBER <= value < _NUMBER
    if not is_right:
        raise BadParameter(f"invalid value for {where or 'the body'}: {value!r:.200}")
    if isinstance(shape, list):
        for one in value:
            check_shape(one, shape[0], where)
            if one is None:
                raise BadParameter(f"invalid value for {where}: {value!r:.200}")
    elif isinstance(value, dict):
        prefix = f"{where}." if where else ""
        for key, one in value.items():
            if not _is_plain(key):
                raise BadParameter(f"invalid name in {where or 'the body'}: {key!r:.200}")
            if isinstance(shape, MapOf):
                check_shape(one, shape.values, prefix + key)
                if one is None and shape.values is str:
                    raise BadParameter(f"invalid value for {prefix}{key}: null")
            else:
                check_shape(one, shape.get(key, ANYTHING), prefix + key)


def check_ports(body: Mapping[str, Any]) -> None:
    """Ports are written as ``80`` or ``80/tcp``; clients take ranges apart. Raises BadParameter."""
    host = body.get("HostConfig") or {}
    for field in (body.get("ExposedPorts"), host.get("PortBindings")):
        for port in field or {}:
            found = _PORT.fullmatch(port)
            if found is None or int(found[1]) > _LAST_PORT:
                raise BadParameter(f"invalid port specification: {port!r}")


def _outer(shape: Shape) -> type:
    if isinstance(shape, list):
        return list
    return shape if isinstance(shape, type) else dict


def _is_plain(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= one <= "\udfff" for one in text)
