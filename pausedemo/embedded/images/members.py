"""An image archive's members, found without writing any of them out."""

from __future__ import annotations

import contextlib
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from pausedemo.embedded.images.limits import BadArchive, Limits
from pausedemo.embedded.images.unpacking import CHUNK, Source, TarReader, Unpacked
from pausedemo.embedded.images.walking import split_name

_MAX_MEMBERS: Final = 20_000
_MAX_LINKS: Final = 8


@dataclass(frozen=True, slots=True)
class _Slice:
    offset: int
    size: int


class SliceReader:
    """Reads one member's bytes of the archive's file."""

    def __init__(self, file: BinaryIO, offset: int, size: int) -> None:
        self._file = file
        self._at = offset
        self.left = size

    def read(self, size: int = -1, /) -> bytes:
        size = self.left if size < 0 else min(size, self.left)
        self._file.seek(self._at)
        data = self._file.read(size)
        if size and not data:
            raise BadArchive("unexpected end of archive")
        self._at += len(data)
        self.left -= len(data)
        return data


class Members:
    """The files of an archive by name. Links between them are followed, out of it never.

    Older dockerds save a layer that two images share as a link (``../HEX/layer.tar``).
    """

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        self._file = file
        self._limits = limits
        self._slices: dict[str, _Slice] = {}
        self._links: dict[str, str] = {}

    def index(self, offset: int = 0) -> None:
        """Read the tar's headers. Raises BadArchive."""
        self._file.seek(offset)
        for count, entry in enumerate(TarReader(Unpacked(self._file, self._limits), self._limits)):
            if count >= _MAX_MEMBERS:
                raise BadArchive(f"image archive has more than {_MAX_MEMBERS} members")
            name = "/".join(split_name(entry.name))
            if entry.isdir():
                continue
            if name in self._slices or name in self._links:
                raise BadArchive(f"image archive has two members of one name: {name}")
            if entry.issym() or entry.islnk():
                base = posixpath.dirname(name) if entry.issym() else ""
                target = posixpath.normpath(posixpath.join(base, entry.linkname))
                if target.startswith("/") or ".." in target.split("/"):
                    raise BadArchive(f"image archive has a link out of it: {name}")
                self._links[name] = target
            elif entry.isreg() and not entry.issparse():
                self._slices[name] = _Slice(offset + entry.offset_data, entry.size)
            else:
                raise BadArchive(f"image archive has a member that is no file: {name}")

    def __contains__(self, name: str) -> bool:
        return self._find(name) is not None

    def _find(self, name: str) -> _Slice | None:
        name = posixpath.normpath(name)
        for _ in range(_MAX_LINKS):
            if name in self._slices:
                return self._slices[name]
            if name not in self._links:
                return None
            name = self._links[name]
        return None

    def open(self, name: str) -> SliceReader:
        found = self._find(name)
        if found is None:
            raise BadArchive(f"image archive lacks {name}")
        return SliceReader(self._file, found.offset, found.size)

    def read(self, name: str) -> bytes:
        """A whole JSON document. Raises BadArchive when it is too long for one."""
        reader = self.open(name)
        if reader.left > self._limits.max_document_bytes:
            raise BadArchive(f"image archive has too long a {name}")
        parts = []
        while data := reader.read(CHUNK):
            parts.append(data)
        return b"".join(parts)


@contextlib.contextmanager
def open_members(archive: Path, plain: Path, limits: Limits) -> Iterator[Members]:
    """The members of the file ``archive``; ``plain`` is made where it must be uncompressed."""
    with archive.open("rb") as file:
        magic = file.read(262)
        file.seek(0)
        if magic[257:262] == b"ustar" or not magic.strip(b"\0"):
            members = Members(file, limits)
            members.index()
            yield members
            return
        _uncompress(file, plain, limits)
    with plain.open("rb") as file:
        members = Members(file, limits)
        members.index()
        yield members


def _uncompress(source: Source, target: Path, limits: Limits) -> None:
    unpacked = Unpacked(source, limits)
    with target.open("wb") as file:
        while data := unpacked.read(CHUNK):
            file.write(data)
