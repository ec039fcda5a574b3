"""``docker diff``: what a container changed in its image, read off an overlay's directories.

Source: moby 20.10 ``pkg/archive/changes_linux.go`` (OverlayChanges) and the kernel's
``Documentation/filesystems/overlayfs.rst`` (whiteouts, opaque directories).
"""

from __future__ import annotations

import os
import stat as st
from collections.abc import Sequence
from pathlib import Path
from typing import Final

MODIFIED: Final = 0
ADDED: Final = 1
DELETED: Final = 2
OPAQUE: Final = ("trusted.overlay.opaque", "user.overlay.opaque")  # root's, and with userxattr


def changes(upper: Path, lowers: Sequence[Path]) -> list[dict[str, object]]:
    """``[{"Path": "/etc/x", "Kind": 1}]``, each directory before what is in it.

    ``upper``: the container's own layer. ``lowers``: the image's, topmost first. A changed
    directory is named only when its own mode or time differ, or a name in it came or went.
    """
    found: dict[str, int] = {}
    for path in _walk(upper):
        name = str(path.relative_to(upper))
        mine = path.lstat()
        if is_whiteout(mine):
            kind = DELETED
        else:
            theirs = _lookup(lowers, name)
            kind = ADDED if theirs is None else MODIFIED
            if theirs is not None and _is_same_directory(mine, theirs):
                continue
        parent = os.path.dirname(name)  # noqa: PTH120 - "" for the top, which Path has not
        if kind != MODIFIED and parent:
            found.setdefault("/" + parent, MODIFIED)
        found["/" + name] = kind
    return [{"Path": path, "Kind": kind} for path, kind in sorted(found.items(), key=_by_path)]


def _by_path(item: tuple[str, int]) -> list[str]:
    return item[0].split("/")


def _walk(top: Path) -> list[Path]:
    return [
        Path(directory, name)
        for directory, directories, files in os.walk(top)
        for name in (*directories, *files)
    ]


def is_whiteout(found: os.stat_result) -> bool:
    """Overlayfs marks a deleted name by a character device 0:0."""
    return st.S_ISCHR(found.st_mode) and found.st_rdev == 0


def is_opaque(directory: Path) -> bool:
    """Whether an overlay's directory hides what lower layers have in it."""
    for name in OPAQUE:
        try:
            if os.getxattr(directory, name) == b"y":
                return True
        except OSError:
            continue
    return False


def _lookup(lowers: Sequence[Path], name: str) -> os.stat_result | None:
    """What the image shows under ``name``: the topmost layer's, unless a layer above deletes it."""
    parts = name.split("/")
    for lower in lowers:
        path = lower
        hides = False
        for depth, part in enumerate(parts):
            path = path / part
            try:
                found = path.lstat()
            except (FileNotFoundError, NotADirectoryError):
                break
            if is_whiteout(found):
                return None
            if depth == len(parts) - 1:
                return found
            if not st.S_ISDIR(found.st_mode):
                return None
            hides = hides or is_opaque(path)
        if hides:
            return None
    return None


def _is_same_directory(mine: os.stat_result, theirs: os.stat_result) -> bool:
    return (
        st.S_ISDIR(mine.st_mode)
        and st.S_ISDIR(theirs.st_mode)
        and mine.st_mode == theirs.st_mode
        and mine.st_mtime_ns == theirs.st_mtime_ns
        and (mine.st_uid, mine.st_gid) == (theirs.st_uid, theirs.st_gid)
    )
