"""What a file has beside its bytes: times and extended attributes, from a tar's entry."""

from __future__ import annotations

import errno
import os
import tarfile
from decimal import Decimal, InvalidOperation
from typing import Final

from pausedemo.embedded.images.limits import BadArchive

_LATEST_S: Final = 2**33  # nanoseconds of it are a C long long
_XATTR: Final = "SCHILY.xattr."
_NO_XATTR: Final = (errno.EPERM, errno.ENOTSUP, errno.EINVAL, errno.ENOSPC, errno.E2BIG)


def set_time(what: int | str, parent: int | None, entry: tarfile.TarInfo) -> None:
    """The time of modification, to the nanosecond where the archive has it."""
    exact = entry.pax_headers.get("mtime", "")
    try:
        if not abs(entry.mtime) < _LATEST_S:
            raise ValueError(entry.mtime)
        # The text may say 1e999999999 where the number was cut: short ones only.
        seconds = Decimal(
            exact if 0 < len(exact) < 32 and "e" not in exact.lower() else entry.mtime
        )
        nanoseconds = int(seconds * 1_000_000_000)
        times = (nanoseconds, nanoseconds)
        os.utime(what, ns=times, dir_fd=parent, follow_symlinks=parent is None)
    except (ArithmeticError, InvalidOperation, OverflowError, ValueError):
        raise BadArchive(f"archive has an impossible time: {entry.name}") from None


def set_xattrs(opened: int, entry: tarfile.TarInfo) -> None:
    """Capabilities and users' attributes, where the file system takes them.

    ``trusted.`` and ``user.overlay.`` ones are orders to overlayfs (redirects to other
    directories, for one), which no archive may give.
    """
    for key, value in entry.pax_headers.items():
        name = key.removeprefix(_XATTR)
        if name == key or name.startswith("user.overlay."):
            continue
        if name == "security.capability" or name.startswith("user."):
            try:
                os.setxattr(opened, name, value.encode("utf-8", "surrogateescape"))
            except OSError as error:
                if error.errno not in _NO_XATTR:
                    raise
            except ValueError:
                raise BadArchive(f"archive has an impossible attribute: {entry.name}") from None
