"""An image's files as a container would see them, read off its layers' directories unmounted.

A workbench needs it for ``stat_path`` and ``read_tree``. The layers are overlayfs's lower
directories: whiteouts and opaque marks hide what is below. They do not change meanwhile.
"""

from __future__ import annotations

import os
import posixpath
import stat as st
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from pausedemo.embedded.build.workbench import PathStat
from pausedemo.embedded.containers.changes import is_opaque, is_whiteout
from pausedemo.embedded.containers.copying import CAPABILITY, PAX_CAPABILITY
from pausedemo.embedded.errors import NotFound

LINK_LIMIT: Final = 255


@dataclass(frozen=True, slots=True)
class _Node:
    """``places``: a directory's in all layers that show through, the topmost first; else one."""

    places: tuple[Path, ...]
    found: os.stat_result

    @property
    def is_directory(self) -> bool:
        return st.S_ISDIR(self.found.st_mode)


class Merged:
    """``layers``: directories, the topmost first; none is an empty root."""

    def __init__(self, layers: Sequence[Path]) -> None:
        self._layers = tuple(layers)

    def stat(self, path: str) -> PathStat | None:
        """What is at an absolute path, all links followed; None: nothing, or a circle of links."""
        resolved = self._resolve(path)
        if resolved is None:
            return None
        name, node = resolved
        found = node.found
        return PathStat(name, found.st_mode, found.st_uid, found.st_gid, int(found.st_mtime))

    def read(self, path: str) -> IO[bytes]:
        """A tar of ``path``, its own links followed: ``.`` and ``./a``, or a file's base name.

        An unnamed file, at its start, to be closed. Raises NotFound.
        """
        resolved = self._resolve(path)
        if resolved is None:
            raise NotFound(f"{path}: no such file or directory")
        name, node = resolved
        out = tempfile.TemporaryFile(prefix="pausedemo-tree-")  # noqa: SIM115 - handed on
        try:
            with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
                top = "." if node.is_directory else posixpath.basename(name)
                for entry, below in self._walk(top, node):
                    _add(tar, entry, below.places[0])
            out.seek(0)
        except BaseException:
            out.close()
            raise
        return out

    def _root(self) -> _Node | None:
        if not self._layers:
            return None
        return _Node(self._layers, self._layers[0].lstat())

    def _child(self, node: _Node, name: str) -> _Node | None:
        places: list[Path] = []
        for directory in node.places:
            place = directory / name
            try:
                found = place.lstat()
            except (FileNotFoundError, NotADirectoryError):
                continue
            if is_whiteout(found):
                break
            if not st.S_ISDIR(found.st_mode):
                if not places:
                    return _Node((place,), found)
                break
            places.append(place)
            if is_opaque(place):
                break
        return _Node(tuple(places), places[0].lstat()) if places else None

    def _resolve(self, path: str) -> tuple[str, _Node] | None:
        root = self._root()
        if root is None:
            return None
        trail: list[tuple[str, _Node]] = [("", root)]
        pending = path.split("/")[::-1]
        links = 0
        while pending:
            part = pending.pop()
            if part in {"", "."}:
                continue
            if part == "..":
                trail = trail[: max(1, len(trail) - 1)]
                continue
            node = self._child(trail[-1][1], part) if trail[-1][1].is_directory else None
            if node is None:
                return None
            if not st.S_ISLNK(node.found.st_mode):
                trail.append((part, node))
                continue
            links += 1
            if links > LINK_LIMIT:
                return None
            target = str(node.places[0].readlink())
            if target.startswith("/"):
                trail = trail[:1]
            pending += target.split("/")[::-1]
        return "/" + "/".join(name for name, _ in trail[1:]), trail[-1][1]

    def _walk(self, name: str, node: _Node) -> Iterator[tuple[str, _Node]]:
        pending = [(name, node)]
        while pending:
            name, node = pending.pop()
            yield name, node
            if not node.is_directory:
                continue
            names = {entry.name for place in node.places for entry in place.iterdir()}
            for entry in sorted(names, reverse=True):
                child = self._child(node, entry)
                if child is not None:
                    pending.append((f"{name}/{entry}", child))


def _add(tar: tarfile.TarFile, name: str, place: Path) -> None:
    info = tar.gettarinfo(place, arcname=name)
    if info is None:
        return  # a socket
    info.uname = info.gname = ""
    with suppress(OSError):
        capability = os.getxattr(place, CAPABILITY, follow_symlinks=False)
        info.pax_headers = {PAX_CAPABILITY: capability.decode("utf-8", "surrogateescape")}
    if info.isreg():
        with place.open("rb") as file:
            tar.addfile(info, file)
    else:
        tar.addfile(info)
