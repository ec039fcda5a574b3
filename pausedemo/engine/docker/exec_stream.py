"""A command inside a container with its streams open, as long as it runs.

The connection is upgraded (101), and what the engine sends right behind the reply's headers is
already in the buffer that read them. So all is read through that buffer, never from the socket
itself: docker-py#3332 is what comes of that.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import socket
import time
from collections.abc import Iterable, Iterator
from typing import Any, Final

import requests

from pausedemo.engine import wire
from pausedemo.engine.docker.asking import REQUEST_TIMEOUT_S, raise_for_status
from pausedemo.engine.docker.execs import ExecCalls
from pausedemo.errors import EngineError, EngineGone, PausedemoError

#: As much as is taken at once from a terminal's output.
CHUNK_BYTES: Final = 1 << 16
#: How often a size is told again to a command that has not quite started, and after how long.
RESIZE_TRIES: Final = 20
RESIZE_PAUSE_S: Final = 0.05


class DockerExecStream:
    """See ``ExecStream``."""

    def __init__(
        self, calls: ExecStreamCalls, exec_id: str, action: str, response: requests.Response
    ) -> None:
        self._calls = calls
        self._id = exec_id
        self._action = action
        self._response = response
        self._reader = _find_buffer(response, action)
        self._socket = _find_socket(self._reader, action)
        self.tty = False

    def write(self, data: bytes) -> None:
        # It has ended when nobody reads any more; its exit code says how.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(data)

    def close_stdin(self) -> None:
        self._shut_down(socket.SHUT_WR)

    def read(self) -> Iterator[tuple[int, bytes]]:
        try:
            if self.tty:
                while data := self._reader.read1(CHUNK_BYTES):
                    yield 1, data
            else:
                yield from wire.read_frames(self._reader)
        except OSError as error:
            raise EngineGone(f"cannot {self._action}: the engine has gone: {error}") from error

    def resize(self, rows: int, columns: int) -> None:
        self._calls.resize_exec(self._id, self._action, rows, columns)

    def exit_code(self) -> int:
        return self._calls.exec_exit_code(self._id, self._action)

    def close(self) -> None:
        # First: a thread that reads holds the buffer until it is woken.
        self._shut_down(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            self._response.close()

    def _shut_down(self, how: int) -> None:
        # On a copy of the descriptor: a TLS socket that is shut down can be read no more.
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(self._socket.fileno())) as s:
            s.shutdown(how)


class ExecStreamCalls(ExecCalls):
    """The port's ``exec_stream``."""

    @contextlib.contextmanager
    def exec_stream(
        self,
        container: str,
        argv: Iterable[str],
        *,
        stdin: bool = False,
        tty: bool = False,
        user: str | None = None,
    ) -> Iterator[DockerExecStream]:
        command = list(argv)
        action = f"run {command[0]} in container {container}"
        made = self._ask(
            action,
            self._client.exec_create,
            container,
            command,
            stdin=stdin,
            tty=tty,
            user=user or "",
        )
        exec_id = str(made["Id"])
        response = self._ask(action, self._start_exec, exec_id, tty)
        stream = DockerExecStream(self, exec_id, action, response)
        stream.tty = tty
        try:
            yield stream
        finally:
            stream.close()

    def resize_exec(self, exec_id: str, action: str, rows: int, columns: int) -> None:
        """Tell a terminal's size. The command may not have started yet when it is first told."""
        for tries_left in reversed(range(RESIZE_TRIES)):
            try:
                self._ask(action, self._client.exec_resize, exec_id, height=rows, width=columns)
            except EngineError:
                if not tries_left or not self._runs(exec_id, action):
                    return
                time.sleep(RESIZE_PAUSE_S)
            else:
                return

    def exec_exit_code(self, exec_id: str, action: str) -> int:
        return self._exec_exit_code(exec_id, action)

    def _runs(self, exec_id: str, action: str) -> bool:
        try:
            state = self._ask(action, self._client.exec_inspect, exec_id)
        except PausedemoError:
            return False
        return state["ExitCode"] is None or bool(state["Running"])

    def _start_exec(self, exec_id: str, tty: bool) -> requests.Response:
        response: requests.Response = self._client.post(
            f"{self._client.base_url}/v{self._client.api_version}/exec/{exec_id}/start",
            data=json.dumps({"Detach": False, "Tty": tty}),
            headers={
                "Content-Type": "application/json",
                "Connection": "Upgrade",
                "Upgrade": "tcp",
            },
            stream=True,
            # A command may be silent for as long as it likes.
            timeout=(REQUEST_TIMEOUT_S, None),
        )
        raise_for_status(response)
        return response


def _find_buffer(response: requests.Response, action: str) -> io.BufferedReader:
    """What http.client has read the headers through."""
    found: Any = getattr(getattr(response.raw, "_fp", None), "fp", None)
    if not isinstance(found, io.BufferedReader):
        raise EngineError(action, 0, "a command's streams cannot be had over this connection")
    return found


def _find_socket(reader: io.BufferedReader, action: str) -> socket.socket:
    found: Any = getattr(reader.raw, "_sock", None)
    if not isinstance(found, socket.socket):
        raise EngineError(action, 0, "a command's streams cannot be had over this connection")
    return found
