"""A tar's files as a tree in memory: the build context, or what an image has under a path.

Nothing is unpacked: the tree is an index, and contents are read out of the (uncompressed) tar. So a
hostile name or link cannot reach a file of the machine. A context's own links are followed within
it, as dockerd's ``FollowSymlinkInScope`` does.
"""

from __future__ import annotations

import hashlib
import posixpath
import tarfile
from collections.abc import Iterator
from typing import IO, Final

from pausedemo.embedded.build.patterns import compile_pattern
from pausedemo.embedded.errors import BadParameter

ENTRY_LIMIT: Final = 1_000_000
DEPTH_LIMIT: Final = 200  # directories in each other
LINK_LIMIT: Final = 255  # as moby's symlink package
TIME_LIMIT: Final = 1 << 34
BLOCK: Final = 1 << 20


class Tree:
    """Paths are relative, without ``./``; "" is the top, which is always a directory."""

    def __init__(self) -> None:
        self._tar: tarfile.TarFile | None = None
        self._entries: dict[str, tarfile.TarInfo] = {"": _directory(".")}
        self._children: dict[str, dict[str, None]] = {"": {}}

    @classmethod
    def from_tar(cls, file: IO[bytes], *, devices: bool = False) -> Tree:
        """The tree of an uncompressed tar, which stays open as long as the tree is used.

        ``devices``: an image may have some, a context not. Raises BadParameter for a tar that is
        broken or hostile: names and hard links that lead out, entries below what is no directory.
        """
        tree = cls()
        try:
            tree._tar = tarfile.open(fileobj=file, mode="r:")  # noqa: SIM115 - lives as the tree
            for count, member in enumerate(tree._tar):
                if count >= ENTRY_LIMIT:
                    raise BadParameter(f"more than {ENTRY_LIMIT} files in the archive")
                tree._add(member, devices=devices)
        except (tarfile.TarError, ValueError, OverflowError) as error:
            # ValueError: tarfile's own for some broken numbers.
            if "empty" not in str(error):
                raise BadParameter(f"Error processing tar file: {error}") from error
        return tree

    def _add(self, member: tarfile.TarInfo, *, devices: bool) -> None:
        path = _clean(member.name)
        _check_numbers(member)
        if member.islnk():
            linked = self._entries.get(_clean(member.linkname))
            if linked is None or linked.isdir():
                raise BadParameter(f'invalid hardlink "{member.name}" -> "{member.linkname}"')
            member = linked
        elif (member.ischr() or member.isblk()) and not devices:
            raise BadParameter(f'"{member.name}" is a device, which a build context cannot have')
        elif not (member.isreg() or member.isdir() or member.issym() or member.isdev()):
            raise BadParameter(f"unhandled tar header type {ord(member.type)}")
        if not path:
            if member.isdir():
                self._entries[""] = member
            return
        self._make_parents(posixpath.dirname(path))
        if not member.isdir():
            self.remove(path)
        self._put(path, member)

    def _make_parents(self, path: str) -> None:
        entry = self._entries.get(path)
        if entry is None:
            self._make_parents(posixpath.dirname(path))
            self._put(path, _directory(path))
        elif not entry.isdir():
            raise BadParameter(f'"{path}" is no directory, but the archive has files in it')

    def _put(self, path: str, member: tarfile.TarInfo) -> None:
        if not member.isdir():
            self._children.pop(path, None)
        else:
            self._children.setdefault(path, {})
        self._entries[path] = member
        directory, name = posixpath.split(path)
        self._children[directory][name] = None

    def remove(self, path: str) -> None:
        """Forget ``path`` and all below it, if it is there."""
        for below in [path for path, _ in self.walk(path)] if path in self._entries else []:
            del self._entries[below]
            self._children.pop(below, None)
        directory, name = posixpath.split(path)
        self._children.get(directory, {}).pop(name, None)

    def get(self, path: str) -> tarfile.TarInfo | None:
        """What is at ``path`` itself, no link followed."""
        return self._entries.get(path)

    def walk(self, path: str) -> Iterator[tuple[str, tarfile.TarInfo]]:
        """``path`` and all below it, a directory before what is in it, names in order."""
        pending = [path]
        while pending:
            path = pending.pop()
            yield path, self._entries[path]
            names = sorted(self._children.get(path, ()), reverse=True)
            pending += [posixpath.join(path, name) for name in names]

    def resolve(self, path: str) -> str | None:
        """Where ``path`` leads when all links are followed within the tree; None: to nothing.

        Raises BadParameter for a circle of links.
        """
        result: list[str] = []
        pending = path.split("/")[::-1]
        links = 0
        while pending:
            part = pending.pop()
            if part in {"", "."}:
                continue
            if part == "..":
                del result[-1:]
                continue
            here = "/".join([*result, part])
            entry = self._entries.get(here)
            if entry is None:
                return None
            if not entry.issym():
                result.append(part)
                continue
            links += 1
            if links > LINK_LIMIT:
                raise BadParameter(f"too many links in {path}")
            if entry.linkname.startswith("/"):
                result = []
            pending += entry.linkname.split("/")[::-1]
        return "/".join(result)

    def glob(self, pattern: str) -> list[str]:
        """Paths that match Go's ``filepath.Match``, in order; links are not followed."""
        compiled = compile_pattern(pattern)
        return sorted(path for path in self._entries if path and compiled.fullmatch(path))

    def open(self, path: str) -> IO[bytes]:
        """The content of the file at ``path`` (resolved)."""
        return self.open_member(self._entries[path])

    def open_member(self, member: tarfile.TarInfo) -> IO[bytes]:
        content = self._tar.extractfile(member) if self._tar else None
        if content is None:
            raise BadParameter(f'"{member.name}" is no regular file')
        return content

    def digest(self, path: str) -> str:
        """SHA-256 of names, modes, links and contents below ``path``; times and owners left out.

        dockerd's cache leaves out times, too: a fresh checkout changes all of them.
        """
        total = hashlib.sha256()
        for below, entry in self.walk(path):
            name = below[len(path) :].lstrip("/")
            kind = entry.type if not entry.isreg() else tarfile.REGTYPE
            total.update(repr((name, kind, entry.mode, entry.linkname, entry.size)).encode())
            if entry.isreg():
                with self.open_member(entry) as file:
                    while block := file.read(BLOCK):
                        total.update(block)
        return total.hexdigest()


def _clean(name: str) -> str:
    path = posixpath.normpath(name.lstrip("/") or ".")
    if path == ".." or path.startswith("../"):
        raise BadParameter(f'"{name}" is outside of the archive')
    if path.count("/") > DEPTH_LIMIT or "\0" in path:
        raise BadParameter(f"a name in the archive is none, or too deep: {name[:100]!r}")
    return "" if path == "." else path


def _check_numbers(member: tarfile.TarInfo) -> None:
    """Refuse what no file can have; a negative size would make tarfile read in circles."""
    if member.size < 0 or not (0 <= member.uid < 1 << 32 and 0 <= member.gid < 1 << 32):
        raise BadParameter(f'invalid tar header of "{member.name[:100]}"')
    if "\0" in member.linkname:
        raise BadParameter(f'invalid link "{member.name[:100]}"')
    # NaN and what no file system can hold become the bounds.
    member.mtime = max(0, min(int(member.mtime), TIME_LIMIT)) if member.mtime == member.mtime else 0
    member.mode &= 0o7777


def _directory(name: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = tarfile.DIRTYPE
    info.mode = 0o755
    return info
