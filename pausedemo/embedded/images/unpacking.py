"""Byte streams out of compressed files, and a reader that keeps tarfile within bounds.

tarfile reads a header's extensions into memory at whatever length they claim, goes backwards
when sizes are negative (CVE-2025-8194), and takes garbage for the archive's end. The reader
below goes forward only, caps what one entry's headers may cost, and knows the real end.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import importlib
import io
import lzma
import tarfile
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO, Final, Protocol

from pausedemo.embedded.images.limits import MIB, BadArchive, Limits

CHUNK: Final = 256 * 1024
_XZ_MEMORY: Final = 256 * MIB


def _import_zstd() -> Any:
    try:
        return importlib.import_module("zstandard")
    except ImportError:
        return None  # it is no dependency: few archives need it


_ZSTD: Final = _import_zstd()
# What broken input makes the standard library's readers raise.
BROKEN: Final[tuple[type[Exception], ...]] = (
    EOFError,
    OSError,
    OverflowError,
    RecursionError,
    ValueError,
    lzma.LZMAError,
    tarfile.TarError,
    zlib.error,
    *([_ZSTD.ZstdError] if _ZSTD else []),
)


class Source(Protocol):
    """Anything with ``read``: a file, a socket's body."""

    def read(self, size: int = -1, /) -> bytes: ...


class _Counted(io.RawIOBase):
    """A source as a raw file, which counts what was taken from it."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        got = self._source.read(len(buffer))
        buffer[: len(got)] = got
        self.taken += len(got)
        return len(got)


class _Xz(io.RawIOBase):
    """xz and lzma with a bound on the dictionary, which lzma.LZMAFile has not."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._decoder = lzma.LZMADecompressor(memlimit=_XZ_MEMORY)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while True:
            if self._decoder.eof:
                rest = self._decoder.unused_data.lstrip(b"\0") or self._source.read(CHUNK)
                if not rest:
                    return 0
                self._decoder = lzma.LZMADecompressor(memlimit=_XZ_MEMORY)
            elif self._decoder.needs_input:
                rest = self._source.read(CHUNK)
                if not rest:
                    raise EOFError("compressed file ended before its end-of-stream marker")
            else:
                rest = b""
            got = self._decoder.decompress(rest, len(buffer))
            if got:
                buffer[: len(got)] = got
                return len(got)


def _open_zstd(source: BinaryIO) -> Source:
    if _ZSTD is None:
        raise BadArchive(
            "archive is compressed with zstd, for which this Python has no library: "
            "install zstandard"
        )
    reader: Source = _ZSTD.ZstdDecompressor(max_window_size=128 * MIB).stream_reader(
        source, read_across_frames=True
    )
    return reader


class Unpacked:
    """A tar's plain bytes from a possibly compressed source, counted and hashed on the way.

    Raises BadArchive where ``limits`` are passed or the compression is broken.
    """

    def __init__(self, source: Source, limits: Limits) -> None:
        self._limits = limits
        self._counted = _Counted(source)
        buffered = io.BufferedReader(self._counted, CHUNK)
        self._plain: Source = self._open(buffered)
        self._hash = hashlib.sha256()
        self.size = 0

    @staticmethod
    def _open(source: io.BufferedReader[_Counted]) -> Source:
        magic = source.peek(6)[:6]
        if magic.startswith(b"\x1f\x8b"):
            return gzip.GzipFile(fileobj=source, mode="rb")
        if magic.startswith(b"BZh"):
            return bz2.BZ2File(source)
        if magic.startswith(b"\xfd7zXZ\0"):
            return io.BufferedReader(_Xz(source), CHUNK)
        if magic.startswith(b"\x28\xb5\x2f\xfd"):
            return _open_zstd(source)
        return source

    def read(self, size: int = CHUNK) -> bytes:
        try:
            data = self._plain.read(size)
        except BadArchive:
            raise
        except BROKEN as error:
            raise BadArchive(f"archive cannot be uncompressed: {error}") from error
        self.size += len(data)
        self._hash.update(data)
        if self.size > self._limits.max_bytes:
            raise BadArchive(f"archive unpacks to more than {self._limits.max_bytes} bytes")
        taken = max(self._counted.taken, 1)
        if self.size > self._limits.ratio_from and self.size // taken > self._limits.max_ratio:
            raise BadArchive(f"archive unpacks to over {self._limits.max_ratio} times its size")
        return data

    @property
    def digest(self) -> str:
        """``sha256:`` digest of what was read so far."""
        return f"sha256:{self._hash.hexdigest()}"


class _Forward(io.RawIOBase):
    """The file that tarfile sees: sequential, bounded per entry, copied to ``copy``."""

    def __init__(self, source: Unpacked, copy: BinaryIO | None, limits: Limits) -> None:
        self._source = source
        self._copy = copy
        self._limit = limits.max_header_bytes
        self._position = 0
        self._allowed = self._limit
        self.last = b""

    def begin_header(self) -> None:
        self._allowed = self._limit

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = 0) -> int:
        if whence or offset < self._position:
            raise BadArchive("tar goes backwards")
        while self._position < offset:
            if not self.take(min(CHUNK, offset - self._position)):
                raise BadArchive("unexpected end of tar")
        return self._position

    def read(self, size: int = -1) -> bytes:
        """Read for tarfile: what it holds in memory is bounded."""
        if size < 0 or size > self._allowed:
            raise BadArchive("tar has an entry with headers that are too long")
        self._allowed -= size
        parts = []
        while size > 0 and (data := self.take(size)):
            parts.append(data)
            size -= len(data)
        self.last = b"".join(parts)
        return self.last

    def take(self, size: int) -> bytes:
        """At most ``size`` bytes of an entry's data, empty at the end of the stream."""
        data = self._source.read(size)
        self._position += len(data)
        if self._copy is not None:
            self._copy.write(data)
        return data


class TarReader:
    """A tar's entries, one after the other; ``copy`` gets every plain byte.

    Raises BadArchive for anything that tarfile cannot read to a real end.
    """

    def __init__(self, source: Unpacked, limits: Limits, copy: BinaryIO | None = None) -> None:
        self._file = _Forward(source, copy, limits)
        self._limits = limits

    def __iter__(self) -> Iterator[tarfile.TarInfo]:
        try:
            yield from self._entries()
            while self._file.take(CHUNK):
                pass  # the diff id is over the whole file, what follows the end included
        except BadArchive:
            raise
        except BROKEN as error:
            if isinstance(error, OSError) and not isinstance(error, tarfile.TarError):
                raise  # of the disk, or of the caller's loop
            raise BadArchive(f"tar cannot be read: {error}") from error

    def _entries(self) -> Iterator[tarfile.TarInfo]:
        try:
            tar = tarfile.TarFile(fileobj=self._file, mode="r", encoding="utf-8")
        except tarfile.ReadError:
            if self._file.tell() == 0:
                return  # of no bytes at all: what some builders give for an empty layer
            raise
        known: list[tarfile.TarInfo] = tar.__dict__["members"]
        count = 0
        while (entry := tar.next()) is not None:
            count += 1
            if count > self._limits.max_entries:
                raise BadArchive(f"tar has more than {self._limits.max_entries} entries")
            yield entry
            known.clear()  # or every header stays in memory
            self._file.begin_header()
        if self._file.last.strip(b"\0"):
            raise BadArchive("tar has a broken header")

    def read_data(self, entry: tarfile.TarInfo) -> Iterator[tuple[int, bytes]]:
        """The data of ``entry``, the one just given, as (offset in the file, bytes).

        Holes of a sparse file are left out.
        """
        self._file.seek(entry.offset_data)
        for start, size in self._pieces(entry):
            offset, end = start, start + size
            while offset < end:
                data = self._file.take(min(CHUNK, end - offset))
                if not data:
                    raise BadArchive(f"unexpected end of tar in {entry.name}")
                yield offset, data
                offset += len(data)

    @staticmethod
    def _pieces(entry: tarfile.TarInfo) -> list[tuple[int, int]]:
        sparse: list[tuple[int, int]] | None = getattr(entry, "sparse", None)
        if sparse is None:
            return [(0, entry.size)]
        for start, size in sparse:
            if start < 0 or size < 0 or start + size > entry.size:
                raise BadArchive(f"tar has a sparse file with an impossible map: {entry.name}")
        return sparse
