"""What pausedemo asks of an engine, and the plain types that cross that line.

Everything above this file speaks of these types only; nothing above it knows the docker SDK.
All methods may be called from several threads at once. Errors are EngineError (with NotFound
and Conflict for 404 and 409), EngineGone when the connection is lost, TimedOut for deadlines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import BinaryIO, Protocol

from pausedemo.engine.config import (
    ContainerConfig,
    Mount,
    MountKind,
    Propagation,
    PublishedPort,
)

__all__ = [
    "Ability",
    "ContainerConfig",
    "ContainerInfo",
    "ContainerState",
    "ContainerSummary",
    "Containers",
    "Engine",
    "EngineInfo",
    "Event",
    "EventStream",
    "ExecResult",
    "Files",
    "Holding",
    "ImageInfo",
    "Images",
    "Mount",
    "MountKind",
    "PathInfo",
    "ProcessTable",
    "Propagation",
    "PublishedPort",
    "VolumeInfo",
    "Volumes",
]


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


class EventStream(Iterator[Event], Protocol):
    """Events as they come. ``close`` may be called from another thread and ends the iteration."""

    def close(self) -> None: ...


class Holding(Protocol):
    """A container that lives as long as this process holds on to it."""

    @property
    def id(self) -> str: ...

    def close(self) -> None:
        """Let go: it ends and is removed. The engine gone: no error."""
        ...


class ExecStream(Protocol):
    """A command inside a container with its streams open.

    One thread may read while others write, resize and close.
    """

    def write(self, data: bytes) -> None:
        """Send to its standard input. Nothing happens once it has ended."""
        ...

    def close_stdin(self) -> None:
        """Tell it that there is no more input."""
        ...

    def read(self) -> Iterator[tuple[int, bytes]]:
        """What it writes until its end, as it comes: 1 and stdout, 2 and stderr.

        With a terminal all is stdout. Raises EngineGone when the connection is lost.
        """
        ...

    def resize(self, rows: int, columns: int) -> None:
        """Give its terminal another size."""
        ...

    def exit_code(self) -> int:
        """How it ended; for after the last output."""
        ...


class Containers(Protocol):
    """The part of an engine that makes, watches and ends containers."""

    def create_container(self, config: ContainerConfig) -> str:
        """Create without starting; the full id. Conflict when the name is taken."""
        ...

    def hold_container(self, config: ContainerConfig) -> Holding:
        """Create and start one that ends, and is removed, when this process lets go or ends.

        Its program has to read its standard input to the end and end then. Conflict when the name
        is taken.
        """
        ...

    def start_container(self, container: str) -> None:
        """Start; a container that already runs is left as it is."""
        ...

    def stop_container(self, container: str, grace_s: int) -> None:
        """TERM, then KILL after ``grace_s`` seconds; returns when it has ended.

        A container that does not run is left as it is.
        """
        ...

    def kill_container(self, container: str, signal: str = "KILL") -> None:
        """Send a signal to the main process. Conflict when it does not run."""
        ...

    def restart_container(self, container: str, grace_s: int) -> None:
        """Stop, as ``stop_container`` does, and start again."""
        ...

    def pause_container(self, container: str) -> None:
        """Freeze all its processes. Conflict when it does not run, or is frozen already."""
        ...

    def unpause_container(self, container: str) -> None:
        """Let its processes go on."""
        ...

    def remove_container(self, container: str) -> None:
        """Kill if need be, and remove with its anonymous volumes. Missing already: no error."""
        ...

    def delete_container(self, container: str, *, force: bool) -> None:
        """Ask once, and tell what the engine says of it; ``force`` kills a running one."""
        ...

    def inspect_container(self, container: str) -> ContainerInfo: ...

    def list_containers(self, labels: Mapping[str, str | None]) -> tuple[ContainerSummary, ...]:
        """All containers, running or not, that bear all labels, newest first.

        A label whose value is ``None`` may have any value.
        """
        ...

    def exec(
        self,
        container: str,
        argv: Iterable[str],
        *,
        timeout_s: float,
        user: str | None = None,
    ) -> ExecResult:
        """Run a command to its end. ExecTimedOut when it has not ended after ``timeout_s`` seconds.

        The command then goes on running.
        """
        ...

    def exec_detached(
        self, container: str, argv: Iterable[str], *, user: str | None = None
    ) -> None:
        """Start a command and leave it alone; its output and its end are nobody's."""
        ...

    def exec_stream(
        self,
        container: str,
        argv: Iterable[str],
        *,
        stdin: bool = False,
        tty: bool = False,
        user: str | None = None,
    ) -> AbstractContextManager[ExecStream]:
        """Start a command, and stay connected to its streams. It outlives a block left early."""
        ...

    def list_processes(self, container: str) -> ProcessTable:
        """The container's processes as ``docker top`` shows them, in the host's numbers."""
        ...

    def read_logs(self, container: str) -> tuple[bytes, bytes]:
        """What the main process has written so far: stdout, stderr."""
        ...

    def stream_logs(
        self,
        container: str,
        *,
        follow: bool = False,
        tail: int | None = None,
        since: datetime | None = None,
        timestamps: bool = False,
    ) -> AbstractContextManager[Iterator[tuple[int, bytes]]]:
        """What the main process has written, in order: 1 and stdout, 2 and stderr.

        ``follow``: until its end. ``tail``: only so many last lines. ``timestamps``: each line
        behind its time, RFC 3339 with nanoseconds.
        """
        ...

    def events(
        self, labels: Mapping[str, str | None], *, volumes: str | None = None
    ) -> AbstractContextManager[EventStream]:
        """Life events of containers that bear all labels, from the moment of entry on.

        ``volumes``: also those of the volumes whose names begin so. The iteration ends when
        closed, and raises EngineGone when the engine goes away.
        """
        ...


class Files(Protocol):
    """The part of an engine that reads and writes files of containers, whether they run or not.

    What is mounted in a container is reached too, but for memory while it does not run.
    """

    def put_file(self, container: str, path: str, content: bytes, mode: int) -> None:
        """Write one file; its folder must exist. ``path`` is absolute; owner root."""
        ...

    def put_archive(self, container: str, folder: str, archive: bytes) -> None:
        """Unpack a tar in a folder, which must exist; NotFound when it does not.

        Owners, modes and links are the tar's. A folder that is there gets the entry's owner and
        mode and keeps what is in it; anything else is replaced. The entry ``.`` changes nothing.
        """
        ...

    def get_archive(self, container: str, path: str) -> bytes:
        """A file, or a folder with all below it, as a tar. NotFound when there is nothing."""
        ...

    def stat_path(self, container: str, path: str) -> PathInfo:
        """What is at a path; of a symbolic link the link. NotFound when there is nothing."""
        ...


class Images(Protocol):
    """The part of an engine that holds images."""

    def find_image(self, reference: str) -> ImageInfo | None:
        """The image of that name or id on the engine, or None. Never asks a registry."""
        ...

    def list_images(self, labels: Mapping[str, str | None]) -> tuple[ImageInfo, ...]:
        """All images on the engine that bear all labels (``None``: any value)."""
        ...

    def pull_image(self, reference: str, timeout_s: float) -> ImageInfo:
        """Fetch from a registry. EngineError in the engine's words when that fails."""
        ...

    def load_image(self, archive: BinaryIO) -> None:
        """Load a ``docker save`` archive, as it stands in the file."""
        ...

    def tag_image(self, image: str, reference: str) -> None: ...

    def remove_image(self, reference: str) -> None:
        """Untag, and delete when that was the last name. Missing already: no error."""
        ...


class Volumes(Protocol):
    """The part of an engine that holds named volumes."""

    def create_volume(
        self,
        name: str,
        labels: Mapping[str, str],
        options: Mapping[str, str] | None = None,
    ) -> VolumeInfo:
        """Make a volume of the driver ``local``. One of that name that is there is given as it is.

        Labels cannot be changed later. Whether it was made is seen by comparing them.
        """
        ...

    def find_volume(self, name: str) -> VolumeInfo | None: ...

    def list_volumes(self, labels: Mapping[str, str | None]) -> tuple[VolumeInfo, ...]:
        """All volumes that bear all labels (``None``: any value)."""
        ...

    def measure_volumes(self) -> Mapping[str, int]:
        """What each volume holds, in bytes on disk; without those that the engine cannot tell.

        It goes through all files of all of them. EngineError while it does so for somebody else.
        """
        ...

    def remove_volume(self, name: str) -> None:
        """Remove it with its data. Missing already: no error. Conflict while it is used."""
        ...


class Engine(Containers, Files, Images, Volumes, Protocol):
    """Anything that speaks the Docker Engine API."""

    @property
    def url(self) -> str:
        """Where it answers, as ``DOCKER_HOST`` would say it."""
        ...

    def describe(self) -> EngineInfo: ...

    def close(self) -> None: ...
