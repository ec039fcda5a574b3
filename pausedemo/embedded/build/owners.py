"""``--chown=user:group`` as numbers, by the image's own passwd and group files."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from pausedemo.embedded.errors import BadParameter

NUMBER: Final = re.compile("[0-9]{1,10}")
ID_LIMIT: Final = 2**32 - 2
ReadText = Callable[[str], str]  # a file of the image; "" when there is none


def resolve_owner(chown: str, read: ReadText) -> tuple[int, int]:
    """Uid and gid. A user alone stands for the group of the same name or number, as dockerd has it.

    Raises BadParameter for names that the image does not know.
    """
    user, colon, group = chown.partition(":")
    if not user or (colon and not group) or ":" in group:
        raise BadParameter(f"invalid chown string format: {chown}")
    uid = _find(user, read("/etc/passwd"), "uid", "user")
    gid = _find(group or user, read("/etc/group"), "gid", "group")
    return uid, gid


def _find(name: str, table: str, what: str, kind: str) -> int:
    if NUMBER.fullmatch(name) and int(name) <= ID_LIMIT:
        return int(name)
    for line in table.splitlines():
        fields = line.split(":")
        if fields[0] == name and len(fields) > 2 and NUMBER.fullmatch(fields[2]):
            return int(fields[2])
    raise BadParameter(
        "unable to convert uid/gid chown string to host mapping: "
        f"can't find {what} for {kind} {name}: no such {kind}: {name}"
    )
