"""The engine's process: namespaces first, the keeper next, and only then the heavy libraries.

What this file imports at its top is in the keeper too, for its whole life: asyncio is not.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import socket
import sys
from pathlib import Path

from pausedemo.embedded.keeper.process import fork_keeper
from pausedemo.embedded.kernel import syscalls
from pausedemo.embedded.kernel.syscalls import MountFlag, Namespace
from pausedemo.embedded.platform import Platform, examine
from pausedemo.embedded.state import StateFolder, bind_socket, find_state, open_state
from pausedemo.embedded.usernamespace import enter_user_namespace


def run_engine(socket_path: Path, state_path: Path | None, *, until_eof: int | None) -> int:
    """Serve until SIGTERM or SIGINT, or until ``until_eof`` is closed at its other end.

    Raises ApiError when it cannot start; nothing is left then.
    """
    socket_path = socket_path.absolute()
    uid, gid = os.getuid(), os.getgid()
    rootless = uid != 0
    state = open_state(state_path or find_state(socket_path, rootless=rootless))
    listening = bind_socket(socket_path)
    try:
        single_id = enter_user_namespace() if rootless else False
        syscalls.unshare(Namespace.MOUNT)
        syscalls.mount(None, "/", None, MountFlag.RECURSIVE | MountFlag.SLAVE)
        _raise_limits()
        state.sweep()
        platform = examine(
            state.containers, rootless=rootless, single_id=single_id, uid=uid, gid=gid
        )
        keeper_pid, channel = fork_keeper()
        import asyncio

        try:
            return asyncio.run(_serve(state, platform, channel, listening, until_eof))
        finally:
            channel.close()
            with contextlib.suppress(ChildProcessError):
                os.waitpid(keeper_pid, 0)
            state.sweep()
    finally:
        socket_path.unlink(missing_ok=True)
        listening.close()


async def _serve(
    state: StateFolder,
    platform: Platform,
    channel: socket.socket,
    listening: socket.socket,
    until_eof: int | None,
) -> int:
    # Here and not above: the keeper is forked without them.
    import asyncio

    from pausedemo.embedded.engine import EmbeddedEngine
    from pausedemo.embedded.server import make_application, serve

    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    engine = EmbeddedEngine(state, platform, channel)
    await engine.open()
    runner = await serve(make_application(engine.routes()), listening)
    if until_eof is not None:
        loop.add_reader(until_eof, stop.set)
    stopping = asyncio.ensure_future(stop.wait())
    done, _ = await asyncio.wait(
        [stopping, engine.keeper.gone], return_when=asyncio.FIRST_COMPLETED
    )
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
