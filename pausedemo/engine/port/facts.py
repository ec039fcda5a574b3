"""What an engine tells: plain types, in the engine's own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ContainerState(StrEnum):
    """The engine's own word for where a container is in its life."""

    CREATED = "created"
    RUNNING = "running"
    PAUSED = "paused"
    RESTARTING = "restarting"
    REMOVING = "removing"
    EXITED = "exited"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Ability:
    """Something that the engine's machine allows or not, and what follows from that."""

    name: str
    found: str
    follows: str


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """Who answers. ``runtime``: the OCI runtime of what we make; ``runtimes``: all it lists.

    ``abilities`` are told by the embedded engine only. ``machine``: what the engine's calls
    itself; ``memory_bytes`` and ``cpus``: what it has, 0 where that is not told.
    """

    name: str
    version: str
    api_version: str
    runtime: str
    architecture: str
    runtimes: tuple[str, ...] = ()
    abilities: tuple[Ability, ...] = ()
    machine: str = ""
    memory_bytes: int = 0
    cpus: int = 0

    @property
    def node_name(self) -> str:
        """The machine as a Kubernetes node. Source: GetHostname, k8s.io/component-helpers/node."""
        return self.machine.strip().lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerSummary:
    """A row of the container list. ``created_at`` has whole seconds here, UTC."""

    id: str
    name: str
    image: str
    command: str
    labels: Mapping[str, str]
    state: ContainerState
    status: str
    created_at: datetime
    image_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerInfo:
    """One container as inspected. ``pid`` is 0 and ``ip`` empty when it does not run.

    ``gateway`` is where its network reaches the engine's machine; empty where there is none.
    ``ports`` are the published ones, each as ``0.0.0.0:32768->8080/tcp``.
    """

    id: str
    name: str
    image: str
    image_id: str
    labels: Mapping[str, str]
    state: ContainerState
    pid: int
    exit_code: int
    oom_killed: bool
    error: str
    restart_count: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    ip: str
    ports: tuple[str, ...]
    network_mode: str
    ipc_mode: str
    pid_mode: str
    gateway: str = ""


@dataclass(frozen=True, slots=True)
class ExecResult:
    """What a command inside a container did: its streams, whole and apart, and its exit code."""

    exit_code: int
    stdout: bytes
    stderr: bytes


@dataclass(frozen=True, slots=True)
class ProcessTable:
    """What ``docker top`` shows: the columns' titles, and a row of cells for each process."""

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One step in the life of a container, or of a volume.

    ``action`` is the engine's word: create, start, die, oom, pause, unpause, destroy; of a volume
    create and destroy. ``container_id`` is empty for a volume, ``volume`` its name.
    """

    action: str
    container_id: str
    attributes: Mapping[str, str]
    time: datetime
    volume: str = ""


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """An image on the engine. ``references`` are its ``name:tag`` names, possibly none.

    ``user``: whom its programs run as, as ``uid``, ``name`` or either with ``:group``; empty for
    root, and in a list of images.
    """

    id: str
    references: tuple[str, ...]
    labels: Mapping[str, str]
    user: str = ""
    size_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeInfo:
    """A named volume. ``mountpoint``: where it is on the engine's machine.

    ``options`` are the driver's: ``type``, ``device`` and ``o`` for the driver ``local``.
    """

    name: str
    labels: Mapping[str, str]
    driver: str
    options: Mapping[str, str]
    mountpoint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PathInfo:
    """What is at a path of a container. ``mode``: as ``st_mode`` of stat(2), type and all.

    ``link_target``: where a symbolic link leads in the end, as an absolute path of the
    container's, be there anything or not; empty for what is none.
    """

    name: str
    size: int
    mode: int
    link_target: str
