"""A layer's tar becomes a directory that overlayfs can mount as a lower one.

What a whiteout is: OCI image-spec layer.md on the tar's side, Documentation/filesystems/overlayfs
on the directory's: a 0/0 character device hides a name, an attribute on a directory hides what
lower layers have in it. Archives are hostile until read to the end, see BadArchive.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from pausedemo.embedded.images.attributes import set_time, set_xattrs
from pausedemo.embedded.images.limits import BadArchive, Limits
from pausedemo.embedded.images.unpacking import Source, TarReader, Unpacked
from pausedemo.embedded.images.walking import Tree, remove_child, split_name

WHITEOUT: Final = ".wh."
OPAQUE: Final = ".wh..wh..opq"
_AUFS_DATA: Final = ".wh..wh."  # what aufs kept for itself; old images have it


@dataclass(frozen=True, slots=True)
class Ways:
    """How this engine may write files.

    ``rootless``: overlayfs is mounted with ``userxattr``, so its marks are ``user.`` attributes.
    ``single_id``: no user but the engine's own is mapped, so all files belong to it.
    """

    rootless: bool = False
    single_id: bool = False

    @property
    def opaque_xattr(self) -> str:
        return "user.overlay.opaque" if self.rootless else "trusted.overlay.opaque"


@dataclass(frozen=True, slots=True)
class Unrolled:
    """A layer that was written: its diff id, its files' sizes summed, its tar's bytes."""

    diff_id: str
    size: int
    tar_size: int


def unroll_layer(
    source: Source,
    directory: Path,
    ways: Ways,
    limits: Limits,
    *,
    copy: BinaryIO | None = None,
    whiteouts: bool = True,
) -> Unrolled:
    """Write the tar ``source``, compressed or not, into the empty ``directory``.

    ``copy`` gets the plain tar. Without ``whiteouts`` names like ``.wh.x`` are plain names (a
    file system's tar, not a layer's). Raises BadArchive with the directory half filled: the caller
    throws it away; OSError of the disk.
    """
    unpacked = Unpacked(source, limits)
    reader = TarReader(unpacked, limits, copy)
    with Tree(directory) as tree:
        writer = _Writer(tree, reader, ways, limits, whiteouts)
        for entry in reader:
            writer.write(entry)
        writer.finish()
    return Unrolled(unpacked.digest, writer.size, unpacked.size)


class _Writer:
    """Writes entries; directories get their modes and times last, when nothing is put in them."""

    def __init__(
        self, tree: Tree, reader: TarReader, ways: Ways, limits: Limits, whiteouts: bool
    ) -> None:
        self._tree = tree
        self._reader = reader
        self._ways = ways
        self._limits = limits
        self._whiteouts = whiteouts
        self._directories: dict[tuple[str, ...], tarfile.TarInfo] = {}
        self._count = 0
        self.size = 0

    def write(self, entry: tarfile.TarInfo) -> None:
        parts = split_name(entry.name)
        self._charge(entry)
        if not parts:
            if not entry.isdir():
                raise BadArchive("archive has an entry that is its own root")
            self._directories[parts] = entry
            return
        if self._whiteouts and any(part.startswith(WHITEOUT) for part in parts):
            self._write_whiteout(parts)
            return
        parent, name = self._tree.open_parent(parts[:-1]), parts[-1]
        if entry.isdir():
            self._make_directory(parent, name, parts, entry)
        else:
            self._make_file(parent, name, parts, entry)

    def _charge(self, entry: tarfile.TarInfo) -> None:
        self._count += 1
        if self._count + self._tree.made > self._limits.max_entries:
            raise BadArchive(f"archive has more than {self._limits.max_entries} files")
        if entry.isreg():
            if entry.size < 0:
                raise BadArchive(f"archive has a file of negative size: {entry.name}")
            self.size += entry.size
        if self.size > self._limits.max_bytes:
            raise BadArchive(f"archive has files of more than {self._limits.max_bytes} bytes")

    def _make_directory(
        self, parent: int, name: str, parts: tuple[str, ...], entry: tarfile.TarInfo
    ) -> None:
        found = _find(parent, name)
        if found is not None and not stat.S_ISDIR(found.st_mode):
            parent = self._replace(parts)
        if found is None or not stat.S_ISDIR(found.st_mode):
            os.mkdir(name, 0o700, dir_fd=parent)
        if found is not None and _is_whiteout(found):
            # Gone below and made anew here: what is below must not show.
            self._set_opaque(parent, name)
        self._directories[parts] = entry

    def _make_file(
        self, parent: int, name: str, parts: tuple[str, ...], entry: tarfile.TarInfo
    ) -> None:
        if _find(parent, name) is not None and not entry.islnk():
            # Docker, too, lets a later file take an earlier one's or a directory's place.
            parent = self._replace(parts)
        if entry.isreg():
            self._write_data(parent, name, entry)
            return
        if entry.islnk():
            self._link(name, parts, entry)
            return
        if entry.issym():
            _check_text(entry.linkname, "a symlink to an impossible name")
            os.symlink(entry.linkname, name, dir_fd=parent)
        elif entry.isfifo():
            os.mkfifo(name, 0o600, dir_fd=parent)
        elif entry.ischr() and entry.devmajor == 0 and entry.devminor == 0:
            _make_whiteout(parent, name)
            return
        elif entry.isdev():
            raise BadArchive(f"archive has a device node: {entry.name}")
        else:
            raise BadArchive(f"archive has an entry of unknown type {entry.type!r}: {entry.name}")
        self._set_owner(name, parent, entry)
        if not entry.issym():
            os.chmod(name, stat.S_IMODE(entry.mode), dir_fd=parent)
        set_time(name, parent, entry)

    def _write_data(self, parent: int, name: str, entry: tarfile.TarInfo) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        opened = os.open(name, flags, 0o600, dir_fd=parent)
        try:
            for offset, data in self._reader.read_data(entry):
                done = 0
                while done < len(data):
                    done += os.pwrite(opened, data[done:], offset + done)
            if entry.issparse():
                os.truncate(opened, entry.size)
            # In this order: chown takes setuid bits and capabilities away.
            self._set_owner(opened, None, entry)
            os.fchmod(opened, stat.S_IMODE(entry.mode))
            set_xattrs(opened, entry)
            set_time(opened, None, entry)
        finally:
            os.close(opened)

    def _link(self, name: str, parts: tuple[str, ...], entry: tarfile.TarInfo) -> None:
        target = split_name(entry.linkname)
        if not target:
            raise BadArchive(f"archive has a hard link to its root: {entry.name}")
        if target == parts:
            return
        source = os.dup(self._tree.open_parent(target[:-1], make=False))
        try:
            found = os.lstat(target[-1], dir_fd=source)
            if stat.S_ISDIR(found.st_mode):
                raise BadArchive(f"archive has a hard link to a directory: {entry.name}")
            parent = self._tree.open_parent(parts[:-1])
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(found, os.lstat(name, dir_fd=parent)):
                    return
            remove_child(parent, name)
            os.link(target[-1], name, src_dir_fd=source, dst_dir_fd=parent, follow_symlinks=False)
        except FileNotFoundError:
            raise BadArchive(
                f"archive has a hard link to what is not in it: {entry.linkname}"
            ) from None
        finally:
            os.close(source)

    def _write_whiteout(self, parts: tuple[str, ...]) -> None:
        name = parts[-1]
        if any(part.startswith(_AUFS_DATA) for part in parts) and name != OPAQUE:
            return
        if any(part.startswith(WHITEOUT) for part in parts[:-1]):
            raise BadArchive(f"archive has a file in a whiteout: {'/'.join(parts)}")
        if name == OPAQUE:
            self._set_opaque(self._tree.open_parent(parts[:-1]), None)
            return
        hidden = name.removeprefix(WHITEOUT)
        if hidden in ("", ".", ".."):
            raise BadArchive(f"archive has a whiteout of nothing: {'/'.join(parts)}")
        parent = self._tree.open_parent(parts[:-1])
        try:
            _make_whiteout(parent, hidden)
        except FileExistsError:
            # A whiteout is about lower layers. What this layer has there stays.
            if stat.S_ISDIR(os.lstat(hidden, dir_fd=parent).st_mode):
                self._set_opaque(parent, hidden)

    def _set_opaque(self, parent: int, name: str | None) -> None:
        with _opened(parent, name) as opened:
            os.setxattr(opened, self._ways.opaque_xattr, b"y")

    def _set_owner(self, what: int | str, parent: int | None, entry: tarfile.TarInfo) -> None:
        if self._ways.single_id:
            return
        try:
            os.chown(what, entry.uid, entry.gid, dir_fd=parent, follow_symlinks=parent is None)
        except (OverflowError, OSError) as error:
            if isinstance(error, OSError) and error.errno != errno.EINVAL:
                raise
            raise BadArchive(
                f"archive has an owner that cannot be here: {entry.uid}:{entry.gid} of {entry.name}"
            ) from error

    def _replace(self, parts: tuple[str, ...]) -> int:
        """Remove what is at ``parts``; the directory it was in, opened anew."""
        remove_child(self._tree.open_parent(parts[:-1]), parts[-1])
        self._tree.forget()
        for known in [one for one in self._directories if one[: len(parts)] == parts]:
            del self._directories[known]
        return self._tree.open_parent(parts[:-1])

    def finish(self) -> None:
        """Give the directories what they should have, deepest first."""
        for parts in sorted(self._directories, key=len, reverse=True):
            entry = self._directories[parts]
            parent = self._tree.open_parent(parts, make=False)
            with _opened(parent, None) as opened:
                self._set_owner(opened, None, entry)
                os.fchmod(opened, stat.S_IMODE(entry.mode))
                set_xattrs(opened, entry)
                set_time(opened, None, entry)


@contextlib.contextmanager
def _opened(parent: int, name: str | None) -> Iterator[int]:
    """The directory ``name`` in ``parent``, or ``parent`` itself, so that it can be written to."""
    opened = os.open(name or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)
    try:
        yield opened
    finally:
        os.close(opened)


def _find(parent: int, name: str) -> os.stat_result | None:
    try:
        return os.lstat(name, dir_fd=parent)
    except FileNotFoundError:
        return None


def _is_whiteout(found: os.stat_result) -> bool:
    return stat.S_ISCHR(found.st_mode) and found.st_rdev == 0


def _make_whiteout(parent: int, name: str) -> None:
    # Allowed without CAP_MKNOD since Linux 5.8, for overlayfs's sake.
    os.mknod(name, stat.S_IFCHR, os.makedev(0, 0), dir_fd=parent)


def _check_text(text: str, what: str) -> None:
    if not text or "\0" in text or len(os.fsencode(text)) > 4095:
        raise BadArchive(f"archive has {what}: {text[:80]!r}")
