"""What a spare does: it gets ready, waits for one launch, and carries that out.

A child that has just been forked spends most of its start on page faults: every page that it
writes to is copied first. A spare has them behind it, because it has rehearsed a start in a mount
namespace that it left again. It has nothing of any container: the keeper's descriptors are closed.
"""

from __future__ import annotations

import errno
import gc
import json
import os
import resource
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, Final, NoReturn

from pausedemo.embedded.keeper import protocol
from pausedemo.embedded.keeper.child import (
    NEVER_RAN,
    OWN_MOUNTS,
    become,
    end_with,
    enter,
    reset_signals,
    run_program,
    tell,
)
from pausedemo.embedded.keeper.kinds import FIRST_HAS, Kind
from pausedemo.embedded.keeper.launch import Bind, Launch, Mount, Program, Root, StartFailed
from pausedemo.embedded.keeper.rootfs import enter_root, visit
from pausedemo.embedded.kernel import syscalls
from pausedemo.embedded.kernel.syscalls import MountFlag, Namespace, Prctl

#: What setns says when there is no such process any more, and clone when it ends just then.
PID_NAMESPACE_ENDED: Final = (errno.ESRCH, errno.ENOMEM)
PID_NAMESPACE_GONE: Final = "cannot join the PID namespace: its first process has ended"
#: Any folder that is there and that no device is taken from.
_STAGE: Final = "/sys"
#: How long one that has done its work waits before it ends.
STAY_S: Final = 0.005


def serve_spare(kind: Kind, channel: socket.socket) -> NoReturn:
    """Get ready, carry out the launch that comes over ``channel``, or end with its other end."""
    gc.disable()
    try:
        syscalls.prctl(Prctl.SET_PDEATHSIG, signal.SIGKILL)
        own = channel.fileno()
        os.closerange(3, own)
        os.closerange(own + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        reset_signals()
        os.setsid()
        with suppress(OSError, StartFailed):  # then it is less ready, no more
            _rehearse(kind)
        received = protocol.receive(channel)
    except BaseException:  # noqa: BLE001 - the process must end here, whatever it is
        os._exit(1)
    if received is None:
        os._exit(0)
    record, descriptors = received
    act = _start_first if kind is Kind.FIRST else _start_member
    end_with(partial(act, record, descriptors, channel), channel)


def _start_first(record: dict[str, Any], descriptors: list[int], report: socket.socket) -> None:
    launch = Launch.from_json(record)
    syscalls.unshare(launch.new & ~FIRST_HAS)
    enter(launch, descriptors, report)


def _start_member(record: dict[str, Any], descriptors: list[int], report: socket.socket) -> None:
    launch = Launch.from_json(record)
    assert launch.join_pid is not None  # noqa: S101 - choose_kind
    donor = descriptors[launch.join_pid]
    try:
        syscalls.setns(donor, Namespace.PID)
        take_proc = partial(_take_proc, donor) if _mounts_proc(launch) else None
        if _wants_child(launch) or (take_proc and not _is_there(take_proc)):
            _clone_sibling(launch, descriptors, report)
        if launch.new:
            syscalls.unshare(launch.new)
    except OSError as error:
        if error.errno not in PID_NAMESPACE_ENDED:
            raise
        raise StartFailed("keeper", error.errno, PID_NAMESPACE_GONE) from None
    mounts = None
    if launch.new & Namespace.MOUNT:
        # Whoever asks /proc for it while the program is being executed has to wait for that.
        mounts = os.open(OWN_MOUNTS, os.O_RDONLY | os.O_CLOEXEC)
    spawn = partial(_spawn, report, mounts)
    enter(launch, descriptors, report, take_proc=take_proc, execute=spawn)


def _wants_child(launch: Launch) -> bool:
    """Whether it needs what posix_spawn cannot do, or could do for this process as well.

    A terminal is taken by who leads its session; a limit of processes would count two.
    """
    return launch.terminal or launch.program is None or bool(launch.program.limits)


def _mounts_proc(launch: Launch) -> bool:
    if launch.root is None:
        return False
    return any(isinstance(one, Mount) and one.kind == "proc" for one in launch.root.mounts)


def _take_proc(donor: int) -> int:
    """The /proc of who is joined, as a detached tree. Raises OSError when it is another's.

    Only a process inside the PID namespace could mount one: proc_init_fs_context. Whether what lies
    at its /proc is the right one is told by process 1.
    """
    wanted = os.stat("/proc/self/ns/pid_for_children").st_ino
    with visit(donor):
        tree = syscalls.open_tree("/proc", recursive=False)
    try:
        if os.stat("1/ns/pid", dir_fd=tree).st_ino != wanted:
            raise OSError(errno.ESTALE, "another namespace's", "/proc")
    except BaseException:
        os.close(tree)
        raise
    return tree


def _is_there(take: Callable[[], int]) -> bool:
    with suppress(OSError):
        os.close(take())
        return True
    return False


def _clone_sibling(launch: Launch, descriptors: list[int], report: socket.socket) -> NoReturn:
    """Let a child do it that is inside: a child of the keeper, as runc does it (nsexec.c)."""
    reading, writing = os.pipe2(os.O_CLOEXEC)
    pid = syscalls.clone(launch.new | syscalls.CLONE_PARENT)
    if pid == 0:
        # The keeper must know of it before it can end.
        os.close(writing)
        if not os.read(reading, 1):
            os._exit(NEVER_RAN)
        os.close(reading)
        become(launch, descriptors, report)
    tell(report, {"cloned": pid})
    os.write(writing, b".")
    os._exit(0)


def _spawn(
    report: socket.socket, mounts: int | None, path: str, argv: list[str], env: dict[str, str]
) -> NoReturn:
    """Start the program inside, without a copy of this process: posix_spawn is vfork and exec.

    When this process has ended, the keeper is the program's parent. No death signal can be set for
    it: what ends it at the latest is the end of process 1 of the namespace that it joins.
    """
    os.stat(path)  # fails as exec would, without a process for each folder of PATH
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
    try:
        pid = syscalls.spawn(path, argv, env)
    except OSError as error:
        if error.errno != errno.ENOMEM:
            raise
        raise StartFailed("keeper", errno.ENOMEM, PID_NAMESPACE_GONE) from None
    tell(report, {"spawned": pid, "passed": "mounts"}, mounts)
    # To end takes this process a millisecond, which those who pass the word on shall not wait for.
    # When the program has ended it is time, too: only then the keeper gets to know.
    signal.sigtimedwait([signal.SIGCHLD], STAY_S)
    os._exit(0)


def _try_to_spawn(path: str, argv: list[str], env: dict[str, str]) -> None:
    syscalls.spawn(path, argv, env)


def _rehearse(kind: Kind) -> None:
    """Do all that a start does as far as it can be undone, so that its pages are ours."""
    launch = Launch.from_json(json.loads(json.dumps(_SAMPLE)))
    assert launch.root is not None  # noqa: S101 - the sample has one
    root = launch.root
    if kind is Kind.MIDDLE:
        root.mounts.pop(0)  # the keeper's PID namespace may be somebody else's
    home = os.open(OWN_MOUNTS, os.O_RDONLY | os.O_CLOEXEC)
    try:
        syscalls.unshare(Namespace.MOUNT)
        syscalls.mount("tmpfs", _STAGE, "tmpfs", 0, "mode=755")
        enter_root(root)
    finally:
        syscalls.setns(home, Namespace.MOUNT)
        os.close(home)
    assert launch.program is not None  # noqa: S101 - the sample has one
    # All that it has may stay: what is taken away now would be missing later.
    program = replace(launch.program, capabilities=syscalls.read_bounding_set())
    run_program(program, None, [], os.execve if kind is Kind.FIRST else _try_to_spawn)


_SAMPLE: Final = Launch(
    new=int(FIRST_HAS),
    root=Root(
        target=_STAGE,
        tree=True,
        mounts=[
            Mount("proc", "/proc"),
            Mount("tmpfs", "/dev", MountFlag.NO_SUID, "mode=755"),
            *(Bind(f"/dev/{name}", f"/dev/{name}", recursive=False) for name in ("null", "zero")),
            *(Bind("/dev/null", f"/dev/{number}" + "-" * 100) for number in range(16)),
            Mount("mqueue", "/dev/mqueue"),
        ],
        links=[("/dev/fd", "/proc/self/fd")],
        masked=["/proc/kcore", "/dev/mqueue", *(f"/proc/nothing{n}" for n in range(10))],
        readonly_paths=["/proc/sys", *(f"/proc/nothing{n}" for n in range(4))],
    ),
    program=Program(["nothing"], ["PATH=/nowhere:/nothing"], single_id=True),
).to_json()
