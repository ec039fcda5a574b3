"""The engine's process: namespaces first, the keeper next, and only then the heavy libraries."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pausedemo.embedded.keeper.process import end_descendants, fork_keeper
from pausedemo.embedded.kernel import syscalls
from pausedemo.embedded.kernel.syscalls import MountFlag, Namespace, Prctl
from pausedemo.embedded.platform import Platform, examine
from pausedemo.embedded.state import StateFolder, bind_socket, find_state, open_state
from pausedemo.embedded.usernamespace import enter_user_namespace

_STOPPING: Final = (signal.SIGTERM, signal.SIGINT)


def run_engine(socket_path: Path, state_path: Path | None, *, until_eof: int | None) -> int:
    """Serve until SIGTERM or SIGINT, or until ``until_eof`` is closed at its other end.

    Raises ApiError when it cannot start; nothing is left then.
    """
    socket_path = socket_path.absolute()
    uid, gid = os.getuid(), os.getgid()
    rootless = uid != 0
    _keep_descriptors()
    listening = bind_socket(socket_path)
    try:
        state = open_state(state_path or find_state(socket_path, rootless=rootless))
        try:
            keeper = _prepare(state, listening, uid, gid)
        except BaseException:
            state.discard()
            raise
        try:
            return _serve_until_end(state, keeper, listening, until_eof)
        finally:
            state.sweep()
            state.close()
    finally:
        socket_path.unlink(missing_ok=True)
        listening.close()


@dataclass(frozen=True, slots=True)
class _Prepared:
    platform: Platform
    keeper: int
    channel: socket.socket


def _prepare(state: StateFolder, listening: socket.socket, uid: int, gid: int) -> _Prepared:
    rootless = uid != 0
    single_id = enter_user_namespace() if rootless else False
    syscalls.unshare(Namespace.MOUNT)
    syscalls.mount(None, "/", None, MountFlag.RECURSIVE | MountFlag.SLAVE)
    _raise_limits()
    state.sweep()
    platform = examine(state.containers, rootless=rootless, single_id=single_id, uid=uid, gid=gid)
    # Who loses the keeper becomes ours, and is ended.
    syscalls.prctl(Prctl.SET_CHILD_SUBREAPER, 1)
    # Should we be killed, the socket must not answer and the folder not be ours any more.
    keeper, channel = fork_keeper(closing=(listening.fileno(), state.lock))
    return _Prepared(platform, keeper, channel)


def _serve_until_end(
    state: StateFolder, prepared: _Prepared, listening: socket.socket, until_eof: int | None
) -> int:
    # From here on a signal to stop waits until there is somebody to hear it.
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
    try:
        return asyncio.run(_serve(state, prepared.platform, prepared.channel, listening, until_eof))
    finally:
        prepared.channel.close()
        with contextlib.suppress(ChildProcessError):
            os.waitpid(prepared.keeper, 0)
        end_descendants()


async def _serve(
    state: StateFolder,
    platform: Platform,
    channel: socket.socket,
    listening: socket.socket,
    until_eof: int | None,
) -> int:
    # Here and not above: the keeper is forked without them.
    from pausedemo.embedded.engine import EmbeddedEngine
    from pausedemo.embedded.server import make_application, serve

    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in _STOPPING:
        loop.add_signal_handler(number, stop.set)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)
    engine = EmbeddedEngine(state, platform, channel)
    await engine.open()
    runner = await serve(make_application(engine.routes()), listening)
    if until_eof is not None:
        loop.add_reader(until_eof, stop.set)
    stopping = asyncio.ensure_future(stop.wait())
    ends: list[asyncio.Future[Any]] = [stopping, engine.keeper.gone]
    done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    lost = stopping not in done
    stopping.cancel()
    await engine.close()
    await runner.cleanup()
    if lost:
        print(
            "pausedemo: the engine's keeper has ended, and all containers with it", file=sys.stderr
        )
    return 1 if lost else 0


def _raise_limits() -> None:
    """As many descriptors as the system gives: each container needs a handful."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _keep_descriptors() -> None:
    """What our caller left open for its children is not for those that we start: containers."""
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - numbers
        if int(name) > 2:
            with contextlib.suppress(OSError):
                os.set_inheritable(int(name), False)
