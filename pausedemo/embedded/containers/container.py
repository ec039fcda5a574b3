"""One container: what was asked for, and how it stands."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from pausedemo.embedded.containers.health import Health
from pausedemo.embedded.containers.logfile import LogFile
from pausedemo.embedded.containers.mounts import MountPoint
from pausedemo.embedded.containers.options import RestartPolicy, Security
from pausedemo.embedded.containers.streams import Reader, Stream, Taker, Writer
from pausedemo.embedded.images.image import Image
from pausedemo.embedded.keeper.client import Process
from pausedemo.embedded.network.model import Sandbox


class Status(StrEnum):
    """Docker's words for where a container is in its life."""

    CREATED = "created"
    RUNNING = "running"
    PAUSED = "paused"
    RESTARTING = "restarting"
    REMOVING = "removing"
    EXITED = "exited"
    DEAD = "dead"


@dataclass(slots=True)
class State:
    """How a container stands. Times are Unix, ns; 0 when it has not happened."""

    status: Status = Status.CREATED
    pid: int = 0
    exit_code: int = 0
    error: str = ""
    oom_killed: bool = False
    started_ns: int = 0
    finished_ns: int = 0
    health: Health | None = None

    @property
    def is_running(self) -> bool:
        """Whether it has a process now, or will have one again by itself."""
        return self.status in (Status.RUNNING, Status.PAUSED, Status.RESTARTING)

    @property
    def has_process(self) -> bool:
        """Whether it has a process now."""
        return self.status in (Status.RUNNING, Status.PAUSED)


@dataclass(frozen=True, slots=True)
class Placed:
    """A mount point with the folder or file that it is. ``volume``: the volume's name, or empty.

    ``is_new``: the volume was made for this container.
    """

    point: MountPoint
    source: Path
    volume: str = ""
    is_new: bool = False


@dataclass(slots=True, eq=False)
class Container:
    """Everything the engine knows of one. ``config`` and ``host`` are in Docker's own shape."""

    id: str
    name: str
    created_ns: int
    image: Image
    image_name: str
    config: dict[str, Any]
    host: dict[str, Any]
    networking: dict[str, Any]
    argv: list[str]
    security: Security
    restart_policy: RestartPolicy
    limits: list[tuple[int, int, int]]
    folder: Path
    log: LogFile | None
    placed: list[Placed] = field(default_factory=list)
    state: State = field(default_factory=State)
    restart_count: int = 0
    #: How long its last restart waited; 0 before the first.
    backoff_s: float = 0.0
    stopped_by_hand: bool = False
    process: Process | None = None
    #: The inode of its mount namespace, and a descriptor that keeps it.
    mount_namespace: int | None = None
    mounts_held: int | None = None
    #: Volumes whose mounting was told.
    mounted: list[str] = field(default_factory=list)
    sandbox: Sandbox | None = None
    #: Whether it was taken off the network of its mode.
    has_left_mode: bool = False
    published: dict[str, list[tuple[str, int | None]]] = field(default_factory=dict)
    readers: list[Reader] = field(default_factory=list)
    stdin: Writer | None = None
    attached: list[Taker] = field(default_factory=list)
    execs: list[str] = field(default_factory=list)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Future[int] | None = None
    removed: asyncio.Future[int] | None = None
    restarting: asyncio.Task[None] | None = None
    releasing: asyncio.Task[None] | None = None
    has_shm: bool = False
    #: Who gives it input once it has started, and whether the input's end is closed for good.
    waiting_input: tuple[Any, bool] | None = None
    cgroup_files: list[str] = field(default_factory=list)
    #: Processes that are being moved into its cgroups.
    placing: set[asyncio.Future[None]] = field(default_factory=set)

    @property
    def short_id(self) -> str:
        """Twelve digits, as ``docker ps`` shows them."""
        return self.id[:12]

    @property
    def tty(self) -> bool:
        """Whether its main process has a terminal."""
        return bool(self.config.get("Tty"))

    @property
    def network_mode(self) -> str:
        """``bridge``, ``host``, ``none``, ``container:<id>`` or a network's name."""
        mode: str = self.host.get("NetworkMode") or "default"
        return "bridge" if mode == "default" else mode

    def donor(self, key: str) -> str | None:
        """The container whose namespace it joins by NetworkMode, PidMode or IpcMode, if any."""
        kind, _, name = str(self.host.get(key) or "").partition(":")
        return name if kind == "container" else None

    def wanted_networks(self) -> dict[str, dict[str, Any]]:
        """Its networks with an EndpointConfig each, that of its mode first; none if it shares."""
        mode = self.network_mode
        if mode.startswith("container:"):
            return {}
        wanted: dict[str, dict[str, Any]] = {} if self.has_left_mode else {mode: {}}
        for name, own in (self.networking.get("EndpointsConfig") or {}).items():
            wanted["bridge" if name == "default" else name] = own or {}
        return wanted

    def takers(self) -> tuple[Taker, ...]:
        """All who take its output: its log first."""
        log: tuple[Taker, ...] = (_LogTaker(self.log),) if self.log is not None else ()
        return (*log, *self.attached)

    def cancel_restart(self) -> None:
        """Let the start that its restart policy has planned not come."""
        task, self.restarting = self.restarting, None
        if task is not None and not task.done():
            task.cancel()

    def attributes(self, **more: str) -> dict[str, str]:
        """What its events tell of it."""
        return {**self.config["Labels"], "image": self.image_name, "name": self.name, **more}


@dataclass(frozen=True, slots=True)
class _LogTaker:
    log: LogFile

    def take(self, stream: Stream, data: bytes) -> None:
        self.log.write("stderr" if stream is Stream.STDERR else "stdout", data, time.time_ns())

    def is_full(self) -> bool:
        return False

    def call_on_room(self, callback: Any) -> None:
        callback()
