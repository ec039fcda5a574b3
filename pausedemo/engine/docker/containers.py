"""Containers by the docker SDK: made, watched and ended."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pausedemo.engine import podman, wire
from pausedemo.engine.docker.asking import POLL_S, Asking
from pausedemo.engine.docker.events import DockerEvents
from pausedemo.engine.port import ContainerConfig, ContainerInfo, ContainerSummary, ProcessTable
from pausedemo.errors import Conflict, EngineError, NotFound

REMOVAL_TIMEOUT_S: Final = 30
LIST_TRIES: Final = 10
LIFECYCLE: Final = ("create", "start", "die", "oom", "pause", "unpause", "destroy")


def ended_meanwhile(message: str) -> bool:
    """Whether a removal by force failed only because the container was not running any more.

    dockerd 20.10 answers that with 500, later ones with 409.
    """
    return re.search(r"cannot remove - Container \w+ is not running", message) is not None


class ContainerCalls(Asking):
    """The port's ``Containers``, but for exec."""

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
            except EngineError as error:
                # Somebody else removes it at this moment, or it ended as it was to be killed.
                if not isinstance(error, Conflict) and not ended_meanwhile(error.message):
                    raise
                if time.monotonic() > deadline:
                    raise
                time.sleep(POLL_S)
            else:
                return

    def inspect_container(self, container: str) -> ContainerInfo:
        action = f"inspect container {container}"
        return wire.parse_container(self._ask(action, self._client.inspect_container, container))

    def list_containers(self, labels: Mapping[str, str | None]) -> tuple[ContainerSummary, ...]:
        rows = self._list(labels)
        # Looked at again: what is listed here may be removed, and filters have had defects.
        summaries = [
            summary
            for summary in map(wire.parse_summary, rows)
            if wire.bears_labels(summary.labels, labels)
        ]
        return tuple(sorted(summaries, key=lambda summary: summary.created_at, reverse=True))

    def _list(self, labels: Mapping[str, str | None]) -> Sequence[Mapping[str, Any]]:
        tries = 1
        while True:
            try:
                return self._ask(
                    "list containers",
                    self._client.containers,
                    all=True,
                    filters=wire.render_label_filter(labels),
                )
            except NotFound:
                # podman: one that was removed while it made the list.
                if tries == LIST_TRIES:
                    raise
                tries += 1

    def list_processes(self, container: str) -> ProcessTable:
        action = f"list processes of container {container}"
        return wire.parse_processes(self._ask(action, self._client.top, container))

    def read_logs(self, container: str) -> tuple[bytes, bytes]:
        action = f"read the logs of container {container}"
        stdout = self._ask(action, self._client.logs, container, stdout=True, stderr=False)
        stderr = self._ask(action, self._client.logs, container, stdout=False, stderr=True)
        return stdout, stderr

    @contextlib.contextmanager
    def events(
        self, labels: Mapping[str, str | None], *, volumes: str | None = None
    ) -> Iterator[DockerEvents]:
        filters = {"type": ["container"], "event": [*LIFECYCLE, *podman.EVENTS]}
        if volumes is None:
            filters |= wire.render_label_filter(labels)
        else:
            # No labels: events of volumes have none, and a filter is for all of a stream.
            filters["type"].append("volume")
        raw = self._ask("watch events", self._client.events, decode=True, filters=filters)
        stream = DockerEvents(raw, labels, volumes)
        try:
            yield stream
        finally:
            stream.close()
