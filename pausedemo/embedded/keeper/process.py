"""The keeper: one small process with one thread that starts every container and sees it end.

It is forked from the engine before anything heavy is imported, so that a fork of its own is
cheap. It is a subreaper: who loses its parent becomes its child. When the engine is gone,
however it went, the keeper ends every process below it and then itself; with it go its mount
namespace and all mounts in it.
"""

from __future__ import annotations

import array
import contextlib
import errno
import gc
import json
import os
import selectors
import signal
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pausedemo.embedded.keeper import protocol
from pausedemo.embedded.keeper.child import become
from pausedemo.embedded.keeper.cloning import Cloner
from pausedemo.embedded.keeper.kinds import Kind
from pausedemo.embedded.keeper.launch import Launch
from pausedemo.embedded.keeper.spare import PID_NAMESPACE_ENDED, PID_NAMESPACE_GONE
from pausedemo.embedded.keeper.spares import Spares
from pausedemo.embedded.kernel import syscalls
from pausedemo.embedded.kernel.syscalls import MountFlag, Namespace, Prctl

#: How long the end of everything may take before the keeper leaves the rest to the kernel.
END_TIMEOUT_S: Final = 30


@dataclass(slots=True)
class _Starting:
    """A child that has not told yet how its start went."""

    request: int
    pid: int
    report: socket.socket
    #: What it has passed, by its name in ``Process``.
    passed: dict[str, int] = field(default_factory=dict)
    failed: dict[str, Any] | None = None
    #: ``pid`` is not the process that was asked for, but who will make it.
    is_middle: bool = False


def run_keeper(channel: socket.socket) -> None:
    """Serve the engine at the other end of ``channel`` until that end is closed."""
    gc.collect()
    gc.freeze()
    syscalls.prctl(Prctl.SET_PDEATHSIG, signal.SIGTERM)
    syscalls.prctl(Prctl.SET_CHILD_SUBREAPER, 1)
    syscalls.mount(None, "/", None, MountFlag.RECURSIVE | MountFlag.SLAVE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        _Keeper(channel).serve()
    finally:
        end_descendants()


def end_descendants(timeout_s: float = END_TIMEOUT_S) -> None:
    """Kill every process below this one, and take their exit codes."""
    deadline = time.monotonic() + timeout_s
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    while time.monotonic() < deadline:
        for pid in map(int, children.read_text().split()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


class _Keeper:
    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._selector = selectors.DefaultSelector()
        self._starting: dict[int, _Starting] = {}
        self._known: set[int] = set()
        self._cloner = Cloner()
        self._spares = Spares()
        self._ending = False
        self._woken, waker = socket.socketpair()
        self._woken.setblocking(False)
        waker.setblocking(False)
        self._waker = waker
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._on_term)

    def serve(self) -> None:
        self._selector.register(self._channel, selectors.EVENT_READ, "engine")
        self._selector.register(self._woken, selectors.EVENT_READ, "signal")
        while not self._ending:
            events = self._selector.select(self._spares.wait_s())
            if not events:
                self._spares.refill()
            for key, _ in events:
                if key.data == "engine":
                    self._on_message()
                elif key.data == "signal":
                    with contextlib.suppress(BlockingIOError):
                        self._woken.recv(4096)
                    self._reap()
                elif key.data.pid in self._starting:  # not yet read to its end this round
                    self._on_report(key.data)

    def _on_term(self, *_: object) -> None:
        self._ending = True

    def _on_message(self) -> None:
        received = protocol.receive(self._channel)
        if received is None:
            self._ending = True
            return
        message, descriptors = received
        try:
            self._launch(message, descriptors)
        except OSError as error:
            self._reply(
                message,
                {"step": "keeper", "code": error.errno or 0, "text": error.strerror or str(error)},
            )
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _reply(
        self, message: dict[str, Any], content: dict[str, Any], descriptors: tuple[int, ...] = ()
    ) -> None:
        protocol.send(self._channel, {"id": message["id"], **content}, descriptors)

    def _launch(self, message: dict[str, Any], descriptors: list[int]) -> None:
        text, kind = message["launch"], Kind(message["kind"]) if message["kind"] else None
        spare = self._spares.take(kind, text, descriptors) if kind else None
        if spare is None:
            self._launch_new(message["id"], Launch.from_json(json.loads(text)), descriptors)
            return
        self._await(_Starting(message["id"], spare.pid, spare.line, is_middle=kind is Kind.MIDDLE))

    def _launch_new(self, request: int, launch: Launch, descriptors: list[int]) -> None:
        """Start a child that was not made ahead."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            if launch.join_pid is None:
                pid = syscalls.clone(launch.new)
            else:
                pid = self._cloner.clone_inside(launch.new, descriptors[launch.join_pid])
            if pid == 0:
                become(launch, descriptors, theirs)
        except OSError as error:
            ours.close()
            if launch.join_pid is not None and error.errno in PID_NAMESPACE_ENDED:
                raise OSError(error.errno, PID_NAMESPACE_GONE) from error
            raise
        finally:
            theirs.close()
        self._await(_Starting(request, pid, ours))

    def _await(self, starting: _Starting) -> None:
        if not starting.is_middle:
            self._known.add(starting.pid)
        self._starting[starting.pid] = starting
        self._selector.register(starting.report, selectors.EVENT_READ, starting)

    def _on_report(self, starting: _Starting) -> bool:
        """A packet from a child that starts, or the end: it runs. False: it has told nothing."""
        try:
            data, ancillary, _, _ = starting.report.recvmsg(
                protocol.PACKET_BYTES,
                socket.CMSG_SPACE(4),
                socket.MSG_CMSG_CLOEXEC | socket.MSG_DONTWAIT,
            )
        except BlockingIOError:
            return False
        told = json.loads(data) if data else {}
        if ancillary:
            numbers = array.array("i")
            numbers.frombytes(ancillary[0][2][:4])
            starting.passed[told["passed"]] = numbers[0]
        if "cloned" in told:
            self._pass_on(starting, told["cloned"])
        elif "spawned" in told:
            self._pass_on(starting, told["spawned"])
            self._finish(starting)
        elif "step" in told:
            starting.failed = told
        elif not told:
            self._finish(starting)
        return True

    def _pass_on(self, starting: _Starting, pid: int) -> None:
        """From here on it is about the process that the middle has made."""
        del self._starting[starting.pid]
        starting.pid, starting.is_middle = pid, False
        self._starting[pid] = starting
        self._known.add(pid)

    def _finish(self, starting: _Starting) -> None:
        self._selector.unregister(starting.report)
        starting.report.close()
        del self._starting[starting.pid]
        if starting.is_middle and starting.failed is None:
            starting.failed = {"step": "keeper", "code": 0, "text": "it ended before its start"}
        if starting.failed is not None:
            self._known.discard(starting.pid)
            self._reply({"id": starting.request}, starting.failed)
        else:
            # Ours to wait for, so that the number is still its own even if it has ended.
            passed = {"pidfd": os.pidfd_open(starting.pid)} | starting.passed
            starting.passed = passed
            told = {"pid": starting.pid, "passed": list(passed)}
            self._reply({"id": starting.request}, told, tuple(passed.values()))
        for descriptor in starting.passed.values():
            os.close(descriptor)

    def _reap(self) -> None:
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None:
                return
            pid = ended.si_pid
            # Who has ended has told all that it will: read it, so that start comes before end.
            self._read_reports(pid)
            _, status = os.waitpid(pid, 0)
            self._spares.forget(pid)
            if pid in self._known:
                self._known.discard(pid)
                protocol.send(self._channel, {"ended": pid, "code": exit_code(status)})

    def _read_reports(self, pid: int) -> None:
        """Read all that was said of a process that has ended: by itself, or by who has made it."""
        while pid in self._starting:
            starting = self._starting[pid]
            if not self._on_report(starting):
                # All is said, even if the middle has not closed its end of the line yet.
                self._finish(starting)
        if pid not in self._known:
            for starting in [one for one in self._starting.values() if one.is_middle]:
                while starting.is_middle and starting.pid in self._starting:
                    if not self._on_report(starting):
                        break


def exit_code(status: int) -> int:
    """Docker's exit code of a wait status: 128 and the signal's number when one ended it."""
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _keep_descriptors_out_of_containers() -> None:
    """What the engine was started with is closed by every exec, whoever forgot to say so."""
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2:
            with contextlib.suppress(OSError):  # that of the folder just read
                os.set_inheritable(int(name), False)


def fork_keeper(closing: Sequence[int] = ()) -> tuple[int, socket.socket]:
    """Start the keeper: its process id and our end of the line. Call before threads exist.

    ``closing``: descriptors that it shall not hold.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in (ours, theirs):
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, option, 1 << 20)
    parent = os.getpid()
    pid = os.fork()
    if pid:
        theirs.close()
        return pid, ours
    code = 1
    try:
        ours.close()
        for descriptor in closing:
            os.close(descriptor)
        _keep_descriptors_out_of_containers()
        syscalls.unshare(Namespace.MOUNT)
        syscalls.prctl(Prctl.SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() == parent:
            run_keeper(theirs)
        code = 0
    except OSError as error:
        if error.errno not in (errno.EPIPE, errno.ECONNRESET):  # the engine is gone
            os.write(2, f"pausedemo: keeper: {error}\n".encode())
    finally:
        os._exit(code)
