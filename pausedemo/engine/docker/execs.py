"""Commands inside containers.

The SDK's exec reads a hijacked socket and loses what arrives together with the reply's headers
(docker-py#3332). Exec here asks for no upgrade: the engine then answers 200 and the same frames
as a plain body, which is read through the buffer that read the headers.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from typing import Final

from pausedemo.engine import wire
from pausedemo.engine.docker.asking import (
    POLL_S,
    REQUEST_TIMEOUT_S,
    Asking,
    raise_for_status,
)
from pausedemo.engine.port import ExecResult
from pausedemo.errors import EngineError, ExecTimedOut, TimedOut

EXIT_CODE_TIMEOUT_S: Final = 10


class ExecCalls(Asking):
    """The port's exec."""

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
        try:
            stdout, stderr = self._ask(action, self._read_exec, exec_id, action, deadline)
        except TimedOut as error:
            raise ExecTimedOut(str(error), self._running_pid(exec_id, action)) from error
        exit_code = self._exec_exit_code(exec_id, action)
        return ExecResult(exit_code, stdout, stderr)

    def exec_detached(
        self, container: str, argv: Iterable[str], *, user: str | None = None
    ) -> None:
        exec_id, action = self._create_exec(container, list(argv), user)
        self._ask(action, self._client.exec_start, exec_id, detach=True)

    def _running_pid(self, exec_id: str, action: str) -> int:
        """The process number of a command that still runs; 0 when it does not."""
        try:
            state = self._ask(action, self._client.exec_inspect, exec_id)
        except EngineError:
            return 0
        return int(state.get("Pid") or 0) if state["Running"] else 0

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
            raise_for_status(response)
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
