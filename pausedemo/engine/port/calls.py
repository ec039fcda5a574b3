"""What can be asked of an engine, subject by subject."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import BinaryIO, Protocol

from pausedemo.engine.config import ContainerConfig
from pausedemo.engine.port.facts import (
    ContainerInfo,
    ContainerSummary,
    EngineInfo,
    ExecResult,
    ImageInfo,
    PathInfo,
    ProcessTable,
    VolumeInfo,
)
from pausedemo.engine.port.streams import EventStream, ExecStream, Holding


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

    @property
    def api_version(self) -> tuple[int, ...]:
        """The version of the API that it is asked in, as ``(1, 41)``."""
        ...

    def describe(self) -> EngineInfo: ...

    def close(self) -> None: ...
