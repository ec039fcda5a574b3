"""What an engine can be asked to create: one container, in the engine's own terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class MountKind(StrEnum):
    """Where a mount comes from: the engine's machine, a named volume, or memory."""

    BIND = "bind"
    VOLUME = "volume"
    TMPFS = "tmpfs"


class Propagation(StrEnum):
    """Who sees what is mounted below a bind later. Source: mount_namespaces(7)."""

    PRIVATE = "rprivate"
    SLAVE = "rslave"
    SHARED = "rshared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """Something that is seen at the absolute path ``target`` of a container.

    ``source``: a path on the engine's machine, or the name of a volume; empty for memory.
    ``propagation``: of a bind only. ``create_source``: a folder is made where a bind finds
    nothing; otherwise creating the container fails then. ``copy_image``: a volume that is empty
    gets what the image has at its place. ``subpath``: a part of a volume, which must be there;
    engines know it from API 1.45 on. ``size_bytes`` and ``mode``: of memory only.
    """

    kind: MountKind
    target: str
    source: str = ""
    read_only: bool = False
    propagation: Propagation | None = None
    create_source: bool = False
    copy_image: bool = True
    subpath: str = ""
    size_bytes: int | None = None
    mode: int | None = None


@dataclass(frozen=True, slots=True)
class PublishedPort:
    """A container's port on one of the host's. ``host_port`` None: one that the engine chooses.

    ``protocol``: tcp, udp or sctp. ``host_ip`` empty: all of the host's addresses.
    """

    port: int
    host_port: int | None = None
    protocol: str = "tcp"
    host_ip: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerConfig:
    """What to create. ``None``, and what is empty, is left to the image or to the engine.

    ``image`` is an id or reference that is already on the engine. The modes are the
    engine's own words: ``bridge``, ``host``, ``none``, ``shareable``, ``container:<id>``.
    ``publish`` are TCP ports of the container, each published on a port of the host that the
    engine chooses; ``ports`` says more of each. ``extra_hosts``: (host name, address) pairs of
    /etc/hosts. ``user``: ``uid``, ``uid:gid`` or names. ``memory_bytes``: of memory and swap
    together, so that nothing is swapped. ``cpu_quota_us``: processor time in each
    ``cpu_period_us``. ``security_options``: as ``docker run --security-opt`` has them.
    ``restart_policy``: the kubelet restarts, never the engine, unless a scenario is about just
    that.
    """

    name: str
    image: str
    entrypoint: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    working_dir: str | None = None
    user: str | None = None
    groups: tuple[str, ...] = ()
    hostname: str | None = None
    domainname: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    tty: bool = False
    open_stdin: bool = False
    stdin_once: bool = False
    stop_signal: str | None = None
    network_mode: str | None = None
    ipc_mode: str | None = None
    pid_mode: str | None = None
    uts_mode: str | None = None
    cgroup_mode: str | None = None
    mounts: tuple[Mount, ...] = ()
    publish: tuple[int, ...] = ()
    ports: tuple[PublishedPort, ...] = ()
    dns_servers: tuple[str, ...] = ()
    dns_searches: tuple[str, ...] = ()
    dns_options: tuple[str, ...] = ()
    extra_hosts: tuple[tuple[str, str], ...] = ()
    sysctls: Mapping[str, str] = field(default_factory=dict)
    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()
    privileged: bool = False
    read_only_root: bool = False
    security_options: tuple[str, ...] = ()
    memory_bytes: int | None = None
    cpu_shares: int | None = None
    cpu_quota_us: int | None = None
    cpu_period_us: int | None = None
    shm_bytes: int | None = None
    oom_score_adj: int | None = None
    init: bool | None = None
    auto_remove: bool = False
    restart_policy: str = "no"
