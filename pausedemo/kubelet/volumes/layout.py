"""The files that a kubelet writes into a volume, as one tar.

The layout is that of Kubernetes' AtomicWriter (pkg/volume/util/atomic_writer.go): the files are in
a folder of their own, ``..data`` is a link to it, and each name at the top is a link below
``..data``. The folder is named by the hash of what is in it, so that one look at ``..data`` tells
whether all is up to date.
"""

from __future__ import annotations

import hashlib
import io
import posixpath
import tarfile
import time
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

#: What a volume holds: path -> content and mode.
Files: TypeAlias = Mapping[str, tuple[bytes, int]]

DATA: Final = "..data"
FOLDER_MODE: Final = 0o755
#: What fsGroup adds to the mode of a folder, and of a file in a volume that nobody may write to.
#: Source: kubernetes pkg/volume/volume_linux.go, changeFilePermission.
GROUP_FOLDER: Final = 0o2550
GROUP_READ: Final = 0o440


def name_folder(files: Files, fs_group: int | None) -> str:
    """What the folder of these files is called."""
    digest = hashlib.sha256(repr(fs_group).encode())
    for path, (content, mode) in sorted(files.items()):
        digest.update(f"\0{path}\0{mode:o}\0{len(content)}\0".encode())
        digest.update(content)
    return f"..{digest.hexdigest()[:24]}"


def plan_folder(name: str, mode: int, fs_group: int | None) -> tarfile.TarInfo:
    """A folder: root's, or with ``fs_group`` that group's as well, and of all that comes in it."""
    made = tarfile.TarInfo(name)
    made.type, made.mode, made.mtime = tarfile.DIRTYPE, mode, int(time.time())
    if fs_group is not None:
        made.gid, made.mode = fs_group, mode | GROUP_FOLDER
    return made


def plan_layout(
    volume: str, files: Files, fs_group: int | None, old: str | None
) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    """The entries below a folder that is called ``volume``, in the order of writing.

    ``old``: the folder that ``..data`` leads to so far; of that an empty file is left.
    """
    folder = name_folder(files, fs_group)
    base = f"{volume}/{folder}"
    read = 0 if fs_group is None else GROUP_READ
    yield plan_folder(volume, FOLDER_MODE, fs_group), b""
    yield plan_folder(base, FOLDER_MODE, fs_group), b""
    for path in sorted({one for name in files for one in _parents(name)}):
        yield plan_folder(f"{base}/{path}", FOLDER_MODE, fs_group), b""
    for path, (content, mode) in sorted(files.items()):
        yield _plan_file(f"{base}/{path}", mode | read, fs_group), content
    yield _plan_link(f"{volume}/{DATA}", folder), b""
    for top in sorted({path.split("/")[0] for path in files}):
        yield _plan_link(f"{volume}/{top}", f"{DATA}/{top}"), b""
    if old is not None and old != folder:
        yield _plan_file(f"{volume}/{old}", 0, None), b""


def pack(entries: Iterator[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    """All entries as one tar."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for member, content in entries:
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def _parents(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path):
        yield path


def _plan_file(name: str, mode: int, fs_group: int | None) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.mode, made.mtime, made.gid = mode, int(time.time()), fs_group or 0
    return made


def _plan_link(name: str, target: str) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.mode = tarfile.SYMTYPE, target, 0o777
    made.mtime = int(time.time())
    return made
