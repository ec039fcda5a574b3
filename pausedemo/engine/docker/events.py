"""An engine's stream of events, as the SDK hands it on."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import urllib3

from pausedemo.engine import podman, wire
from pausedemo.engine.port import Event
from pausedemo.errors import EngineGone


class DockerEvents:
    """Container events as they come; see ``EventStream``."""

    def __init__(
        self, stream: Any, labels: Mapping[str, str | None], volumes: str | None = None
    ) -> None:
        self._stream = stream
        self._labels = labels
        self._volumes = volumes
        self._closed = False

    def __iter__(self) -> DockerEvents:
        return self

    def __next__(self) -> Event:
        while True:
            event = wire.parse_event(self._next_raw(), podman.EVENTS)
            if event.volume:
                if self._volumes is not None and event.volume.startswith(self._volumes):
                    return event
            # podman hands on what bears one of several labels, Docker what bears them all.
            elif wire.bears_all(event.attributes, self._labels):
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
