"""What a create request may ask for: taken over, refused, or of no effect.

An option that this engine does not carry out is refused when its value would change anything:
who sets a limit must not run without it. Values that mean "nothing asked" pass.
"""

from __future__ import annotations

import re
import resource
import shlex
import signal
from dataclasses import dataclass
from typing import Any, Final

from pausedemo.embedded.containers.capabilities import compute_capabilities
from pausedemo.embedded.errors import BadParameter, Conflict, NotSupported

CONFIG_KEYS: Final = frozenset(
    [
        "Hostname",
        "Domainname",
        "User",
        "AttachStdin",
        "AttachStdout",
        "AttachStderr",
        "ExposedPorts",
        "Tty",
        "OpenStdin",
        "StdinOnce",
        "Env",
        "Cmd",
        "Healthcheck",
        "Image",
        "Volumes",
        "WorkingDir",
        "Entrypoint",
        "NetworkDisabled",
        "MacAddress",
        "Labels",
        "StopSignal",
        "StopTimeout",
    ]
)
#: Of a build or of Windows; a container does not look at them.
IGNORED_CONFIG_KEYS: Final = frozenset(["OnBuild", "Shell", "ArgsEscaped"])
HOST_KEYS: Final = frozenset(
    [
        "Binds",
        "LogConfig",
        "NetworkMode",
        "PortBindings",
        "RestartPolicy",
        "AutoRemove",
        "VolumesFrom",
        "CapAdd",
        "CapDrop",
        "CgroupnsMode",
        "Dns",
        "DnsOptions",
        "DnsSearch",
        "ExtraHosts",
        "GroupAdd",
        "IpcMode",
        "OomScoreAdj",
        "PidMode",
        "Privileged",
        "PublishAllPorts",
        "ReadonlyRootfs",
        "SecurityOpt",
        "UTSMode",
        "ShmSize",
        "CpuShares",
        "Memory",
        "MemorySwap",
        "MemoryReservation",
        "NanoCpus",
        "CpuPeriod",
        "CpuQuota",
        "PidsLimit",
        "Ulimits",
        "Tmpfs",
        "Mounts",
        "Sysctls",
        "Runtime",
        "Init",
        "MaskedPaths",
        "ReadonlyPaths",
    ]
)
#: Said to the client's own side, or without any effect on one machine.
IGNORED_HOST_KEYS: Final = frozenset(
    [
        "ConsoleSize",
        "ContainerIDFile",
        "Isolation",
        "Annotations",
        "VolumeDriver",
        "MemorySwappiness",
    ]
)
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
_NOTHING: Final = (None, "", 0, False, -1, [], {}, "no", "default")
_NAME: Final = re.compile(r"/?[a-zA-Z0-9][a-zA-Z0-9_.-]+")
RUNTIME: Final = "pausedemo"


def check_name(name: str) -> str:
    """A container's name without its slash. Raises BadParameter in dockerd's words."""
    if not _NAME.fullmatch(name):
        raise BadParameter(
            f"Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
        )
    return name.removeprefix("/")


def check_keys(body: dict[str, Any]) -> None:
    """Refuse what would change behaviour and is not carried out here. NotSupported, 501."""
    known = CONFIG_KEYS | IGNORED_CONFIG_KEYS | {"HostConfig", "NetworkingConfig"}
    for key, value in body.items():
        if key not in known and value not in _NOTHING:
            raise NotSupported(f"the embedded engine does not support {key}: {value!r}")
    test = (body.get("Healthcheck") or {}).get("Test") or ["NONE"]
    if test[0] != "NONE":
        raise NotSupported(f"the embedded engine runs no healthchecks: {test!r}")
    for key, value in (body.get("HostConfig") or {}).items():
        if key not in HOST_KEYS | IGNORED_HOST_KEYS and value not in _NOTHING:
            raise NotSupported(f"the embedded engine does not support HostConfig.{key}: {value!r}")


def check_limits(host: dict[str, Any], controllers: frozenset[str]) -> None:
    """Refuse a limit that could not be held. ``controllers``: those that may be written here."""
    for key, controller in LIMIT_KEYS.items():
        value = host.get(key)
        if value in _NOTHING or controller in controllers:
            continue
        if key == "CpuShares":  # a weight among containers, not a limit
            continue
        raise BadParameter(
            f"HostConfig.{key} cannot be held: no {controller} cgroup may be written here"
        )
    memory = host.get("Memory") or 0
    if 0 < memory < 6 * 1024 * 1024:
        raise BadParameter("Minimum memory limit allowed is 6MB")
    if (host.get("NanoCpus") or 0) > 0 and (host.get("CpuQuota") or host.get("CpuPeriod")):
        raise BadParameter("Conflicting options: Nano CPUs and CPU Period cannot both be set")


def check_modes(config: dict[str, Any], host: dict[str, Any]) -> None:
    """Refuse namespace modes that cannot be, or cannot be together. In dockerd's words."""
    network = host.get("NetworkMode") or ""
    shares_network = network.startswith("container:")
    if (shares_network or network == "host") and config.get("Hostname") and shares_network:
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


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """When the engine starts a container again by itself."""

    name: str = "no"
    maximum: int = 0

    def wants(self, *, exit_code: int, restarts: int, stopped_by_hand: bool) -> bool:
        """Shall it be started again after it ended so? As moby's restartmanager."""
        if stopped_by_hand:
            return False
        if self.name == "on-failure":
            return exit_code != 0 and (self.maximum == 0 or restarts < self.maximum)
        return self.name in ("always", "unless-stopped")


def parse_restart_policy(host: dict[str, Any]) -> RestartPolicy:
    """Raises BadParameter in dockerd's words."""
    raw = host.get("RestartPolicy") or {}
    name, maximum = raw.get("Name") or "no", raw.get("MaximumRetryCount") or 0
    if name not in ("no", "always", "unless-stopped", "on-failure"):
        raise BadParameter(f"invalid restart policy '{name}'")
    if maximum and name != "on-failure":
        raise BadParameter(f"maximum retry count cannot be used with restart policy '{name}'")
    if maximum < 0:
        raise BadParameter("maximum retry count cannot be negative")
    if host.get("AutoRemove") and name != "no":
        raise BadParameter("can't create 'AutoRemove' container with restart policy")
    return RestartPolicy(name, maximum)


@dataclass(frozen=True, slots=True)
class Security:
    """What a container's processes may do. ``seccomp``: the default filter applies."""

    capabilities: int
    no_new_privileges: bool
    seccomp: bool
    privileged: bool


def parse_security(host: dict[str, Any]) -> Security:
    """Capabilities and SecurityOpt. Raises BadParameter, and NotSupported for what is not had."""
    privileged = bool(host.get("Privileged"))
    no_new, seccomp = False, not privileged
    for option in host.get("SecurityOpt") or []:
        key, _, value = option.replace(":", "=", 1).partition("=")
        match key, value:
            case "no-new-privileges", "" | "true":
                no_new = True
            case "no-new-privileges", "false":
                no_new = False
            case "seccomp", "unconfined":
                seccomp = False
            case ("apparmor" | "label", "unconfined" | "disable"):
                pass
            case (("seccomp" | "apparmor" | "label" | "systempaths" | "credentialspec"), _):
                raise NotSupported(f"the embedded engine does not support the option {option!r}")
            case _:
                raise BadParameter(f'invalid --security-opt 2: "{option}"')
    bits = compute_capabilities(
        host.get("CapAdd") or [], host.get("CapDrop") or [], privileged=privileged
    )
    return Security(bits, no_new, seccomp, privileged)


def parse_limits(host: dict[str, Any]) -> list[tuple[int, int, int]]:
    """Ulimits as (resource, soft, hard). Raises BadParameter for a name that is none."""
    limits = []
    for one in host.get("Ulimits") or []:
        kind = getattr(resource, f"RLIMIT_{str(one.get('Name')).upper()}", None)
        if kind is None:
            raise BadParameter(f"invalid ulimit type: {one.get('Name')}")
        limits.append((kind, int(one["Soft"]), int(one["Hard"])))
    return limits


def compute_argv(entrypoint: list[str] | None, command: list[str] | None) -> list[str]:
    """What is executed. Raises BadParameter when there is nothing."""
    argv = [*(entrypoint or []), *(command or [])]
    if not argv or not argv[0]:
        raise BadParameter("No command specified")
    return argv


def as_list(value: str | list[str] | None) -> list[str] | None:
    """Cmd and Entrypoint may come as one string from old clients."""
    return shlex.split(value) if isinstance(value, str) else value


def merge_env(image: list[str], own: list[str]) -> list[str]:
    """The image's variables, then the container's; a name without ``=`` takes one away."""
    merged: dict[str, str | None] = {}
    for entry in [*image, *own]:
        name, is_set, value = entry.partition("=")
        if not name:
            raise BadParameter(f"invalid environment variable: {entry}")
        merged[name] = value if is_set else None
    return [f"{name}={value}" for name, value in merged.items() if value is not None]


def check_conflict_name(name: str, owner: str) -> Conflict:
    """What dockerd says when a name is taken."""
    return Conflict(
        f'Conflict. The container name "/{name}" is already in use by container "{owner}". '
        "You have to remove (or rename) that container to be able to reuse that name."
    )


def parse_signal(name: str) -> int:
    """A signal's number from ``TERM``, ``SIGTERM`` or ``15``. Raises BadParameter."""
    text = str(name or "KILL").upper()
    if text.isdecimal() and 0 < int(text) < signal.NSIG:
        return int(text)
    found = getattr(signal, f"SIG{text.removeprefix('SIG')}", None)
    if isinstance(found, signal.Signals):
        return int(found)
    raise BadParameter(f"Invalid signal: {name}")
