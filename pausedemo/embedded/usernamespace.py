"""An ordinary user's way to root of a namespace: one user namespace for the whole engine."""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pausedemo.embedded.errors import ServerError
from pausedemo.embedded.kernel import syscalls
from pausedemo.embedded.kernel.syscalls import Namespace

SUBUID: Final = Path("/etc/subuid")
SUBGID: Final = Path("/etc/subgid")
MAP_TIMEOUT_S: Final = 10


def enter_user_namespace() -> bool:
    """Become root of a new user namespace. True when only one id could be mapped.

    With newuidmap and a range in /etc/subuid all of that range is mapped, from 1 on. Call before
    there is any other thread. Raises ServerError with the remedy.
    """
    uid, gid = os.getuid(), os.getgid()
    name = _user_name(uid)
    ranges = find_range(SUBUID, name, uid), find_range(SUBGID, name, uid)
    programs = shutil.which("newuidmap"), shutil.which("newgidmap")
    if ranges[0] and ranges[1] and programs[0] and programs[1]:
        mapper = _start_mapper((programs[0], programs[1]), (ranges[0], ranges[1]), uid, gid)
        _unshare()
        if mapper():
            _become_root()
            return False
    else:
        _unshare()
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
    Path("/proc/self/gid_map").write_text(f"0 {gid} 1")
    _become_root()
    return True


def find_range(file: Path, name: str, uid: int) -> tuple[int, int] | None:
    """First id and count that a user may map: subuid(5)."""
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        parts = line.strip().split(":")
        if len(parts) == 3 and parts[0] in (name, str(uid)):
            first, count = parts[1], parts[2]
            if first.isdecimal() and count.isdecimal() and int(count) > 0:
                return int(first), int(count)
    return None


def _start_mapper(
    programs: tuple[str, str], ranges: tuple[tuple[int, int], tuple[int, int]], uid: int, gid: int
) -> Callable[[], bool]:
    """A process outside the namespace to be, that maps the ids once it is told to."""
    parent = os.getpid()
    go_read, go_write = os.pipe()
    done_read, done_write = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            # Not above: the keeper has all that this file imports.
            import subprocess

            os.close(go_write)
            if os.read(go_read, 1):
                for program, own, (first, count) in zip(programs, (uid, gid), ranges, strict=True):
                    subprocess.run(
                        [program, str(parent), "0", str(own), "1", "1", str(first), str(count)],
                        check=True,
                        timeout=MAP_TIMEOUT_S,
                        capture_output=True,
                    )
                code = 0
                os.write(done_write, b"1")
        finally:
            os._exit(code)
    os.close(go_read)
    os.close(done_write)

    def run() -> bool:
        os.write(go_write, b"1")
        os.close(go_write)
        is_done = os.read(done_read, 1) == b"1"
        os.close(done_read)
        os.waitpid(child, 0)
        return is_done

    return run


def _unshare() -> None:
    try:
        syscalls.unshare(Namespace.USER)
    except OSError as error:
        raise ServerError(
            f"this machine does not let an ordinary user make a user namespace ({error.strerror}): "
            "run as root, or see kernel.unprivileged_userns_clone, user.max_user_namespaces and "
            "kernel.apparmor_restrict_unprivileged_userns"
        ) from error


def _become_root() -> None:
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return ""
