"""Ways out of a container, tried from inside it by ``python3 -c``. Standard library only.

``main`` prints, as JSON, what each came to: "" where it was refused, else what it reached.
"""

# What is tried are system calls:
# ruff: noqa: PTH103, PTH108, PTH115, PTH123, PTH208

from __future__ import annotations

import ctypes
import errno
import json
import os
import platform
import socket
import stat
import sys
import threading
from typing import Any

LIBC = ctypes.CDLL(None, use_errno=True)
INTEL = platform.machine() == "x86_64"
REFUSED = (errno.EPERM, errno.EACCES, errno.ENOSYS)
NEW_USER, NEW_NS, NEW_NET, NEW_PID = 0x10000000, 0x00020000, 0x40000000, 0x20000000
#: Calls with arguments that do no harm: numbers on x86_64 and elsewhere.
CALLS: dict[str, tuple[Any, ...]] = {
    "acct": ((163, 89), 0),
    "add_key": ((248, 217), b"user", b"x", b"y", 1, -3),
    "bpf": ((321, 280), 0, 0, 0),
    "delete_module": ((176, 106), b"no such module", 0),
    "fsopen": ((430, 430), b"tmpfs", 0),
    "init_module": ((175, 105), 0, 0, b""),
    "io_uring_setup": ((425, 425), 1, 0),
    "kexec_load": ((246, 104), 0, 0, 0, 0),
    "keyctl": ((250, 219), 0, -3, 0),
    "mount tmpfs": ((165, 40), b"none", b"/tmp/mounted", b"tmpfs", 0, 0),
    "mount proc": ((165, 40), b"proc", b"/tmp/mounted", b"proc", 0, 0),
    "open_by_handle_at": ((304, 265), 3, b"\x08\0\0\0\x01\0\0\0\x02\0\0\0\0\0\0\0", 0),
    "open_tree": ((428, 428), -100, b"/", 1),
    "perf_event_open": ((298, 241), 0, 0, -1, -1, 0),
    "pivot_root": ((155, 41), b".", b"."),
    "reboot": ((169, 142), 0, 0, 0, 0),
    "remount /proc/sys": ((165, 40), 0, b"/proc/sys", 0, 0x1020, 0),
    "setdomainname": ((171, 162), b"x", 1),
    "sethostname": ((170, 161), b"x", 1),
    "settimeofday": ((164, 170), 0, 0),
    "swapon": ((167, 224), b"/tmp/none", 0),
    "syslog": ((103, 116), 3, 0, 0),
    "umount /proc/keys": ((166, 39), b"/proc/keys", 2),
    "umount /proc/sys": ((166, 39), b"/proc/sys", 2),
    "unshare mounts": ((272, 97), NEW_NS),
    "unshare user": ((272, 97), NEW_USER),
    "unshare user and network": ((272, 97), NEW_USER | NEW_NET),
    "unshare user and PID": ((272, 97), NEW_USER | NEW_PID),
    "userfaultfd": ((323, 282), 0),
}
WRITES = [
    "/proc/irq/default_smp_affinity",
    "/proc/sys/fs/binfmt_misc/register",
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/kernel/modprobe",
    "/proc/sys/net/ipv4/ip_forward",
    "/proc/sys/vm/drop_caches",
    "/proc/sysrq-trigger",
    "/sys/class/net/lo/mtu",
    "/sys/fs/cgroup/cgroup.procs",
    "/sys/fs/cgroup/memory/release_agent",
    "/sys/kernel/mm/transparent_hugepage/enabled",
    "/sys/kernel/uevent_helper",
    "/sys/power/state",
]
#: Masked: there is nothing in them to be read.
EMPTY = ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/sched_debug"]
DEVICES = {"mem": ("c", 1, 1), "kmsg": ("c", 1, 11), "port": ("c", 1, 4), "fuse": ("c", 10, 229)}


def call(numbers: tuple[int, int], *arguments: int | bytes) -> str:
    given = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    result = LIBC.syscall(ctypes.c_long(numbers[0] if INTEL else numbers[1]), *given)
    code = ctypes.get_errno()
    if result < 0:
        return "" if code in REFUSED else f"not refused: {os.strerror(code)}"
    return f"done: {result}"


def write(path: str) -> str:
    try:
        descriptor = os.open(path, os.O_WRONLY)
    except OSError:
        return ""
    os.close(descriptor)
    return "opened to be written"


def read_nothing(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return "read" if file.read(16) else ""
    except OSError:
        return ""


def use_device(kind: str, major: int, minor: int, folder: str) -> str:
    path = f"{folder}/escape"
    form = stat.S_IFBLK if kind == "b" else stat.S_IFCHR
    try:
        os.mknod(path, form | 0o600, os.makedev(major, minor))
    except OSError:
        return ""
    try:
        with open(path, "rb", buffering=0):
            return f"opened in {folder}"
    except OSError:
        return ""
    finally:
        os.unlink(path)


def reach(base: str, marker: str) -> str:
    try:
        with open(base.rstrip("/") + marker) as file:
            return f"read {file.read()}"
    except OSError:
        return ""


def chroot_out(marker: str) -> str:
    """The classic: leave a folder open, go below another root, and climb."""
    os.makedirs("/tmp/jail", exist_ok=True)
    child = os.fork()
    if child == 0:
        found = ""
        try:
            above = os.open("/", os.O_RDONLY)
            os.chroot("/tmp/jail")
            os.fchdir(above)
            for _ in range(64):
                os.chdir("..")
            os.chroot(".")
            found = reach("/", marker)
        finally:
            os._exit(1 if found else 0)
    return "climbed out" if os.waitpid(child, 0)[1] else ""


def join(name: str) -> str:
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        try:
            descriptor = os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY)
        except OSError:
            continue
        said = call((308, 268), descriptor, 0)
        os.close(descriptor)
        if said:
            return said
    return ""


def signal_outside(pid: int) -> str:
    try:
        os.kill(pid, 0)
    except OSError:
        return ""
    return "may be sent a signal"


def trace_outside(pid: int) -> str:
    result = LIBC.ptrace(16, pid, 0, 0)  # PTRACE_ATTACH
    return "traced" if result == 0 else ""


def connect(family: int, address: tuple[str, int] | str) -> str:
    with socket.socket(family, socket.SOCK_STREAM) as trying:
        trying.settimeout(2)
        try:
            trying.connect(address)
        except OSError:
            return ""
    return "connected"


def make_socket(family: int) -> str:
    try:
        socket.socket(family, socket.SOCK_STREAM).close()
    except OSError:
        return ""
    return "made"


def sniff() -> str:
    """A raw socket may be had; what it hears is the container's own network."""
    own = {name for _, name in socket.if_nameindex()}
    return "" if own <= {"lo", "eth0"} else f"sees {own}"


def look_for_descriptors() -> str:
    left = []
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2:
            try:
                target = os.readlink(f"/proc/self/fd/{name}")
            except OSError:
                continue
            if not target.startswith("/proc/"):
                left.append(target)
    return ", ".join(left)


def link_out(path: str) -> str:
    try:
        os.link(path, "/tmp/linked")
    except OSError:
        return ""
    return "linked"


def look_at_mounts(marker: str) -> str:
    with open("/proc/self/mountinfo") as file:
        points = [line.split()[4] for line in file]
    return ", ".join(filter(None, (reach(point, marker) for point in points)))


def main(facts: dict[str, Any]) -> None:
    marker, pid = facts["marker"], facts["pid"]
    found = {"descriptors": look_for_descriptors(), "mounts": look_at_mounts(marker)}
    found["marker"] = reach("/", marker)
    for name in filter(str.isdecimal, os.listdir("/proc")):
        for what in ("root", "cwd"):
            found[f"/proc/{name}/{what}"] = reach(f"/proc/{name}/{what}", marker)
    os.makedirs("/tmp/mounted", exist_ok=True)
    found["chroot"] = chroot_out(marker)
    found |= {f"write {path}": write(path) for path in WRITES}
    found |= {f"read {path}": read_nothing(path) for path in EMPTY}
    for folder in ("/tmp", "/dev", "/dev/shm", "/volume"):
        for name, (kind, major, minor) in DEVICES.items():
            found[f"{name} in {folder}"] = use_device(kind, major, minor, folder)
        for major, minor in facts["disks"]:
            found[f"disk in {folder}"] = use_device("b", major, minor, folder)
    for name in ("mnt", "pid", "net", "ipc", "uts", "user", "cgroup"):
        found[f"setns {name}"] = join(name)
    found["kill"], found["ptrace"] = signal_outside(pid), trace_outside(pid)
    found["abstract socket"] = connect(socket.AF_UNIX, "\0" + facts["abstract"])
    found["host's lo"] = connect(socket.AF_INET, ("127.0.0.1", facts["port"]))
    found["vsock"] = make_socket(40)
    found["links"] = sniff()
    for path in ("/etc/hosts", "/etc/hostname", "/etc/resolv.conf"):
        found[f"hard link of {path}"] = link_out(path)
    # A thread is what clone makes most often: the filter must not stand in its way.
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()
    # Last: where they are let, they change who we are.
    found |= {f"call {name}": call(*arguments) for name, arguments in CALLS.items()}
    print(json.dumps(found))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
