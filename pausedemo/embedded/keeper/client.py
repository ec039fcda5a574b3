"""The engine's side of the line to the keeper, for asyncio."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pausedemo.embedded.errors import ServerError
from pausedemo.embedded.keeper import protocol
from pausedemo.embedded.keeper.kinds import choose_kind
from pausedemo.embedded.keeper.launch import Launch

#: What the keeper answers, and the descriptors that came with it.
_Reply = asyncio.Future[tuple[dict[str, Any], list[int]]]


class LaunchFailed(Exception):
    """A process that could not be started: the step, the kernel's number, dockerd's words."""

    def __init__(self, step: str, code: int, text: str) -> None:
        self.step = step
        self.code = code
        self.text = text
        super().__init__(text)


@dataclass(slots=True, eq=False)
class Process:
    """A process that the keeper started.

    ``pid`` is its number outside; ``terminal`` the master of its terminal, the owner closes it;
    ``mounts`` its mount namespace where the one was at hand that it was made with;
    ``ended`` is done with its exit code, 128 and the signal's number when one ended it.
    ``unwanted``: who asked for it was cancelled, so that it is killed and given back at its end.
    """

    pid: int
    pidfd: int
    ended: asyncio.Future[int]
    terminal: int | None = None
    mounts: int | None = None
    unwanted: bool = False
    _closed: bool = field(default=False, repr=False)

    def send_signal(self, number: int) -> None:
        """ProcessLookupError when it has ended. Never hits another process."""
        if self._closed:
            raise ProcessLookupError(errno.ESRCH, "process already finished")
        signal.pidfd_send_signal(self.pidfd, number)

    def take_mounts(self) -> int:
        """A descriptor of its mount namespace, the caller's now. OSError when it is gone."""
        taken, self.mounts = self.mounts, None
        if taken is None:
            taken = os.open(f"/proc/{self.pid}/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
        return taken

    def close(self) -> None:
        """Give the pidfd back."""
        if not self._closed:
            self._closed = True
            os.close(self.pidfd)
            if self.mounts is not None:
                os.close(self.mounts)


class Keeper:
    """Asks the keeper to start processes, and hears of their ends."""

    def __init__(self, channel: socket.socket, loop: asyncio.AbstractEventLoop) -> None:
        self._channel = channel
        self._loop = loop
        self._replies: dict[int, _Reply] = {}
        self._running: dict[int, Process] = {}
        self._number = 0
        self.gone: asyncio.Future[None] = loop.create_future()
        loop.add_reader(channel, self._on_message)

    async def launch(self, launch: Launch, descriptors: Sequence[int] = ()) -> Process:
        """Start a process; returns when it has come as far as exec. Raises LaunchFailed."""
        kind = choose_kind(launch)
        asked = {
            "kind": kind.value if kind else None,
            "launch": protocol.render(launch.to_json()),
        }
        content, passed = await self._ask(asked, descriptors)
        process = self._running[content["pid"]]
        more = dict(zip(content["passed"], passed, strict=True))
        process.terminal, process.mounts = more.get("terminal"), more.get("mounts")
        return process

    def close(self) -> None:
        """Close the line: the keeper ends all that it started, then itself."""
        if self._channel.fileno() >= 0:
            self._loop.remove_reader(self._channel)
            self._channel.close()
        for process in list(self._running.values()):
            process.close()

    async def _ask(
        self, message: dict[str, Any], descriptors: Sequence[int] = ()
    ) -> tuple[dict[str, Any], list[int]]:
        return await self._read(self._send(message, descriptors))

    def _send(self, message: dict[str, Any], descriptors: Sequence[int] = ()) -> _Reply:
        self._number += 1
        number = self._number
        reply: _Reply = self._loop.create_future()
        self._replies[number] = reply
        try:
            protocol.send(self._channel, {"id": number, **message}, descriptors)
        except OSError as error:
            del self._replies[number]
            raise ServerError(f"the keeper does not answer: {error.strerror}") from error
        return reply

    async def _read(self, reply: _Reply) -> tuple[dict[str, Any], list[int]]:
        content, passed = await reply
        if "step" in content:
            raise LaunchFailed(content["step"], content["code"], content["text"])
        return content, passed

    def _on_message(self) -> None:
        try:
            received = protocol.receive(self._channel)
        except OSError:
            received = None
        if received is None:
            self._on_gone()
            return
        message, descriptors = received
        if "ended" in message:
            process = self._running.pop(message["ended"], None)
            if process is not None and not process.ended.done():
                process.ended.set_result(message["code"])
            if process is not None and process.unwanted:
                process.close()
            return
        process = None
        if "pid" in message:
            # Known before its end can be told, whoever waits for the reply.
            process = Process(message["pid"], descriptors[0], self._loop.create_future())
            self._running[message["pid"]] = process
        reply = self._replies.pop(message["id"], None)
        if reply is not None and not reply.done():
            reply.set_result((message, descriptors))
            return
        # Nobody waits for it any more: then nobody would end it.
        for descriptor in descriptors[1:]:
            os.close(descriptor)
        if process is not None:
            process.unwanted = True
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGKILL)

    def _on_gone(self) -> None:
        self._loop.remove_reader(self._channel)
        if not self.gone.done():
            self.gone.set_result(None)
        for reply in self._replies.values():
            if not reply.done():
                reply.set_exception(ServerError("the keeper has ended"))
        self._replies.clear()
        for process in self._running.values():
            with contextlib.suppress(asyncio.InvalidStateError):
                process.ended.set_result(128 + signal.SIGKILL)
        self._running.clear()
