"""The engine's process: namespaces first, the keeper next, and only then the heavy libraries."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import socket
import sys
from pathlib import Path

from pausedemo.embedded.errors import ServerError
from pausedemo.embedded.keeper.process import fork_keeper
from pausedemo.embedded.kernel import syscalls
from pausedemo.embedded.kernel.syscalls import MountFlag, Namespace
from pausedemo.embedded.platform import Platform, examine
from pausedemo.embedded.state import (
    StateFolder,
    bind_socket,
    find_state,
    open_spare_state,
    open_state,
)
from pausedemo.embedded.usernamespace import enter_user_namespace


def run_engine(
    socket_path: Path,
    state_path: Path | None,
    *,
    spare_state: bool = False,
    until_eof: int | None = None,
    ready: int | None = None,
) -> int:
    """Serve until SIGTERM or SIGINT, or until ``until_eof`` is closed at its other end.

    With ``spare_state`` an engine whose state folder is in use takes a temporary one. A byte is
    written to ``ready`` when it answers. Raises ApiError when it cannot start, with nothing left.
    """
    socket_path = socket_path.absolute()
    uid, gid = os.getuid(), os.getgid()
    rootless = uid != 0
    wanted = state_path or find_state(socket_path, rootless=rootless)
    state = open_spare_state(wanted) if spare_state else open_state(wanted)
    try:
        listening = bind_socket(socket_path)
    except BaseException:
        state.close()
        raise
    try:
        single_id = enter_user_namespace() if rootless else False
        _leave_mount_namespace()
        _raise_limits()
        state.sweep()
        platform = examine(
            state.containers, rootless=rootless, single_id=single_id, uid=uid, gid=gid
        )
        keeper_pid, channel = fork_keeper()
        try:
            return asyncio.run(_serve(state, platform, channel, listening, until_eof, ready))
        finally:
            channel.close()
            with contextlib.suppress(ChildProcessError):
                os.waitpid(keeper_pid, 0)
            state.sweep()
    finally:
        socket_path.unlink(missing_ok=True)
        listening.close()
        state.close()


async def _serve(
    state: StateFolder,
    platform: Platform,
    channel: socket.socket,
    listening: socket.socket,
    until_eof: int | None,
    ready: int | None,
) -> int:
    # Here and not above: the keeper is forked without them.
    from pausedemo.embedded.engine import EmbeddedEngine
    from pausedemo.embedded.server import make_application, serve

    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    engine = EmbeddedEngine(state, platform, channel)
    await engine.open()
    runner = await serve(make_application(engine.routes()), listening)
    abandoned = asyncio.Event()
    if until_eof is not None:

        def on_eof() -> None:
            loop.remove_reader(until_eof)
            abandoned.set()
            stop.set()

        loop.add_reader(until_eof, on_eof)
    if ready is not None:
        os.write(ready, b"1")
        os.close(ready)
    engine.keeper.gone.add_done_callback(lambda _: stop.set())
    await stop.wait()
    lost = engine.keeper.gone.done()
    # Nobody is left who could want a container's last words.
    await engine.close(at_once=abandoned.is_set())
    await runner.cleanup()
    if lost:
        print(
            "pausedemo: the engine's keeper has ended, and all containers with it", file=sys.stderr
        )
    return 1 if lost else 0


def _leave_mount_namespace() -> None:
    try:
        syscalls.unshare(Namespace.MOUNT)
        syscalls.mount(None, "/", None, MountFlag.RECURSIVE | MountFlag.SLAVE)
    except OSError as error:
        raise ServerError(
            f"this machine does not let us make a mount namespace ({error.strerror}): inside a "
            "container that needs --privileged"
        ) from error


def _raise_limits() -> None:
    """As many descriptors as the system gives: each container needs a handful."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
