"""What a create request may ask for: taken over, refused, or of no effect.

An option that this engine does not carry out is refused when its value would change anything:
who sets a limit must not run without it. Values that mean "nothing asked" pass.
"""

from __future__ import annotations

import os
import re
import resource
import signal
from dataclasses import dataclass
from typing import Any, Final

from pausedemo.embedded.containers.capabilities import compute_capabilities
from pausedemo.embedded.errors import BadParameter, Conflict, NotFound, NotSupported

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
_NOTHING: Final[tuple[object, ...]] = (None, "", 0, False, -1, [], {}, "no", "default")
_NAME: Final = re.compile(r"/?[a-zA-Z0-9][a-zA-Z0-9_.-]+")
RUNTIME: Final = "pausedemo"
MEMORY_MINIMUM_BYTES: Final = 6 * 1024 * 1024
#: Docker's own, whose part this engine plays.
RUNTIME_STANDINS: Final = ("runc", "io.containerd.runc.v2", "io.containerd.runtime.v1.linux")


def check_working_dir(path: str) -> None:
    """Raises BadParameter in dockerd's words."""
    if path and not path.startswith("/"):
        raise BadParameter(
            f"the working directory '{path}' is invalid, it needs to be an absolute path"
        )


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


def check_choices(host: dict[str, Any]) -> None:
    """Refuse names of things of which there is one kind here. In dockerd's words."""
    runtime = host.get("Runtime") or RUNTIME
    if runtime not in (RUNTIME, *RUNTIME_STANDINS):
        raise BadParameter(f"Unknown runtime specified {runtime}")
    driver = host.get("VolumeDriver") or "local"
    if driver != "local":
        raise BadParameter(f'error looking up volume plugin {driver}: plugin "{driver}" not found')
    isolation = host.get("Isolation") or "default"
    if isolation != "default":
        raise BadParameter(f"invalid isolation '{isolation}' on linux")


def check_platform(wanted: str, image_name: str, image: dict[str, Any]) -> None:
    """Refuse an image of another platform than asked for: ``linux/arm64``, ``arm64``.

    ``image``: its OCI configuration. NotFound, so that the docker command pulls the other one.
    """
    found = f"{image.get('os') or 'linux'}/{image.get('architecture') or ''}"
    # Without the variant (v7, v8), which most images do not name.
    if wanted and not set(wanted.lower().split("/")[:2]) <= set(found.split("/")):
        raise NotFound(
            f"image with reference {image_name} was found but does not match the specified "
            f"platform: wanted {wanted}, actual: {found}"
        )


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
    _check_memory(host)
    _check_cpu(host)


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
    cpus = os.cpu_count() or 1
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


def compute_argv(entrypoint: list[str] | None, command: list[str] | None) -> list[str]:
    """What is executed. Raises BadParameter when there is nothing."""
    argv = [*(entrypoint or []), *(command or [])]
    if not argv or not argv[0]:
        raise BadParameter("No command specified")
    return argv


def as_list(value: str | list[str] | None) -> list[str] | None:
    """Cmd and Entrypoint may come as one string from old clients: it is one word.

    Source: moby, api/types/strslice/strslice.go.
    """
    return [value] if isinstance(value, str) else value


def merge_env(image: list[str], own: list[str]) -> list[str]:
    """The container's variables, then the image's others; a name without ``=`` takes one away."""
    merged: dict[str, str | None] = {}
    for entry in own:
        name, is_set, value = entry.partition("=")
        if not name:
            raise BadParameter(f"invalid environment variable: {entry}")
        merged[name] = value if is_set else None
    for entry in image:
        name, is_set, value = entry.partition("=")
        if is_set:
            merged.setdefault(name, value)
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
