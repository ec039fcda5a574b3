"""The tar side of ``docker cp``: pack, unpack and stat a path of a container's file system.

These functions run in a process whose root directory is the container's own, so a plain path
cannot lead out of it, whatever links the container has made. They import nothing but the standard
library and the engine's errors: that process is a fork of the small keeper.

Follows moby 20.10 ``daemon/archive.go`` and ``pkg/archive``: the same entry names, the same words.
OSError reaches the caller where dockerd answers 500 with the system's text.
"""

from __future__ import annotations

import io
import os
import posixpath
import shutil
import stat as st
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, cast

from pausedemo.embedded.errors import NotFound, ServerError
from pausedemo.embedded.times import render_time


class Readable(Protocol):
    """Anything a tar can be read from: a file, a pipe, a socket."""

    def read(self, size: int = -1, /) -> bytes: ...


class Writable(Protocol):
    """Anything a tar can be written to."""

    def write(self, data: bytes, /) -> object: ...


# Go's io/fs.FileMode, which the header of HEAD and GET .../archive carries.
GO_MODES: Final = {
    st.S_IFDIR: 1 << 31,
    st.S_IFLNK: 1 << 27,
    st.S_IFBLK: 1 << 26,
    st.S_IFIFO: 1 << 25,
    st.S_IFSOCK: 1 << 24,
    st.S_IFCHR: 1 << 26 | 1 << 21,
    st.S_IFREG: 0,
}
GO_SETUID: Final = 1 << 23
GO_SETGID: Final = 1 << 22
GO_STICKY: Final = 1 << 20
CAPABILITY: Final = "security.capability"  # the one extended attribute that dockerd carries along
PAX_CAPABILITY: Final = f"SCHILY.xattr.{CAPABILITY}"


def go_mode(mode: int) -> int:
    """Go's FileMode for a ``st_mode``."""
    special = (
        (GO_SETUID if mode & st.S_ISUID else 0)
        | (GO_SETGID if mode & st.S_ISGID else 0)
        | (GO_STICKY if mode & st.S_ISVTX else 0)
    )
    return GO_MODES.get(st.S_IFMT(mode), 0) | special | mode & 0o777


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a requested path is: ``real`` on disk, ``name`` as the client calls it."""

    real: str
    name: str


def _locate(path: str, container: str) -> _Place:
    """Follow links in the directory part only, as ``docker cp`` does; NotFound in dockerd's words.

    A trailing ``/`` or ``/.`` means what a link leads to (moby ``container.ResolvePath``).
    """
    if "\0" in path:
        raise not_found(path, container)
    clean = posixpath.normpath("/" + path.lstrip("/"))
    follow = path.endswith(("/", "/.")) or path in {"", "."}
    # Two names that dockerd gives: "." for "dir/.", and "/" for the root.
    name = "." if path.endswith("/.") else posixpath.basename(clean) or "/"
    directory, base = posixpath.split(clean)
    real = os.path.realpath(clean if follow else directory)
    if not follow:
        real = posixpath.join(real, base)
    try:
        found = os.lstat(real)
    except (FileNotFoundError, NotADirectoryError):
        raise not_found(path, container) from None
    if follow and not st.S_ISDIR(found.st_mode) and clean != "/":
        raise ServerError(f"lstat {path}: not a directory")
    return _Place(real, name)


def not_found(path: str, container: str) -> NotFound:
    """The answer for a path that is not there; ``container`` as the client called it."""
    return NotFound(f"Could not find the file {path} in container {container}")


def stat(path: str, container: str) -> dict[str, Any]:
    """The object that the header ``X-Docker-Container-Path-Stat`` carries in base64 JSON.

    Raises NotFound. ``linkTarget``: where a link leads in the end, be there anything or not.
    """
    place = _locate(path, container)
    found = os.lstat(place.real)
    is_link = st.S_ISLNK(found.st_mode)
    return {
        "name": place.name,
        "size": found.st_size,
        "mode": go_mode(found.st_mode),
        "mtime": render_time(found.st_mtime_ns),
        "linkTarget": os.path.realpath(place.real) if is_link else "",
    }


def pack(path: str, container: str, out: Writable) -> None:
    """Write a tar of ``path``: of a directory with all below it, of a link only the link.

    The first entry bears the path's base name, or ``./`` for ``path/.``; sockets are left out.
    Raises NotFound before the first byte.
    """
    place = _locate(path, container)
    with tarfile.open(fileobj=_Sink(out), mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for real, name in _walk(place.real, place.name):
            _pack_one(tar, real, name)
            _forget(tar)


def pack_root(out: Writable) -> None:
    """Write a tar of the whole file system, without what is mounted in it (``docker export``)."""
    device = os.lstat("/").st_dev
    with tarfile.open(fileobj=_Sink(out), mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for folder, folders, files in os.walk("/"):
            kept = []
            for name in sorted(folders):
                path = posixpath.join(folder, name)
                found = os.lstat(path)
                if found.st_dev == device:
                    _pack_one(tar, path, path[1:])
                    if not st.S_ISLNK(found.st_mode):
                        kept.append(name)
                else:
                    empty = tarfile.TarInfo(path[1:])
                    empty.type, empty.mode = tarfile.DIRTYPE, 0o755
                    tar.addfile(empty)
            folders[:] = kept
            for name in sorted(files):
                path = posixpath.join(folder, name)
                if os.lstat(path).st_dev == device:
                    _pack_one(tar, path, path[1:])


class _Sink(io.RawIOBase):
    """A writer that tarfile takes: some that we get can only write, and write all at once."""

    def __init__(self, out: Writable) -> None:
        self._out = out

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._out.write(data)
        return len(data)


def _walk(real: str, name: str) -> Iterator[tuple[str, str]]:
    yield real, name
    if not st.S_ISDIR(os.lstat(real).st_mode):
        return
    pending = [(real, "/" if name == "/" else name + "/")]
    while pending:
        directory, prefix = pending.pop()
        below = []
        with os.scandir(directory) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                yield entry.path, prefix + entry.name
                if entry.is_dir(follow_symlinks=False):
                    below.append((entry.path, f"{prefix}{entry.name}/"))
        pending += reversed(below)


def _pack_one(tar: tarfile.TarFile, real: str, name: str) -> None:
    try:
        info = tar.gettarinfo(real, arcname=name)
    except FileNotFoundError:
        return  # gone since its directory was read
    if info is None:
        return  # a socket: a tar has no such thing
    info.name = name  # tarfile strips the leading slash that the root's entries have
    info.uname = info.gname = ""  # names are the host's, ids the container's
    info.mtime = int(info.mtime)
    with suppress(OSError):
        capability = os.getxattr(real, CAPABILITY, follow_symlinks=False)
        info.pax_headers = {PAX_CAPABILITY: capability.decode("utf-8", "surrogateescape")}
    if not info.isreg():
        tar.addfile(info)
        return
    # The container runs on: the file may have become a fifo or a link since.
    fd = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(fd, "rb") as file:
        found = os.fstat(fd)
        if not st.S_ISREG(found.st_mode):
            return
        info.size = found.st_size
        tar.addfile(info, file)


def unpack(
    path: str,
    container: str,
    source: Readable,
    *,
    no_overwrite_dir_non_dir: bool = False,
    owner: tuple[int, int] | None = None,
    keep_owners: bool = True,
    readonly_root: bool = False,
    mounts: Mapping[str, bool] | None = None,
) -> None:
    """Unpack a tar (plain, gzip, bzip2 or xz) into the directory ``path``.

    ``owner``: uid and gid for all instead of the tar's (``copyUIDGID``). ``keep_owners`` false: the
    user namespace has one uid only, so none is set. ``mounts``: whether each may be written to, by
    its path; what is in none of them belongs to the root.
    Raises NotFound, or ServerError when ``path`` is no directory, an entry leads out of it, or
    ``no_overwrite_dir_non_dir`` forbids an entry.
    """
    try:
        top = os.path.realpath(posixpath.join("/", path))
        is_directory = st.S_ISDIR(os.lstat(top).st_mode)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise not_found(path, container) from None
    if not is_directory:
        raise ServerError("extraction point is not a directory")
    _check_writable(top, readonly_root, mounts or {})
    times: list[tuple[str, float]] = []
    try:
        with tarfile.open(fileobj=cast("Any", source), mode="r|*") as tar:
            while member := tar.next():
                _forget(tar)
                target = _target(top, member.name)
                _make_room(target, member, no_overwrite_dir_non_dir)
                if target == top:
                    continue  # the directory itself stays as it is
                _unpack_one(tar, member, target, top)
                if keep_owners:
                    uid, gid = owner or (member.uid, member.gid)
                    os.chown(target, uid, gid, follow_symlinks=False)
                _set_attributes(member, target)
                if member.isdir():
                    times.append((target, member.mtime))
    except tarfile.ReadError as error:
        if "empty" not in str(error):  # no bytes at all are an empty tar, to dockerd too
            raise ServerError(f"Error processing tar file: {error}") from error
    except (tarfile.TarError, ValueError, OverflowError) as error:
        # The latter two: names with NUL in them, times and ids that no file can have.
        raise ServerError(f"Error processing tar file: {error}") from error
    for directory, when in reversed(times):
        with suppress(FileNotFoundError, NotADirectoryError):
            os.utime(directory, (when, when), follow_symlinks=False)


def _check_writable(top: str, readonly_root: bool, mounts: Mapping[str, bool]) -> None:
    """Refuse in dockerd's words what ``docker run`` was told to protect; moby archive_unix.go."""
    above = [path for path in mounts if top == path or top.startswith(path + "/")]
    if above and not mounts[max(above, key=len)]:
        raise ServerError("mounted volume is marked read-only")
    if not above and readonly_root:
        raise ServerError("container rootfs is marked read-only")


def _forget(tar: Any) -> None:
    """Else tarfile remembers every entry, and a million of them are a gigabyte."""
    tar.members.clear()


def _target(top: str, name: str) -> str:
    clean = posixpath.normpath(posixpath.join("/", top, name.lstrip("/")))
    if clean != top and not clean.startswith(top.rstrip("/") + "/"):
        raise ServerError(f'"{name}" is outside of "{top}"')
    return clean


def _make_room(target: str, member: tarfile.TarInfo, no_overwrite_dir_non_dir: bool) -> None:
    try:
        is_directory = st.S_ISDIR(os.lstat(target).st_mode)
    except FileNotFoundError:
        Path(target).parent.mkdir(mode=0o777, parents=True, exist_ok=True)
        return
    if is_directory and member.isdir():
        return
    if no_overwrite_dir_non_dir and is_directory:
        raise ServerError(f'cannot overwrite directory "{target}" with non-directory "{target}"')
    if no_overwrite_dir_non_dir and member.isdir():
        raise ServerError(f'cannot overwrite non-directory "{target}" with directory "{target}"')
    if is_directory:
        shutil.rmtree(target)
    elif not member.issym():
        Path(target).unlink()


def _unpack_one(tar: tarfile.TarFile, member: tarfile.TarInfo, target: str, top: str) -> None:
    if member.isdir():
        Path(target).mkdir(mode=0o700, exist_ok=True)
    elif member.isreg():
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        content = tar.extractfile(member)
        with os.fdopen(os.open(target, flags, 0o600), "wb") as file:
            if content is not None:
                shutil.copyfileobj(content, file, 1 << 20)
    elif member.issym():
        _place_link(target, member.linkname)
    elif member.islnk():
        os.link(_target(top, member.linkname), target, follow_symlinks=False)
    elif member.isfifo():
        os.mkfifo(target, 0o600)
    elif member.ischr() or member.isblk():
        kind = st.S_IFCHR if member.ischr() else st.S_IFBLK
        os.mknod(target, kind | 0o600, os.makedev(member.devmajor, member.devminor))
    else:
        raise ServerError(f"unhandled tar header type {ord(member.type)}")


def _place_link(target: str, leads_to: str) -> None:
    """A symlink in place of what is there, so that whoever looks always finds one of the two."""
    fresh = Path(target).with_name(f".{os.urandom(16).hex()}")
    fresh.symlink_to(leads_to)
    try:
        fresh.replace(target)
    except OSError:  # something is mounted there
        fresh.unlink()
        raise


def _set_attributes(member: tarfile.TarInfo, target: str) -> None:
    if capability := member.pax_headers.get(PAX_CAPABILITY):
        with suppress(PermissionError, OSError):
            value = capability.encode("utf-8", "surrogateescape")
            os.setxattr(target, CAPABILITY, value, follow_symlinks=False)
    if member.islnk():
        return  # its mode is the other name's
    if not member.issym():
        Path(target).chmod(member.mode & 0o7777)
    os.utime(target, (member.mtime, member.mtime), follow_symlinks=False)
