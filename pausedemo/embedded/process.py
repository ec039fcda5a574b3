"""The engine's process: namespaces first, the keeper next, and only then the heavy libraries."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pausedemo.embedded.errors import ServerError
from pausedemo.embedded.keeper.process import end_descendants, fork_keeper
from pausedemo.embedded.kernel import syscalls
from pausedemo.embedded.kernel.syscalls import MountFlag, Namespace, Prctl
from pausedemo.embedded.loading import without_tls
from pausedemo.embedded.platform import Platform, examine
from pausedemo.embedded.state import (
    StateFolder,
    bind_socket,
    find_state,
    open_spare_state,
    open_state,
)
from pausedemo.embedded.usernamespace import enter_user_namespace

if TYPE_CHECKING:
    import asyncio

_STOPPING: Final = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True, slots=True)
class Signs:
    """Descriptors shared with who started the engine.

    ``until_eof``: the engine ends when its other end is closed. ``ready``: gets a byte when the
    engine answers.
    """

    until_eof: int | None = None
    ready: int | None = None


def run_engine(
    socket_path: Path, state_path: Path | None, signs: Signs, *, spare_state: bool = False
) -> int:
    """Serve until SIGTERM or SIGINT, or until who started it has gone.

    With ``spare_state`` an engine whose state folder is in use takes a temporary one. Raises
    ApiError when it cannot start; nothing is left then.
    """
    socket_path = socket_path.absolute()
    uid, gid = os.getuid(), os.getgid()
    rootless = uid != 0
    _keep_descriptors()
    listening = bind_socket(socket_path)
    try:
        wanted = state_path or find_state(socket_path, rootless=rootless)
        state = open_spare_state(wanted) if spare_state else open_state(wanted)
        try:
            keeper = _prepare(state, listening, uid, gid)
        except BaseException:
            state.discard()
            raise
        try:
            return _serve_until_end(state, keeper, listening, signs)
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
    # In a user namespace nobody may go back to the machine's mounts.
    outside = None if rootless else os.open("/proc/self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
    _leave_mount_namespace()
    _raise_limits()
    state.sweep()
    platform = examine(
        state.containers,
        rootless=rootless,
        single_id=single_id,
        uid=uid,
        gid=gid,
        outside=outside,
    )
    # Who loses the keeper becomes ours, and is ended.
    syscalls.prctl(Prctl.SET_CHILD_SUBREAPER, 1)
    # Should we be killed, the socket must not answer and the folder not be ours any more.
    ours = (listening.fileno(), state.lock, *(() if outside is None else (outside,)))
    keeper, channel = fork_keeper(closing=ours)
    return _Prepared(platform, keeper, channel)


def _serve_until_end(
    state: StateFolder, prepared: _Prepared, listening: socket.socket, signs: Signs
) -> int:
    with without_tls():
        import asyncio

    # From here on a signal to stop waits until there is somebody to hear it.
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
    try:
        return asyncio.run(_serve(state, prepared.platform, prepared.channel, listening, signs))
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
    signs: Signs,
) -> int:
    # Here and not above: the keeper is forked without them.
    with without_tls():
        import asyncio

        from pausedemo.embedded.engine import EmbeddedEngine
        from pausedemo.embedded.server import make_application, serve

    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in _STOPPING:
        loop.add_signal_handler(number, stop.set)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)
    engine = EmbeddedEngine(state, platform, channel)
    await engine.open()
    runner = await serve(make_application(engine.routes()), listening)
    engine.keeper.gone.add_done_callback(lambda _: stop.set())
    abandoned = asyncio.Event()
    if signs.until_eof is not None:
        _watch(loop, signs.until_eof, abandoned, stop)
    if signs.ready is not None:
        os.write(signs.ready, b"1")
        os.close(signs.ready)
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


def _watch(loop: asyncio.AbstractEventLoop, descriptor: int, *events: asyncio.Event) -> None:
    """Set the events when the other end of a pipe is closed."""

    def on_eof() -> None:
        loop.remove_reader(descriptor)
        for event in events:
            event.set()

    loop.add_reader(descriptor, on_eof)


def _leave_mount_namespace() -> None:
    try:
        syscalls.unshare(Namespace.MOUNT)
        syscalls.mount(None, "/", None, MountFlag.RECURSIVE | MountFlag.SLAVE)
        # The keeper leaves in turn, and shall see what we mount later: volumes kept in memory.
        syscalls.mount(None, "/", None, MountFlag.RECURSIVE | MountFlag.SHARED)
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


def _keep_descriptors() -> None:
    """What our caller left open for its children is not for those that we start: containers."""
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - numbers
        if int(name) > 2:
            with contextlib.suppress(OSError):
                os.set_inheritable(int(name), False)
