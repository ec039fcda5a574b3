"""Where a container's file system comes from: volumes, binds, tmpfs, and what Docker always has."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pausedemo.embedded.errors import BadParameter, NotSupported
from pausedemo.embedded.keeper.launch import Bind, Mount
from pausedemo.embedded.kernel.syscalls import (
    MOUNT_ATTR_NODEV,
    MOUNT_ATTR_NOEXEC,
    MOUNT_ATTR_NOSUID,
    MOUNT_ATTR_RDONLY,
    MountFlag,
    Namespace,
)

_QUIET: Final = MountFlag.NO_SUID | MountFlag.NO_DEV | MountFlag.NO_EXEC
_CGROUP: Final = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC
#: moby, oci/defaults.go.
MASKED: Final = [
    "/proc/asound",
    "/proc/acpi",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/sys/firmware",
    "/sys/devices/virtual/powercap",
]
READONLY: Final = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
DEVICES: Final = ["null", "zero", "full", "random", "urandom", "tty"]
LINKS: Final = (
    ("/dev/fd", "/proc/self/fd"),
    ("/dev/stdin", "/proc/self/fd/0"),
    ("/dev/stdout", "/proc/self/fd/1"),
    ("/dev/stderr", "/proc/self/fd/2"),
    ("/dev/core", "/proc/kcore"),
    ("/dev/ptmx", "pts/ptmx"),
)
SHM: Final = "/dev/shm"  # noqa: S108 - inside
_MQUEUE: Final = "/dev/mqueue"
CGROUPS: Final = "/sys/fs/cgroup"
SHM_BYTES: Final = 64 * 1024 * 1024
_VOLUME_NAME: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
_BIND_OPTIONS: Final = frozenset(
    ["ro", "rw", "z", "Z", "nocopy", "cached", "delegated", "consistent"]
)
_PRIVATE: Final = "rprivate"
#: The words for what is told of later mounts, and what the kernel calls that.
_PROPAGATION: Final = {
    "private": MountFlag.PRIVATE,
    _PRIVATE: MountFlag.PRIVATE,
    "slave": MountFlag.SLAVE,
    "rslave": MountFlag.SLAVE,
    "shared": MountFlag.SHARED,
    "rshared": MountFlag.SHARED,
}


@dataclass(frozen=True, slots=True)
class MountPoint:
    """One mount that a request asked for. ``kind``: bind, volume or tmpfs.

    A volume without a name is an anonymous one. ``subpath``: the part of a volume that is seen.
    ``propagation``: one of Docker's words, of a bind only.
    """

    kind: str
    source: str
    destination: str
    readonly: bool = False
    mode: str = ""
    copy_up: bool = True
    create_source: bool = False
    data: str = ""
    options: tuple[tuple[str, str], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    anonymous: bool = False
    subpath: str = ""
    propagation: str = ""


def parse_mounts(config: dict[str, Any], host: dict[str, Any]) -> list[MountPoint]:
    """Binds, Mounts, Tmpfs and Volumes of a create request, later ones last.

    Raises BadParameter and NotSupported.
    """
    points = [_parse_bind(text) for text in host.get("Binds") or []]
    points += [_parse_mount(raw) for raw in host.get("Mounts") or []]
    points += [
        MountPoint("tmpfs", "", _absolute(path), data=options)
        for path, options in (host.get("Tmpfs") or {}).items()
    ]
    taken = {point.destination for point in points}
    if len(taken) != len(points):
        seen: set[str] = set()
        for point in points:
            if point.destination in seen:
                raise BadParameter(f"Duplicate mount point: {point.destination}")
            seen.add(point.destination)
    points += [
        MountPoint("volume", "", _absolute(path), anonymous=True)
        for path in config.get("Volumes") or {}
        if _absolute(path) not in taken
    ]
    return sorted(points, key=lambda point: point.destination.count("/"))


def _parse_bind(text: str) -> MountPoint:
    parts = text.split(":")
    if len(parts) == 1:
        return MountPoint("volume", "", _absolute(parts[0]), anonymous=True)
    if len(parts) > 3 or not parts[0]:
        raise BadParameter(f"invalid volume specification: '{text}'")
    source, destination = parts[0], _absolute(parts[1], text)
    options = frozenset(parts[2].split(",")) if len(parts) == 3 and parts[2] else frozenset()
    propagation = _check_options(options)
    mode = parts[2] if len(parts) == 3 else ""
    readonly = "ro" in options
    if source.startswith("/"):
        return MountPoint(
            "bind",
            _clean(source),
            destination,
            readonly,
            mode,
            create_source=True,
            propagation=propagation,
        )
    if not _VOLUME_NAME.fullmatch(source):
        raise BadParameter(
            f'create {source}: "{source}" includes invalid characters for a local volume '
            'name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host '
            "directory, use absolute path"
        )
    return MountPoint(
        "volume", source, destination, readonly, mode, copy_up="nocopy" not in options
    )


def _check_options(options: frozenset[str]) -> str:
    """The propagation among them. Raises BadParameter."""
    propagations = options & _PROPAGATION.keys()
    if unknown := options - _BIND_OPTIONS - propagations:
        raise BadParameter(f"invalid mode: {min(unknown)}")
    if {"ro", "rw"} <= options:
        raise BadParameter("invalid mode: ro,rw")
    if len(propagations) > 1:
        raise BadParameter(f"invalid mode: {','.join(sorted(propagations))}")
    return next(iter(propagations), _PRIVATE)


def _parse_mount(raw: dict[str, Any]) -> MountPoint:
    kind, target = raw.get("Type"), _absolute(raw.get("Target") or "")
    source, readonly = raw.get("Source") or "", bool(raw.get("ReadOnly"))
    match kind:
        case "bind":
            propagation = (raw.get("BindOptions") or {}).get("Propagation") or _PRIVATE
            if propagation not in _PROPAGATION:
                raise BadParameter(
                    f'invalid mount config for type "bind": invalid propagation mode: {propagation}'
                )
            if not source.startswith("/"):
                raise BadParameter(
                    f"invalid mount config for type \"bind\": invalid mount path: '{source}' mount "
                    "path must be absolute"
                )
            return MountPoint("bind", _clean(source), target, readonly, propagation=propagation)
        case "volume":
            options = raw.get("VolumeOptions") or {}
            subpath = options.get("Subpath") or ""
            if subpath.startswith("/") or ".." in subpath.split("/"):
                raise BadParameter("invalid volume mount options: subpath must be a local path")
            driver = options.get("DriverConfig") or {}
            if driver.get("Name") not in (None, "", "local"):
                raise NotSupported(f"no volume driver {driver['Name']!r}: only local")
            return MountPoint(
                "volume",
                source,
                target,
                readonly,
                copy_up=not options.get("NoCopy") and not subpath,
                options=tuple((driver.get("Options") or {}).items()),
                labels=tuple((options.get("Labels") or {}).items()),
                anonymous=not source,
                subpath=subpath,
            )
        case "tmpfs":
            options = raw.get("TmpfsOptions") or {}
            data = []
            if options.get("SizeBytes"):
                data.append(f"size={options['SizeBytes']}")
            if options.get("Mode"):
                data.append(f"mode={options['Mode']:o}")
            return MountPoint("tmpfs", "", target, readonly, data=",".join(data))
        case _:
            raise BadParameter(f'invalid mount config for type "{kind}": mount type unknown')


def _absolute(path: str, whole: str | None = None) -> str:
    if not path.startswith("/"):
        raise BadParameter(
            f"invalid volume specification: '{whole or path}': invalid mount config for type "
            f"\"volume\": invalid mount path: '{path}' mount path must be absolute"
        )
    normal = _clean(path)
    if normal == "/":
        raise BadParameter("invalid volume specification: destination can't be '/'")
    return normal


def _clean(path: str) -> str:
    # POSIX leaves open what two leading slashes mean, and normpath keeps them; Linux does not.
    return posixpath.normpath("/" + path.lstrip("/"))


def plan_mounts(
    points: list[tuple[MountPoint, Path]],
    files: dict[str, Path],
    *,
    files_readonly: bool,
    shm: Path | None,
    shm_bytes: int,
    has_terminal_group: bool,
    foreign: Namespace,
    privileged: bool,
    cgroups: Mapping[str, Path],
) -> list[Mount | Bind]:
    """Everything that is mounted in a container, in order.

    ``points`` with the folder or file that each is; ``files`` (hosts, hostname, resolv.conf) by
    path inside; ``shm``: a shared one, None: its own, or none where it has no bytes;
    ``foreign``: namespaces whose file systems may not be mounted, so that the node's own are shown;
    ``cgroups`` by path inside.
    """
    attributes = 0 if privileged else MOUNT_ATTR_NODEV
    system_flags = _QUIET if privileged else _QUIET | MountFlag.READ_ONLY
    device_flags = MountFlag.NO_SUID | MountFlag.STRICT_ATIME
    if not privileged:
        # What is bound in there are devices; what the container makes there are none. Docker
        # leaves that to the devices cgroup.
        device_flags |= MountFlag.NO_DEV
    group = ",gid=5" if has_terminal_group else ""
    planned: list[Mount | Bind] = [
        Bind("/proc", "/proc") if foreign & Namespace.PID else Mount("proc", "/proc", _QUIET),
        Mount("tmpfs", "/dev", device_flags, "mode=755,size=65536k"),
        Mount(
            "devpts",
            "/dev/pts",
            MountFlag.NO_SUID | MountFlag.NO_EXEC,
            f"newinstance,ptmxmode=0666,mode=0620{group}",
        ),
        *(Bind(f"/dev/{name}", f"/dev/{name}", recursive=False) for name in DEVICES),
    ]
    if not foreign & Namespace.IPC:
        planned.append(Mount("mqueue", _MQUEUE, _QUIET))
    elif Path(_MQUEUE).is_dir():
        planned.append(Bind(_MQUEUE, _MQUEUE))
    if foreign & Namespace.NETWORK:
        planned.append(Bind("/sys", "/sys", 0 if privileged else MOUNT_ATTR_RDONLY))
    else:
        planned.append(Mount("sysfs", "/sys", system_flags))
    bits = _CGROUP if privileged else _CGROUP | MOUNT_ATTR_RDONLY
    planned += [Bind(str(at), path, bits, recursive=False) for path, at in cgroups.items()]
    if shm is not None:
        planned.append(Bind(str(shm), SHM))
    elif shm_bytes:
        planned.append(Mount("tmpfs", SHM, _QUIET, f"mode=1777,size={shm_bytes}"))
    wanted: list[Mount | Bind] = []
    for point, source in points:
        if point.kind == "tmpfs":
            wanted.append(_plan_tmpfs(point))
        else:
            readonly = MOUNT_ATTR_RDONLY if point.readonly else 0
            bits = attributes | readonly
            wanted.append(
                Bind(
                    str(source),
                    point.destination,
                    bits,
                    beneath=point.subpath,
                    propagation=int(_PROPAGATION.get(point.propagation, 0)),
                )
            )
    bits = MOUNT_ATTR_RDONLY if files_readonly else 0
    wanted += [Bind(str(source), path, bits, recursive=False) for path, source in files.items()]
    # A volume at /etc must not hide /etc/hosts.
    return planned + sorted(wanted, key=lambda one: one.target.count("/"))


def _plan_tmpfs(point: MountPoint) -> Mount:
    flags, data = _QUIET, []
    if point.readonly:
        flags |= MountFlag.READ_ONLY
    for option in filter(None, point.data.split(",")):
        match option:
            case "exec":
                flags &= ~MountFlag.NO_EXEC
            case "suid":
                flags &= ~MountFlag.NO_SUID
            case "ro":
                flags |= MountFlag.READ_ONLY
            case "rw" | "noexec" | "nosuid" | "nodev" | "dev":
                pass
            case _:
                data.append(option)
    return Mount("tmpfs", point.destination, flags, ",".join(data))
