"""Functions of ours that run inside a container's root, in a process of their own.

There plain paths are safe: nothing outside can be named. They read standard input and write
standard output; an error goes to standard error as JSON and ends the process with 1.
"""

from __future__ import annotations

# All that a tool needs is loaded before the fork: inside the root our own files are out of sight,
# and tarfile asks for its compressions only when it meets them.
import bz2
import gzip
import json
import lzma
import os
import zlib
from collections.abc import Callable
from typing import Any, Final

from pausedemo.embedded.containers.copying import pack, pack_root, stat, unpack
from pausedemo.embedded.errors import ApiError

_LOADED: Final = (bz2, gzip, lzma, zlib)
_FAILED: Final = 1


def run_tool(name: str, arguments: dict[str, Any]) -> None:
    """Run one of the functions below in this process, which ends with its result."""
    functions: dict[str, Callable[..., None]] = {
        "stat_file": _stat,
        "pack_files": _pack,
        "pack_root": _pack_root,
        "unpack_files": _unpack,
    }
    code = 0
    try:
        functions[name](**arguments)
    except ApiError as error:
        _tell(error.status, error.message)
        code = _FAILED
    except BrokenPipeError:
        code = _FAILED
    except (OSError, ValueError) as error:
        _tell(500, str(error))
        code = _FAILED
    os._exit(code)


def _stat(path: str, container: str) -> None:
    _write(json.dumps(stat(path, container)).encode())


def _pack(path: str, container: str) -> None:
    pack(path, container, _Output())


def _pack_root() -> None:
    pack_root(_Output())


def _unpack(path: str, container: str, **options: Any) -> None:
    with open(0, "rb", closefd=False) as tar:
        unpack(path, container, tar, **options)


class _Output:
    """Standard output without a buffer that could be lost."""

    def write(self, data: bytes) -> int:
        _write(data)
        return len(data)


def _write(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


def _tell(status: int, message: str) -> None:
    os.write(2, json.dumps({"status": status, "message": message}).encode())
