"""What the new process does between clone and exec.

It has one thread and the keeper's memory, copied on write. Whatever goes wrong is told over the
socket to the keeper, with the step that failed; success is told by exec closing that socket.
"""

from __future__ import annotations

import array
import contextlib
import errno
import fcntl
import gc
import json
import os
import resource
import signal
import socket
import struct
import termios
from collections.abc import Callable, Sequence
from typing import Any, Final, NoReturn

from pausedemo.embedded.keeper.launch import Launch, Program, Root, StartFailed
from pausedemo.embedded.keeper.rootfs import enter_root, protect_root
from pausedemo.embedded.keeper.tools import run_tool
from pausedemo.embedded.keeper.users import UnknownUser, find_identity
from pausedemo.embedded.kernel import syscalls
from pausedemo.embedded.kernel.syscalls import Namespace, Prctl

DEFAULT_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CANNOT_RUN: Final = 126
NOT_FOUND: Final = 127
#: The exit code of a process that never came as far as exec.
NEVER_RAN: Final = 125


OWN_MOUNTS: Final = "/proc/self/ns/mnt"
_READ_BYTES: Final = 1 << 16
#: The device that /dev/null is, by major and minor number: devices.txt of Linux.
_NULL: Final = os.makedev(1, 3)
#: glibc's own, for its threads: signal(7).
_LIBRARY_SIGNALS: Final = (32, 33)
_ALL_SIGNALS: Final = sorted(signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP})


#: Starts a program as os.execve does: path, arguments, environment. Raises OSError.
Execute = Callable[[str, list[str], dict[str, str]], None]


def become(launch: Launch, descriptors: Sequence[int], report: socket.socket) -> NoReturn:
    """Turn this new process into what ``launch`` says. Never returns."""
    # A collection would write to every object, and so copy every page.
    gc.disable()

    def start() -> None:
        reset_signals()
        os.setsid()
        if _leaves_others(launch):
            # When it has ended nobody can ask the kernel any more.
            mounts = os.open(OWN_MOUNTS, os.O_RDONLY | os.O_CLOEXEC)
            tell(report, {"passed": "mounts"}, mounts)
            os.close(mounts)
        enter(launch, descriptors, report)

    end_with(start, report)


def _leaves_others(launch: Launch) -> bool:
    """Whether its children can outlive it, and are told by their mount namespace."""
    return bool(launch.program and launch.new & Namespace.MOUNT and not launch.new & Namespace.PID)


def end_with(work: Callable[[], None], report: socket.socket) -> NoReturn:
    """Do what ends in an exec, or at least this process; tell the keeper of its failure."""
    code = NEVER_RAN
    try:
        work()
        code = 0
    except StartFailed as failed:
        tell(report, {"step": failed.step, "code": failed.code, "text": failed.text})
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        text = f"{error.strerror or error}{where}"
        tell(report, {"step": "prepare", "code": error.errno or 0, "text": text})
    except BaseException as error:  # noqa: BLE001 - the process must end here, whatever it is
        tell(report, {"step": "prepare", "code": 0, "text": f"{type(error).__name__}: {error}"})
    os._exit(code)


def reset_signals() -> None:
    """What the engine's own caller had ignored must not be ignored inside."""
    for number in _ALL_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    for reserved in _LIBRARY_SIGNALS:
        syscalls.reset_signal(reserved)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def enter(
    launch: Launch,
    descriptors: Sequence[int],
    report: socket.socket,
    *,
    take_proc: Callable[[], int] | None = None,
    execute: Execute = os.execve,
) -> None:
    """Everything from the namespaces that are joined to the program, which ``execute`` starts.

    ``take_proc``: as for ``enter_root``, where this process could not mount the right one.
    """
    for path in launch.cgroups:
        with open(path, "w") as file:
            file.write("0")
    if launch.program and launch.program.oom_score_adj is not None:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write(str(launch.program.oom_score_adj))
    for position, flags in launch.joins:
        syscalls.setns(descriptors[position], flags)
    if launch.root is not None:
        if launch.new & Namespace.UTS:
            if launch.hostname is not None:
                syscalls.set_hostname(launch.hostname)
            if launch.domainname is not None:
                # By the call: in a user namespace the sysctl may not be written.
                syscalls.set_domainname(launch.domainname)
        outside = launch.root.outside
        enter_root(launch.root, take_proc, None if outside is None else descriptors[outside])
    if launch.terminal:
        _open_terminal(launch, report)
    else:
        for target, place in enumerate(launch.stdio):
            if place is None:
                os.dup2(os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC), target)
            else:
                os.dup2(descriptors[place], target)
    if launch.tool is not None:
        if launch.root is not None:
            protect_root(launch.root)
        report.close()
        run_tool(launch.tool.name, launch.tool.arguments)
        return
    if launch.program is not None:
        run_program(launch.program, launch.root, descriptors, execute)


def _open_terminal(launch: Launch, report: socket.socket) -> None:
    """A terminal of the container's own devpts; its master goes to the engine."""
    master = os.open("/dev/pts/ptmx", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    fcntl.ioctl(master, 0x40045431, struct.pack("i", 0))  # TIOCSPTLCK: unlock
    number = struct.unpack("i", fcntl.ioctl(master, 0x80045430, b"\0" * 4))[0]  # TIOCGPTN
    slave = os.open(f"/dev/pts/{number}", os.O_RDWR | os.O_CLOEXEC)
    if launch.size:
        rows, columns = launch.size
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    if launch.console:
        with contextlib.suppress(FileExistsError):
            os.close(os.open("/dev/console", os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        syscalls.mount(f"/dev/pts/{number}", "/dev/console", None, syscalls.MountFlag.BIND)
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for target in range(3):
        os.dup2(slave, target)
    tell(report, {"passed": "terminal"}, master)
    os.close(master)


def run_program(
    program: Program, root: Root | None, descriptors: Sequence[int], execute: Execute
) -> None:
    """Everything from the user on. Raises StartFailed."""
    try:
        identity = find_identity(
            program.user, _read("/etc/passwd"), _read("/etc/group"), program.groups
        )
    except UnknownUser as error:
        raise StartFailed("user", errno.EINVAL, str(error)) from None
    env = dict(entry.partition("=")[::2] for entry in program.env)
    env.setdefault("PATH", DEFAULT_PATH)
    if not env.get("HOME"):
        env["HOME"] = identity.home
    for kind, soft, hard in program.limits:
        resource.setrlimit(kind, (soft, hard))
    if program.make_cwd and not os.path.exists(program.cwd):
        os.makedirs(program.cwd, mode=0o755, exist_ok=True)
    if root is not None:  # after the folder was made, before a filter that refuses to mount
        protect_root(root)
    if program.no_new_privileges:
        syscalls.prctl(Prctl.SET_NO_NEW_PRIVS, 1)
    elif program.seccomp is not None:
        _filter(descriptors[program.seccomp])
    if program.single_id:
        # There is nobody else to become: who is not root has at least nothing that root may do.
        capabilities = 0 if identity.uid else program.capabilities
        _drop_bounding(capabilities)
        syscalls.set_capabilities(capabilities)
    else:
        if identity.uid:
            _give_streams(identity.uid)
        _drop_bounding(program.capabilities)
        os.setgroups(identity.groups)
        os.setgid(identity.gid)
        os.setuid(identity.uid)
        if identity.uid == 0:
            syscalls.set_capabilities(program.capabilities)
    try:
        os.chdir(program.cwd)
    except OSError as error:
        text = f'chdir to cwd ("{program.cwd}") set in config.json failed: '
        raise StartFailed("cwd", error.errno or 0, text + _words(error)) from None
    if program.no_new_privileges and program.seccomp is not None:
        _filter(descriptors[program.seccomp])
    # Dropped with every change of identity: prctl(2).
    syscalls.prctl(Prctl.SET_PDEATHSIG, signal.SIGKILL)
    find_and_execute(program.argv, env, execute)


def find_and_execute(argv: list[str], env: dict[str, str], execute: Execute) -> None:
    """Run the first file of that name in PATH. Raises StartFailed in dockerd's words."""
    name = argv[0]
    if "/" in name:
        candidates = [name]
    else:
        candidates = [os.path.join(folder or ".", name) for folder in env["PATH"].split(":")]
    worst: OSError | None = None
    for path in candidates:
        try:
            execute(path, argv, env)
            return
        except OSError as error:
            if error.errno == errno.ENOENT and os.path.exists(path):
                # The file is there; what it names as its interpreter is not.
                text = f"exec {path}: no such file or directory"
                raise StartFailed("exec", errno.ENOENT, text) from None
            if error.errno not in (errno.ENOENT, errno.ENOTDIR) or worst is None:
                worst = error
            if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.EACCES):
                break
    code = (worst.errno if worst is not None else 0) or errno.ENOENT
    if code in (errno.ENOENT, errno.ENOTDIR):
        if "/" not in name:
            text = f'exec: "{name}": executable file not found in $PATH'
        else:
            text = f'exec: "{name}": stat {name}: no such file or directory'
    elif code == errno.EACCES:
        text = f'exec: "{name}": permission denied'
    else:
        text = f"exec {name}: {os.strerror(code).lower()}"
    raise StartFailed("exec", code, text)


def _give_streams(uid: int) -> None:
    """Who is not root may open its own streams again, by /dev/stdout or its terminal's name.

    As runc's ``fixStdioPermissions`` (libcontainer/init_linux.go): the group stays, and /dev/null
    is everybody's.
    """
    for descriptor in range(3):
        found = os.fstat(descriptor)
        if found.st_uid != uid and found.st_rdev != _NULL:
            with contextlib.suppress(OSError):  # of an identity that is not to be had here
                os.fchown(descriptor, uid, -1)


def _filter(descriptor: int) -> None:
    size = os.fstat(descriptor).st_size
    syscalls.install_seccomp(os.pread(descriptor, size, 0))


def _drop_bounding(kept: int) -> None:
    for number in range(syscalls.LAST_CAPABILITY + 1):
        if not kept >> number & 1:
            try:
                syscalls.prctl(Prctl.CAPBSET_DROP, number)
            except OSError as error:
                if error.errno == errno.EINVAL:  # the kernel does not know so many
                    return
                raise


def _read(path: str) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        data = b""
        while part := os.read(descriptor, _READ_BYTES):
            data += part
    except OSError:
        return ""
    finally:
        os.close(descriptor)
    return data.decode(errors="replace")


def _words(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def tell(report: socket.socket, message: dict[str, Any], descriptor: int | None = None) -> None:
    """Say something of this start to the keeper."""
    ancillary = []
    if descriptor is not None:
        numbers = array.array("i", [descriptor])
        ancillary.append((socket.SOL_SOCKET, socket.SCM_RIGHTS, numbers))
    with contextlib.suppress(OSError):
        report.sendmsg([json.dumps(message).encode()], ancillary)
