"""Logs of containers by the docker SDK, as they come."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import requests
import urllib3

from pausedemo.engine import wire
from pausedemo.engine.docker.asking import REQUEST_TIMEOUT_S, Asking, raise_for_status
from pausedemo.errors import EngineGone

CHUNK_BYTES: Final = 1 << 16


class LogCalls(Asking):
    """The port's ``stream_logs``."""

    @contextlib.contextmanager
    def stream_logs(
        self,
        container: str,
        *,
        follow: bool = False,
        tail: int | None = None,
        since: datetime | None = None,
        timestamps: bool = False,
    ) -> Iterator[Iterator[tuple[int, bytes]]]:
        action = f"read the logs of container {container}"
        details = self._ask(action, self._client.inspect_container, container)
        options = {
            "stdout": 1,
            "stderr": 1,
            "follow": int(follow),
            "timestamps": int(timestamps),
            "tail": "all" if tail is None else tail,
        }
        if since is not None:
            options["since"] = f"{since.timestamp():.9f}"
        response = self._ask(action, self._start_logs, details["Id"], options)
        with response:
            yield self._read_logs(response, action, tty=bool(details["Config"].get("Tty")))

    def _start_logs(self, container: str, options: dict[str, Any]) -> requests.Response:
        response: requests.Response = self._client.get(
            f"{self._client.base_url}/v{self._client.api_version}/containers/{container}/logs",
            params=options,
            stream=True,
            # Nothing may be written for as long as the container likes.
            timeout=(REQUEST_TIMEOUT_S, None),
        )
        raise_for_status(response)
        return response

    def _read_logs(
        self, response: requests.Response, action: str, *, tty: bool
    ) -> Iterator[tuple[int, bytes]]:
        try:
            if tty:
                while data := response.raw.read1(CHUNK_BYTES):
                    yield 1, data
            else:
                yield from wire.read_frames(response.raw)
        except (OSError, urllib3.exceptions.HTTPError) as error:
            raise EngineGone(f"cannot {action}: the engine has gone: {error}") from error
