"""COPY and ADD: the layer that puts files at a place in an image, made without running anything."""

from __future__ import annotations

import copy
import posixpath
import stat as st
import tarfile
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO, Final

from pausedemo.embedded.build.tree import DEPTH_LIMIT, Tree
from pausedemo.embedded.build.workbench import PathStat
from pausedemo.embedded.errors import BadParameter

WHITEOUT: Final = ".wh."  # OCI image-spec, layer.md
Stat = Callable[[str], PathStat | None]  # of an absolute path in the image below
Owner = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Item:
    """Something to be copied: ``path`` in ``tree`` (resolved), ``name`` as it is asked for.

    ``unpacked``: all of ``tree`` is a local archive's content, which keeps its owners (ADD).
    """

    tree: Tree
    path: str
    name: str
    unpacked: bool = False


def join_destination(working_dir: str, destination: str) -> str:
    """Absolute and clean, its trailing slash kept: that says it is a directory."""
    path = posixpath.normpath(posixpath.join("/", working_dir, destination))
    path = "/" + path.lstrip("/")
    if path.count("/") > DEPTH_LIMIT:
        raise BadParameter(f"the destination is too deep: {destination[:100]}")
    is_directory = destination.endswith("/") or posixpath.basename(destination) in {".", ".."}
    return path + "/" if is_directory and path != "/" else path


class Layer:
    """Entries by path, so that a file that is copied twice is there once: the later one."""

    def __init__(self, stat: Stat, owner: Owner | None = None) -> None:
        self._stat = stat
        self._owner = owner or (0, 0)
        self._entries: dict[str, tuple[tarfile.TarInfo, Tree | None, tarfile.TarInfo | None]] = {}

    def add(self, items: Sequence[Item], destination: str) -> None:
        """Put ``items`` at ``destination`` (from ``join_destination``), as dockerd would.

        A directory's content goes into it, a file beside its name or in its place.
        Raises BadParameter when a file is where a directory is wanted.
        """
        into_directory = destination.endswith("/")
        target, there = self.resolve(destination.rstrip("/") or "/")
        is_directory = there is not None and st.S_ISDIR(there.mode)
        if there is not None and not is_directory:
            if into_directory:
                raise BadParameter(f"cannot copy to non-directory: {target}")
            target = there.path
        for item in items:
            entry = item.tree.get(item.path)
            if entry is None:
                raise BadParameter(f"file not found: {item.name}")
            if entry.isdir():
                if there is not None and not is_directory:
                    raise BadParameter(f"cannot copy to non-directory: {target}")
                self.make_directory(target)
                self._add_below(item, target)
            elif into_directory or is_directory:
                self.make_directory(target)
                self._put(posixpath.join(target, item.name), item, entry)
            else:
                self.make_directory(posixpath.dirname(target))
                self._put(target, item, entry)

    def _add_below(self, item: Item, target: str) -> None:
        for path, entry in item.tree.walk(item.path):
            relative = path[len(item.path) :].lstrip("/")
            if relative:
                self._put(posixpath.join(target, relative), item, entry)

    def resolve(self, path: str) -> tuple[str, PathStat | None]:
        """Where ``path`` is, links in what exists of it followed; and what is there, if any."""
        there = self._stat(path)
        if there is not None or path == "/":
            return (there.path if there else "/"), there
        directory, name = posixpath.split(path)
        parent, found = self.resolve(directory)
        if found is not None and not st.S_ISDIR(found.mode):
            raise BadParameter(f"mkdir {path}: not a directory")
        return posixpath.join(parent, name), None

    def make_directory(self, path: str) -> None:
        """Have ``path`` (resolved) and what is above it in the layer.

        What exists is repeated with its own mode and owner: in an overlay the upper layer's
        directory decides. New ones get 0755 and the owner of the copy.
        """
        if path == "/" or path in self._entries:
            return
        self.make_directory(posixpath.dirname(path))
        info = tarfile.TarInfo(path.lstrip("/"))
        info.type = tarfile.DIRTYPE
        there = self._stat(path)
        if there is None:
            info.mode, info.mtime = 0o755, int(time.time())
            info.uid, info.gid = self._owner
        else:
            info.mode, info.mtime = st.S_IMODE(there.mode), there.mtime
            info.uid, info.gid = there.uid, there.gid
        self._entries[path] = info, None, None

    def _put(self, path: str, item: Item, entry: tarfile.TarInfo) -> None:
        if posixpath.basename(path).startswith(WHITEOUT):
            raise BadParameter(f"{path}: a layer uses names with {WHITEOUT} for deleted files")
        info = copy.copy(entry)
        info.name = path.lstrip("/")
        info.pax_headers = {
            key: value for key, value in entry.pax_headers.items() if key.startswith("SCHILY.xattr")
        }
        info.uname = info.gname = ""
        if not item.unpacked:
            info.uid, info.gid = self._owner
        if entry.isreg():
            info.type = tarfile.REGTYPE  # a sparse file is written out
        if not entry.isdir():
            # A file takes the place of what an earlier source put there, with all below it.
            for below in [key for key in self._entries if key.startswith(path + "/")]:
                del self._entries[below]
        self._entries[path] = info, item.tree, entry

    def write(self) -> IO[bytes]:
        """The layer's tar, at its start; an unnamed file, gone when it is closed."""
        out = tempfile.TemporaryFile(prefix="pausedemo-layer-")  # noqa: SIM115 - handed on
        try:
            with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
                for info, tree, entry in self._entries.values():
                    if tree is not None and entry is not None and entry.isreg():
                        with tree.open_member(entry) as content:
                            tar.addfile(info, content)
                    else:
                        tar.addfile(info)
            out.seek(0)
        except BaseException:
            out.close()
            raise
        return out
