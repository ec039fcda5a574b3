"""Tar files on their way in: plain or compressed, written plain into a file that has no name."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from typing import IO, Final, Protocol

from pausedemo.embedded.errors import BadParameter

BLOCK: Final = 1 << 20
SIZE_LIMIT: Final = 64 << 30  # bytes once inflated: a bomb must end somewhere
MAGIC: Final = ((b"\x1f\x8b", "gzip"), (b"BZh", "bzip2"), (b"\xfd7zXZ\x00", "xz"))


class Readable(Protocol):
    """What a packed file is read from."""

    def read(self, size: int = -1, /) -> bytes: ...

    def seek(self, offset: int, whence: int = 0, /) -> int: ...


def inflate(packed: IO[bytes], out: IO[bytes], limit: int = SIZE_LIMIT) -> None:
    """Copy ``packed``, from its start and unpacked if it is compressed, to ``out``, then at 0.

    Raises BadParameter for broken data, and for more than ``limit`` bytes.
    """
    start = packed.read(6)
    packed.seek(0)
    kind = next((kind for magic, kind in MAGIC if start.startswith(magic)), "")
    source: Readable
    match kind:
        case "gzip":
            source = gzip.GzipFile(fileobj=packed)
        case "bzip2":
            source = bz2.BZ2File(packed)
        case "xz":
            source = lzma.LZMAFile(packed)  # noqa: SIM115 - closing it would not close packed
        case _:
            source = packed
    size = 0
    try:
        while block := source.read(BLOCK):
            size += len(block)
            if size > limit:
                raise BadParameter(f"the archive is larger than {limit} bytes")
            out.write(block)
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the machine's trouble, not the data's
        raise BadParameter(f"cannot unpack the archive: {error}") from error
    out.seek(0)
