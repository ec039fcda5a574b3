"""Makes a container's root file system, in the container's own mount namespace.

Sources are taken while the node's files are still in sight, as detached trees; targets are only
looked at after pivot_root, so a link inside an image leads nowhere but into that image. The old
root stays underneath until all is mounted: without it in sight the kernel refuses proc in a user
namespace (fs/namespace.c, mount_too_revealing).
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Final

from pausedemo.embedded.keeper.launch import Bind, Root, StartFailed
from pausedemo.embedded.keeper.propagation import check_propagations
from pausedemo.embedded.kernel import syscalls
from pausedemo.embedded.kernel.syscalls import MountFlag, Namespace

PAGE_BYTES: Final = 4096
_MASK: Final = "/dev/null"
_SYSCTLS: Final = "/proc/sys"


def enter_root(
    root: Root, take_proc: Callable[[], int] | None = None, outside: int | None = None
) -> None:
    """Mount everything and make it the caller's root. The caller ends when it fails.

    It can be written until ``protect_root``.

    ``take_proc`` gives a detached tree instead of a new proc, which would show the namespace of
    its mounter. It may leave this mount namespace for a moment. ``outside``: a descriptor of the
    mount namespace that binds with a propagation are taken from.

    Raises OSError and StartFailed.
    """
    trees = _take_outside(root, outside)
    syscalls.mount(None, "/", None, MountFlag.RECURSIVE | MountFlag.PRIVATE)
    _mount_base(root)
    # After the root, which so comes first in the lists of mounts.
    proc = take_proc() if take_proc is not None else None
    for place, one in enumerate(root.mounts):
        if isinstance(one, Bind) and not one.propagation:
            trees[place] = _take_tree(one)
    old = os.open("/", os.O_DIRECTORY | os.O_RDONLY | os.O_CLOEXEC)
    os.chdir(root.target)
    syscalls.pivot_root(".", ".")
    for place, one in enumerate(root.mounts):
        if isinstance(one, Bind):
            tree = trees[place]
            _make_target(one.target, is_folder=stat.S_ISDIR(os.fstat(tree).st_mode))
            syscalls.move_mount(tree, one.target)
            os.close(tree)
        elif one.kind == "proc" and proc is not None:
            _make_target(one.target, is_folder=True)
            syscalls.move_mount(proc, one.target)
            os.close(proc)
            proc = None
        else:
            _make_target(one.target, is_folder=True)
            syscalls.mount(one.kind, one.target, one.kind, one.flags, one.data)
    for path, text in root.links:
        with suppress(FileExistsError):
            os.symlink(text, path)
    if root.sysctls:
        _set_sysctls(root.sysctls)
    for path in root.readonly_paths:
        _protect(path)
    for path in root.masked:
        _mask(path)
    os.fchdir(old)
    syscalls.unmount(".")
    os.close(old)
    os.chdir("/")


def protect_root(root: Root) -> None:
    """Make the root that was entered read-only, where that is wanted."""
    if root.readonly:
        flags = MountFlag.BIND | MountFlag.REMOUNT | MountFlag.READ_ONLY
        syscalls.mount(None, "/", None, flags | (MountFlag.NO_DEV if root.nodev else 0))


def _mount_base(root: Root) -> None:
    flags = MountFlag.NO_DEV if root.nodev else MountFlag(0)
    if root.tree:
        syscalls.mount(root.target, root.target, None, MountFlag.BIND | MountFlag.RECURSIVE)
        if flags:
            remount = MountFlag.BIND | MountFlag.REMOUNT | flags
            syscalls.mount(None, root.target, None, remount)
        return
    data = f"lowerdir={':'.join(root.lower)},upperdir={root.upper},workdir={root.work}"
    data += root.options
    if len(data) >= PAGE_BYTES:
        raise OSError(errno.E2BIG, f"an image of {len(root.lower)} layers: too many for one mount")
    syscalls.mount("overlay", root.target, "overlay", flags, data)


def _take_outside(root: Root, outside: int | None) -> dict[int, int]:
    """The trees of binds with a propagation, by place, while the mounts are still connected."""
    wanted = {
        place: one
        for place, one in enumerate(root.mounts)
        if isinstance(one, Bind) and one.propagation
    }
    if not wanted:
        return {}
    with nullcontext() if outside is None else visit(outside):
        check_propagations(list(wanted.values()), is_outside=outside is not None)
        return {place: _take_tree(bind) for place, bind in wanted.items()}


@contextmanager
def visit(namespace: int) -> Iterator[None]:
    """Be in another mount namespace for a while: a descriptor of it, or of a process in it."""
    home = os.open("/proc/self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
    try:
        syscalls.setns(namespace, Namespace.MOUNT)
        try:
            yield
        finally:
            syscalls.setns(home, Namespace.MOUNT)
    finally:
        os.close(home)


def _take_tree(bind: Bind) -> int:
    if bind.beneath:
        tree = _take_part(bind)
    else:
        tree = syscalls.open_tree(bind.source, recursive=bind.recursive)
    # A copy of a shared mount is one of its group already.
    propagation = bind.propagation & ~MountFlag.SHARED
    if bind.attributes or propagation:
        syscalls.set_tree_attributes(
            tree, bind.attributes, recursive=bind.recursive, propagation=propagation
        )
    return tree


def _take_part(bind: Bind) -> int:
    folder = os.open(bind.source, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    part = -1
    try:
        part = syscalls.open_beneath(folder, bind.beneath)
        return syscalls.open_tree("", recursive=bind.recursive, folder=part)
    except OSError as error:
        if error.errno == errno.EXDEV:
            message = f"subpath {bind.beneath!r} escapes the volume"
            raise OSError(errno.EXDEV, message) from error
        raise
    finally:
        for descriptor in (folder, part):
            if descriptor >= 0:
                os.close(descriptor)


def _make_target(path: str, *, is_folder: bool) -> None:
    if os.path.exists(path):
        return
    if is_folder:
        os.makedirs(path, mode=0o755, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o755))


def _set_sysctls(values: dict[str, str]) -> None:
    """Write them below /proc/sys only, and into nothing that is mounted there.

    Raises StartFailed in the words of runc.
    """
    folder = os.open(_SYSCTLS, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        for name, value in values.items():
            path = os.path.normpath("/" + name.replace(".", "/")).lstrip("/") or "."
            step = "open"
            try:
                file = syscalls.open_beneath(folder, path, os.O_WRONLY, syscalls.RESOLVE_NO_XDEV)
                step = "write"
                try:
                    os.write(file, value.encode())
                finally:
                    os.close(file)
            except OSError as error:
                words = os.strerror(error.errno or 0).lower()
                text = f"{step} {os.path.normpath(f'{_SYSCTLS}/{path}')}: {words}"
                raise StartFailed("sysctl", error.errno or 0, text) from None
    finally:
        os.close(folder)


def _protect(path: str) -> None:
    """Make a path read-only where it is there, keeping the flags that may not be taken off."""
    try:
        syscalls.mount(path, path, None, MountFlag.BIND | MountFlag.RECURSIVE)
    except FileNotFoundError:
        return
    kept = os.statvfs(path).f_flag & (MountFlag.NO_SUID | MountFlag.NO_DEV | MountFlag.NO_EXEC)
    flags = MountFlag.BIND | MountFlag.REMOUNT | MountFlag.READ_ONLY | kept
    syscalls.mount(None, path, None, flags)


def _mask(path: str) -> None:
    try:
        is_folder = stat.S_ISDIR(os.stat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    if is_folder:
        syscalls.mount("tmpfs", path, "tmpfs", MountFlag.READ_ONLY, "size=0,nr_inodes=1")
    else:
        syscalls.mount(_MASK, path, None, MountFlag.BIND)
