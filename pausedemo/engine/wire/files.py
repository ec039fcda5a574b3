"""What is at a path of a container, as the archive endpoint's header tells it."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from typing import Any, Final

from pausedemo.engine.port import PathInfo

# Go's io/fs.FileMode has bits of its own for what is not a permission. Devices have the first of
# theirs alone when they are block devices; a regular file has none.
_TYPES: Final = (
    (1 << 31, stat.S_IFDIR),
    (1 << 27, stat.S_IFLNK),
    (1 << 21, stat.S_IFCHR),
    (1 << 26, stat.S_IFBLK),
    (1 << 25, stat.S_IFIFO),
    (1 << 24, stat.S_IFSOCK),
)
_SPECIAL: Final = ((1 << 23, stat.S_ISUID), (1 << 22, stat.S_ISGID), (1 << 20, stat.S_ISVTX))


def parse_path(raw: Mapping[str, Any]) -> PathInfo:
    """Read the header ``X-Docker-Container-Path-Stat``, decoded.

    podman tells where everything is as if it were a link.
    """
    mode = parse_go_mode(raw["mode"])
    return PathInfo(
        name=raw["name"],
        size=raw["size"],
        mode=mode,
        link_target=raw.get("linkTarget") or "" if stat.S_ISLNK(mode) else "",
    )


def parse_go_mode(mode: int) -> int:
    """Go's FileMode as ``st_mode``. Source: https://pkg.go.dev/io/fs#FileMode."""
    kind = next((kind for bit, kind in _TYPES if mode & bit), stat.S_IFREG)
    special = sum(bit for go_bit, bit in _SPECIAL if mode & go_bit)
    return kind | special | mode & 0o777
