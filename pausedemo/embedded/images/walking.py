"""Paths inside one directory tree, walked by directory descriptors so that none leads out.

A layer is written by a privileged process from a stranger's list of names. Each part of a name is
opened relative to the one before and never through a symlink; a symlink on the way is read and
followed by hand, inside the tree. (openat2's RESOLVE_IN_ROOT would do it, with no way from Python
but ctypes.)
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from pausedemo.embedded.images.limits import BadArchive

_MAX_LINKS: Final = 40  # as the kernel's MAXSYMLINKS
_MAX_DEPTH: Final = 200  # also of recursion and open descriptors when it is removed
_DIRECTORY: Final = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def split_name(name: str) -> tuple[str, ...]:
    """The parts of an entry's name; none for the tree itself.

    Raises BadArchive for absolute names, ``..``, and what no file may be called.
    """
    if name.startswith("/"):
        raise BadArchive(f"archive has an absolute name: {name!r}")
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if ".." in parts:
        raise BadArchive(f"archive has a name that leads out of it: {name!r}")
    if "\0" in name or len(parts) > _MAX_DEPTH or any(len(os.fsencode(p)) > 255 for p in parts):
        raise BadArchive(f"archive has an impossible name: {name[:80]!r}")
    return parts


class Tree:
    """A directory being filled. One thread's; closes its descriptors at the end of ``with``.

    ``made`` counts the directories that were made because an entry's parents were missing.
    """

    def __init__(self, root: Path) -> None:
        self._root = os.open(root, _DIRECTORY)
        self._last: tuple[tuple[str, ...], int] | None = None
        self.made = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.forget()
        os.close(self._root)

    @property
    def root(self) -> int:
        return self._root

    def forget(self) -> None:
        """Do not trust the last parent any more: something was replaced."""
        if self._last is not None:
            os.close(self._last[1])
            self._last = None

    def open_parent(self, parts: tuple[str, ...], *, make: bool = True) -> int:
        """A descriptor of the directory that ``parts`` name, valid until the next call.

        Missing directories are made where ``make``. Raises BadArchive when the way leads out of
        the tree, through a file, or (without ``make``) nowhere.
        """
        if not parts:
            return self._root
        if self._last is not None and self._last[0] == parts:
            return self._last[1]
        self.forget()
        opened = self._walk(parts, make)
        self._last = (parts, opened)
        return opened

    def _walk(self, parts: tuple[str, ...], make: bool) -> int:
        ahead, links = list(parts), 0
        done: list[str] = []
        here = os.dup(self._root)
        try:
            while ahead:
                part = ahead.pop(0)
                below = self._open_child(here, part, make)
                if below is not None:
                    done.append(part)
                    os.close(here)
                    here = below
                    continue
                links += 1
                target = os.readlink(part, dir_fd=here)
                ahead = _follow(done, target, ahead, "/".join(parts), links)
                done = []
                os.close(here)
                here = os.dup(self._root)
        except BaseException:
            os.close(here)
            raise
        return here

    def _open_child(self, here: int, part: str, make: bool) -> int | None:
        """The directory ``part`` in ``here``; None where it is a symlink."""
        for _ in range(2):
            try:
                return os.open(part, _DIRECTORY, dir_fd=here)
            except FileNotFoundError:
                if not make:
                    raise BadArchive(f"archive has a link to what is not in it: {part}") from None
                os.mkdir(part, 0o755, dir_fd=here)
                self.made += 1
            except OSError as error:
                if error.errno not in (errno.ELOOP, errno.ENOTDIR):
                    raise
                if stat.S_ISLNK(os.lstat(part, dir_fd=here).st_mode):
                    return None
                raise BadArchive(f"archive has a name that goes through a file: {part}") from None
        raise BadArchive(f"cannot make directory {part}")


def _follow(done: list[str], target: str, ahead: list[str], name: str, links: int) -> list[str]:
    if links > _MAX_LINKS:
        raise BadArchive(f"archive has a name with too many links: {name}")
    if target.startswith("/"):
        raise BadArchive(f"archive has a name that goes through a link out of it: {name}")
    way = list(done)
    for part in target.split("/"):
        if part == "..":
            if not way:
                raise BadArchive(f"archive has a name that goes through a link out of it: {name}")
            way.pop()
        elif part not in ("", "."):
            way.append(part)
    if len(way) + len(ahead) > _MAX_DEPTH:
        raise BadArchive(f"archive has a name with too many links: {name}")
    return way + ahead


def remove_child(parent: int, name: str) -> None:
    """Remove ``name`` in the directory ``parent``, with all that is in it; absent is fine."""
    with contextlib.suppress(FileNotFoundError):
        try:
            os.unlink(name, dir_fd=parent)
        except (IsADirectoryError, PermissionError):
            if not stat.S_ISDIR(os.lstat(name, dir_fd=parent).st_mode):
                raise
            # Recursive, but no deeper than _MAX_DEPTH.
            shutil.rmtree(name, dir_fd=parent)
