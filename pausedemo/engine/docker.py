"""The docker SDK behind the port: Docker, podman, and whatever else serves Docker's API.

The SDK's exec reads a hijacked socket and loses what arrives together with the reply's headers
(docker-py#3332). Exec here asks for no upgrade: the engine then answers 200 and the same frames
as a plain body, which is read through the buffer that read the headers.
"""

from __future__ import annotations

import contextlib
import functools
import io
import json
import posixpath
import tarfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, BinaryIO, Final, ParamSpec, Protocol, TypeVar

import docker
import requests
import urllib3
from docker.errors import APIError, DockerException

from pausedemo.engine import podman, wire
from pausedemo.engine.port import (
    ContainerConfig,
    ContainerInfo,
    ContainerSummary,
    EngineInfo,
    Event,
    ExecResult,
    ImageInfo,
    ProcessTable,
)
from pausedemo.errors import Conflict, EngineError, EngineGone, NotFound, TimedOut

REQUEST_TIMEOUT_S: Final = 60
REMOVAL_TIMEOUT_S: Final = 30
EXIT_CODE_TIMEOUT_S: Final = 10
POLL_S: Final = 0.01
LIFECYCLE: Final = ("create", "start", "die", "oom", "pause", "unpause", "destroy")

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Closable(Protocol):
    """What ends with an engine's connection."""

    def close(self) -> None: ...


class DockerEngine:
    """An engine reached through a docker SDK client. Safe to use from several threads."""

    def __init__(
        self,
        client: docker.APIClient,
        url: str,
        runtime: str | None = None,
        owned: Closable | None = None,
    ) -> None:
        """``runtime`` is the OCI runtime of all containers made; None: the engine's default.

        ``owned`` is the engine's process when it is ours: it ends when this is closed.
        """
        self._client = client
        self._owned = owned
        self._url = url
        self._runtime = runtime

    @property
    def url(self) -> str:
        return self._url

    def describe(self) -> EngineInfo:
        version = self._ask("ask the engine's version", self._client.version)
        info = self._ask("ask the engine's settings", self._client.info)
        return EngineInfo(
            name=wire.parse_engine_name(version),
            version=version["Version"],
            api_version=version["ApiVersion"],
            runtime=self._runtime or info.get("DefaultRuntime", ""),
            architecture=version["Arch"],
            runtimes=tuple(sorted(info.get("Runtimes") or ())),
            abilities=wire.parse_abilities(info),
        )

    def close(self) -> None:
        self._client.close()
        if self._owned is not None:
            self._owned.close()

    # Containers

    def create_container(self, config: ContainerConfig) -> str:
        body = wire.render_config(config)
        if self._runtime is not None:
            body["HostConfig"]["Runtime"] = self._runtime
        reply = self._ask(
            f"create container {config.name}",
            self._client.create_container_from_config,
            body,
            config.name,
        )
        return str(reply["Id"])

    def start_container(self, container: str) -> None:
        self._ask(f"start container {container}", self._client.start, container)

    def stop_container(self, container: str, grace_s: int) -> None:
        self._ask(f"stop container {container}", self._client.stop, container, timeout=grace_s)

    def kill_container(self, container: str, signal: str = "KILL") -> None:
        self._ask(f"kill container {container}", self._client.kill, container, signal)

    def restart_container(self, container: str, grace_s: int) -> None:
        self._ask(
            f"restart container {container}", self._client.restart, container, timeout=grace_s
        )

    def pause_container(self, container: str) -> None:
        self._ask(f"pause container {container}", self._client.pause, container)

    def unpause_container(self, container: str) -> None:
        self._ask(f"unpause container {container}", self._client.unpause, container)

    def delete_container(self, container: str, *, force: bool) -> None:
        action = f"remove container {container}"
        self._ask(action, self._client.remove_container, container, v=True, force=force)

    def remove_container(self, container: str) -> None:
        deadline = time.monotonic() + REMOVAL_TIMEOUT_S
        while True:
            try:
                if self._podman:
                    # Its 5.4 asks the program to end before it removes by force, and waits for
                    # that ten seconds. A stop without grace also ends a restart policy.
                    self.stop_container(container, 0)
                self.delete_container(container, force=True)
            except NotFound:
                return
            except Conflict:
                # Somebody else removes it at this moment; it is gone soon.
                if time.monotonic() > deadline:
                    raise
                time.sleep(POLL_S)
            else:
                return

    def inspect_container(self, container: str) -> ContainerInfo:
        action = f"inspect container {container}"
        return wire.parse_container(self._ask(action, self._client.inspect_container, container))

    def list_containers(self, labels: Mapping[str, str | None]) -> tuple[ContainerSummary, ...]:
        rows = self._ask(
            "list containers",
            self._client.containers,
            all=True,
            filters=wire.render_label_filter(labels),
        )
        # Looked at again: what is listed here may be removed, and filters have had defects.
        summaries = [
            summary
            for summary in map(wire.parse_summary, rows)
            if wire.bears_labels(summary.labels, labels)
        ]
        return tuple(sorted(summaries, key=lambda summary: summary.created_at, reverse=True))

    def exec(
        self,
        container: str,
        argv: Iterable[str],
        *,
        timeout_s: float,
        user: str | None = None,
    ) -> ExecResult:
        exec_id, action = self._create_exec(container, list(argv), user)
        deadline = time.monotonic() + timeout_s
        stdout, stderr = self._ask(action, self._read_exec, exec_id, action, deadline)
        exit_code = self._exec_exit_code(exec_id, action)
        return ExecResult(exit_code, stdout, stderr)

    def exec_detached(
        self, container: str, argv: Iterable[str], *, user: str | None = None
    ) -> None:
        exec_id, action = self._create_exec(container, list(argv), user)
        self._ask(action, self._client.exec_start, exec_id, detach=True)

    def list_processes(self, container: str) -> ProcessTable:
        action = f"list processes of container {container}"
        return wire.parse_processes(self._ask(action, self._client.top, container))

    def put_file(self, container: str, path: str, content: bytes, mode: int) -> None:
        folder, name = posixpath.split(path)
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            member = tarfile.TarInfo(name)
            member.size, member.mode, member.mtime = len(content), mode, int(time.time())
            archive.addfile(member, io.BytesIO(content))
        self._ask(
            f"write {path} in container {container}",
            self._client.put_archive,
            container,
            folder or "/",
            buffer.getvalue(),
        )

    def read_logs(self, container: str) -> tuple[bytes, bytes]:
        action = f"read the logs of container {container}"
        stdout = self._ask(action, self._client.logs, container, stdout=True, stderr=False)
        stderr = self._ask(action, self._client.logs, container, stdout=False, stderr=True)
        return stdout, stderr

    @contextlib.contextmanager
    def events(self, labels: Mapping[str, str | None]) -> Iterator[DockerEvents]:
        filters = {
            "type": ["container"],
            "event": [*LIFECYCLE, *podman.EVENTS],
            **wire.render_label_filter(labels),
        }
        stream = DockerEvents(
            self._ask("watch events", self._client.events, decode=True, filters=filters), labels
        )
        try:
            yield stream
        finally:
            stream.close()

    # Images

    def find_image(self, reference: str) -> ImageInfo | None:
        try:
            raw = self._ask(f"inspect image {reference}", self._client.inspect_image, reference)
        except NotFound:
            return None
        return ImageInfo(
            id=raw["Id"],
            references=tuple(raw.get("RepoTags") or ()),
            labels=(raw.get("Config") or {}).get("Labels") or {},
        )

    def list_images(self, labels: Mapping[str, str | None]) -> tuple[ImageInfo, ...]:
        rows = self._ask(
            "list images", self._client.images, filters=wire.render_label_filter(labels)
        )
        return tuple(
            ImageInfo(row["Id"], tuple(row.get("RepoTags") or ()), row.get("Labels") or {})
            for row in rows
        )

    def pull_image(self, reference: str, timeout_s: float) -> ImageInfo:
        action = f"pull image {reference}"
        repository, tag = wire.split_reference(reference)
        self._ask(action, self._read_pull, action, repository, tag, time.monotonic() + timeout_s)
        found = self.find_image(reference)
        if found is None:
            raise EngineError(action, 500, "the engine reported success but has no such image")
        return found

    def load_image(self, archive: BinaryIO) -> None:
        self._ask("load an image", self._read_load, archive)

    def tag_image(self, image: str, reference: str) -> None:
        repository, tag = wire.split_reference(reference)
        self._ask(f"tag image {image}", self._client.tag, image, repository, tag)

    def remove_image(self, reference: str) -> None:
        with contextlib.suppress(NotFound):
            self._ask(f"remove image {reference}", self._client.remove_image, reference)

    # Underneath

    @functools.cached_property
    def _podman(self) -> bool:
        return podman.is_podman(self._ask("ask the engine's version", self._client.version))

    def _ask(self, action: str, call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Make one SDK call and turn its errors into the port's."""
        try:
            return call(*args, **kwargs)
        except APIError as error:
            status = error.status_code or 0
            message = (error.explanation or str(error)).strip()
            raise _choose_kind(status, error)(action, status, message) from error
        except (requests.Timeout, urllib3.exceptions.ReadTimeoutError) as error:
            raise TimedOut(f"cannot {action}: the engine did not answer in time") from error
        except (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            DockerException,
            OSError,
        ) as error:
            raise EngineGone(
                f"cannot {action}: the engine at {self._url} has gone: {_innermost(error)}"
            ) from error

    def _create_exec(self, container: str, command: list[str], user: str | None) -> tuple[str, str]:
        """Prepare a command: its id, and what it is in words, for errors."""
        action = f"run {command[0]} in container {container}"
        made = self._ask(
            action, self._client.exec_create, container, command, stdin=False, user=user or ""
        )
        return str(made["Id"]), action

    def _read_exec(self, exec_id: str, action: str, deadline: float) -> tuple[bytes, bytes]:
        response = self._client.post(
            f"{self._client.base_url}/v{self._client.api_version}/exec/{exec_id}/start",
            data=json.dumps({"Detach": False, "Tty": False}),
            headers={"Content-Type": "application/json"},
            stream=True,
            timeout=(REQUEST_TIMEOUT_S, max(deadline - time.monotonic(), POLL_S)),
        )
        with response:
            _raise_for_status(response)
            streams = {1: bytearray(), 2: bytearray()}
            for stream, payload in wire.read_frames(response.raw):
                streams[stream].extend(payload)
                if time.monotonic() > deadline:
                    raise TimedOut(f"cannot {action}: it had not ended at its deadline")
        return bytes(streams[1]), bytes(streams[2])

    def _exec_exit_code(self, exec_id: str, action: str) -> int:
        # The stream may end a moment before the engine has noted the exit code.
        deadline = time.monotonic() + EXIT_CODE_TIMEOUT_S
        while True:
            state = self._ask(action, self._client.exec_inspect, exec_id)
            if not state["Running"] and state["ExitCode"] is not None:
                return int(state["ExitCode"])
            if time.monotonic() > deadline:
                raise TimedOut(f"cannot {action}: its output ended, but it did not")
            time.sleep(POLL_S)

    def _read_load(self, archive: BinaryIO) -> None:
        for line in self._client.load_image(archive):  # type: ignore[no-untyped-call]
            _raise_for_line("load an image", line)

    def _read_pull(self, action: str, repository: str, tag: str, deadline: float) -> None:
        for line in self._client.pull(repository, tag=tag, stream=True, decode=True):
            _raise_for_line(action, line)
            if time.monotonic() > deadline:
                raise TimedOut(f"cannot {action}: it had not ended at its deadline")


class DockerEvents:
    """Container events as they come; see ``EventStream``."""

    def __init__(self, stream: Any, labels: Mapping[str, str | None]) -> None:
        self._stream = stream
        self._labels = labels
        self._closed = False

    def __iter__(self) -> DockerEvents:
        return self

    def __next__(self) -> Event:
        while True:
            event = wire.parse_event(self._next_raw(), podman.EVENTS)
            # podman hands on what bears one of several labels, Docker what bears them all.
            if wire.bears_all(event.attributes, self._labels):
                return event

    def _next_raw(self) -> Mapping[str, Any]:
        try:
            raw: Mapping[str, Any] = next(self._stream)
        except (StopIteration, ValueError, AttributeError, urllib3.exceptions.HTTPError) as error:
            # The SDK ends its stream in the same way when we closed it and when the engine went.
            if self._closed:
                raise StopIteration from error
            raise EngineGone("the engine ended its stream of events") from error
        return raw

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            with contextlib.suppress(OSError):
                self._stream.close()


def _choose_kind(status: int, error: APIError) -> type[EngineError]:
    """Which of the port's errors it is: by the status, and where that says little by the cause."""
    kinds: dict[int, type[EngineError]] = {404: NotFound, 409: Conflict}
    if status in kinds or error.response is None:
        return kinds.get(status, EngineError)
    return podman.read_cause(error.response.content) or EngineError


def _raise_for_status(response: requests.Response) -> None:
    try:
        response.raise_for_status()
    except requests.HTTPError as error:
        docker.errors.create_api_error_from_http_exception(error)


def _raise_for_line(action: str, line: Mapping[str, Any]) -> None:
    """Raise what a JSON progress stream reports in its lines: the status was 200 long ago."""
    if "error" in line:
        raise EngineError(action, 500, str(line["error"]))


def _innermost(error: BaseException) -> str:
    """The message at the bottom of a chain of wrapped errors: the one that says what happened."""
    seen: BaseException = error
    while (inner := seen.__cause__ or seen.__context__) is not None:
        seen = inner
    return str(seen) or type(seen).__name__
