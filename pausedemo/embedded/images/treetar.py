"""A directory becomes a layer's tar: an overlay's upper directory as OCI writes it."""

from __future__ import annotations

import os
import stat
import tarfile
from pathlib import Path
from typing import BinaryIO, Final

from pausedemo.embedded.images.layers import OPAQUE, WHITEOUT, Ways

_XATTR: Final = "SCHILY.xattr."
_OPAQUE_XATTRS: Final = ("trusted.overlay.opaque", "user.overlay.opaque")


def write_tree(directory: Path, target: BinaryIO, ways: Ways, *, whiteouts: bool = True) -> None:
    """Write the tar of all in ``directory`` to ``target``, sorted by name, times in whole seconds.

    With ``whiteouts`` overlayfs's marks become ``.wh.`` files. Sockets and device nodes are left
    out: nobody listens on the one, and no layer may have the other. The tree may belong to a
    running container: every file is opened relative to its directory and through no symlink.

    Raises OSError, also when a file gets shorter meanwhile.
    """
    with tarfile.TarFile(
        fileobj=target, mode="w", format=tarfile.PAX_FORMAT, encoding="utf-8"
    ) as tar:
        _TreeTar(tar, ways, whiteouts).write(directory)


class _TreeTar:
    def __init__(self, tar: tarfile.TarFile, ways: Ways, whiteouts: bool) -> None:
        self._tar = tar
        self._ways = ways
        self._whiteouts = whiteouts
        self._links: dict[tuple[int, int], str] = {}

    def write(self, directory: Path) -> None:
        for root, directories, files, here in os.fwalk(directory):
            directories.sort()
            inside = os.path.relpath(root, directory)
            prefix = "" if inside == "." else f"{inside}/"
            if prefix:
                self._add_directory(inside, here)
            links = [name for name in directories if _is_link(here, name)]
            for name in sorted([*files, *links]):
                self._add(f"{prefix}{name}", name, here)

    def _add_directory(self, path: str, here: int) -> None:
        entry = self._describe(path, os.fstat(here))
        entry.type = tarfile.DIRTYPE
        entry.pax_headers = _read_xattrs(here)
        self._tar.addfile(entry)
        if self._whiteouts and any(name in os.listxattr(here) for name in _OPAQUE_XATTRS):
            self._tar.addfile(self._describe(f"{path}/{OPAQUE}", os.fstat(here), mode=0o644))

    def _add(self, path: str, name: str, here: int) -> None:
        found = os.lstat(name, dir_fd=here)
        entry = self._describe(path, found)
        if stat.S_ISREG(found.st_mode):
            self._add_file(entry, name, here)
        elif stat.S_ISLNK(found.st_mode):
            entry.type, entry.linkname = tarfile.SYMTYPE, os.readlink(name, dir_fd=here)
            self._tar.addfile(entry)
        elif stat.S_ISFIFO(found.st_mode):
            entry.type = tarfile.FIFOTYPE
            self._tar.addfile(entry)
        elif stat.S_ISCHR(found.st_mode) and found.st_rdev == 0 and self._whiteouts:
            folder, _, last = path.rpartition("/")
            hidden = f"{folder}/{WHITEOUT}{last}" if folder else WHITEOUT + last
            self._tar.addfile(self._describe(hidden, found, mode=0o644))

    def _add_file(self, entry: tarfile.TarInfo, name: str, here: int) -> None:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with os.fdopen(os.open(name, flags, dir_fd=here), "rb") as data:
            found = os.fstat(data.fileno())
            if not stat.S_ISREG(found.st_mode):
                return
            inode = (found.st_dev, found.st_ino)
            if found.st_nlink > 1 and inode in self._links:
                entry.type, entry.linkname = tarfile.LNKTYPE, self._links[inode]
                self._tar.addfile(entry)
                return
            self._links[inode] = entry.name
            entry.size = found.st_size
            entry.pax_headers = _read_xattrs(data.fileno())
            self._tar.addfile(entry, data)

    @staticmethod
    def _describe(path: str, found: os.stat_result, mode: int | None = None) -> tarfile.TarInfo:
        entry = tarfile.TarInfo(path)
        entry.mode = stat.S_IMODE(found.st_mode) if mode is None else mode
        entry.uid, entry.gid = found.st_uid, found.st_gid
        entry.mtime = int(found.st_mtime)
        return entry


def _is_link(here: int, name: str) -> bool:
    return stat.S_ISLNK(os.lstat(name, dir_fd=here).st_mode)


def _read_xattrs(opened: int) -> dict[str, str]:
    found = {}
    for name in sorted(os.listxattr(opened)):
        kept = name == "security.capability" or name.startswith("user.")
        if kept and not name.startswith("user.overlay."):
            value = os.getxattr(opened, name)
            found[_XATTR + name] = value.decode("utf-8", "surrogateescape")
    return found
