"""The files of an image: put together from several places, written as one reproducible tar.

The same files always give the same bytes: names are sorted, times are fixed, hard links become
files, and nothing but folders, files and symbolic links is let in. Every rootfs has Debian's
merged ``/usr``, so that ``/bin/sh`` and ``/usr/bin/sh`` are one file whatever the release does.
"""

from __future__ import annotations

import hashlib
import io
import posixpath
import stat
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from pausedemo.errors import PausedemoError

FIXED_TIME: Final = 1577836800  # 2020-01-01T00:00:00Z, in seconds
FIXED_TIME_TEXT: Final = "2020-01-01T00:00:00Z"
_MERGED: Final = ("bin", "lib", "lib64", "sbin")
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class _Entry:
    kind: bytes
    mode: int
    uid: int
    gid: int
    content: bytes | Path = b""
    target: str = ""


class Rootfs:
    """Folders, files and symbolic links below ``/``. Paths may begin with ``/`` or not.

    A path that leaves the root, or goes through something that is not a folder, is refused with
    PausedemoError. Adding a path again replaces it; folders on the way appear by themselves.
    ``empty`` begins without the merged /usr and /tmp.
    """

    def __init__(self, *, empty: bool = False) -> None:
        self._entries: dict[str, _Entry] = {}
        if empty:
            return
        for name in _MERGED:
            self.add_folder(f"usr/{name}")
            self._entries[name] = _Entry(tarfile.SYMTYPE, 0o777, 0, 0, target=f"usr/{name}")
        self.add_folder("tmp", mode=0o1777)

    def add_folder(self, path: str, *, mode: int = 0o755, uid: int = 0, gid: int = 0) -> None:
        self._add(path, _Entry(tarfile.DIRTYPE, mode, uid, gid))

    def add_file(
        self, path: str, content: bytes | Path, *, mode: int = 0o644, uid: int = 0, gid: int = 0
    ) -> None:
        """Add a file. A Path's content is read when the rootfs is written."""
        self._add(path, _Entry(tarfile.REGTYPE, mode, uid, gid, content=content))

    def add_symlink(self, path: str, target: str, *, uid: int = 0, gid: int = 0) -> None:
        self._add(path, _Entry(tarfile.SYMTYPE, 0o777, uid, gid, target=target))

    def add_copy(self, source: Path, path: str, *, owner: tuple[int, int] | None = None) -> None:
        """Add one thing as it is on disk: mode and owner too, unless ``owner`` is (uid, gid)."""
        facts = source.lstat()
        uid, gid = owner or (facts.st_uid, facts.st_gid)
        mode = stat.S_IMODE(facts.st_mode)
        if stat.S_ISLNK(facts.st_mode):
            self.add_symlink(path, str(source.readlink()), uid=uid, gid=gid)
        elif stat.S_ISDIR(facts.st_mode):
            self.add_folder(path, mode=mode, uid=uid, gid=gid)
        elif stat.S_ISREG(facts.st_mode):
            self.add_file(path, source, mode=mode, uid=uid, gid=gid)
        else:
            raise PausedemoError(f"cannot put {source} into an image: not a file, folder or link")

    def add_tree(
        self,
        source: Path,
        path: str,
        *,
        owner: tuple[int, int] | None = None,
        keep: Callable[[Path], bool] = lambda _: True,
    ) -> None:
        """Add a folder and all below it. What ``keep`` declines is left out with all below it."""
        self.add_copy(source, path, owner=owner)
        for child in source.iterdir():
            if not keep(child):
                continue
            if child.is_dir() and not child.is_symlink():
                self.add_tree(child, f"{path}/{child.name}", owner=owner, keep=keep)
            else:
                self.add_copy(child, f"{path}/{child.name}", owner=owner)

    def __contains__(self, path: str) -> bool:
        return _canonical(path) in self._entries

    def write(self, output: BinaryIO) -> str:
        """Write the tar; the sha256 of what was written, in hex."""
        hashing = _HashingWriter(output)
        with tarfile.open(fileobj=hashing, mode="w|", format=tarfile.PAX_FORMAT) as archive:
            for name in sorted(self._entries):
                _write_entry(archive, name, self._entries[name])
        return hashing.digest.hexdigest()

    def _add(self, path: str, entry: _Entry) -> None:
        name = _canonical(path)
        parent = posixpath.dirname(name)
        if parent:
            known = self._entries.get(parent)
            if known is None:
                self.add_folder(parent)
            elif known.kind != tarfile.DIRTYPE:
                raise PausedemoError(f"cannot put {path} into an image: /{parent} is no folder")
        before = self._entries.get(name)
        if before and before.kind == tarfile.DIRTYPE != entry.kind:
            raise PausedemoError(f"cannot put {path} into an image: it is a folder already")
        self._entries[name] = entry


class _HashingWriter(io.RawIOBase):
    def __init__(self, output: BinaryIO) -> None:
        self._output = output
        self.digest = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.digest.update(data)
        return self._output.write(data)


def _canonical(path: str) -> str:
    """The path without a leading slash and dots, below usr where /usr is merged."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if not parts or ".." in parts or "\0" in path:
        raise PausedemoError(f"cannot put {path!r} into an image: not a path below its root")
    if parts[0] in _MERGED:
        parts.insert(0, "usr")
    return "/".join(parts)


def _write_entry(archive: tarfile.TarFile, name: str, entry: _Entry) -> None:
    member = tarfile.TarInfo(name)
    member.type = entry.kind
    member.mode = entry.mode
    member.uid = entry.uid
    member.gid = entry.gid
    member.mtime = FIXED_TIME
    member.linkname = entry.target
    if entry.kind != tarfile.REGTYPE:
        archive.addfile(member)
    elif isinstance(entry.content, bytes):
        member.size = len(entry.content)
        archive.addfile(member, io.BytesIO(entry.content))
    else:
        with entry.content.open("rb") as content:
            member.size = content.seek(0, io.SEEK_END)
            content.seek(0)
            archive.addfile(member, content)
