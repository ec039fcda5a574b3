"""Whom a container's ``user`` means: names are looked up in the container's own files.

As runc does it (libcontainer/user): a name that is not found is an error, a number that is not
found stands for itself with group 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

LAST_ID: Final = 2**31 - 1


class UnknownUser(Exception):
    """A name that the container's files do not have. The text is dockerd's."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Numbers for setuid, setgid and setgroups, and the home folder."""

    uid: int
    gid: int
    groups: tuple[int, ...]
    home: str


def find_identity(user: str, passwd: str, group: str, more_groups: Sequence[str] = ()) -> Identity:
    """Read ``name|uid[:name|gid]`` with the texts of /etc/passwd and /etc/group.

    A number is never taken for a name. The group itself is among ``groups``, as in dockerd since
    CVE-2022-36109. Raises UnknownUser.
    """
    wanted_user, _, wanted_group = user.partition(":")
    wanted_user = wanted_user or "0"
    row = _find(wanted_user, _rows(passwd, 4))
    if row is not None:
        name, uid, gid, home = row[0], int(row[2]), int(row[3]), (row[5:6] or [""])[0]
    elif _is_number(wanted_user):
        name, uid, gid, home = "", _in_range(wanted_user), 0, "/"
    else:
        raise UnknownUser(f"unable to find user {wanted_user}: no matching entries in passwd file")
    groups = list(_rows(group, 3))
    extra: list[int] = []
    if wanted_group:
        gid = _find_group(wanted_group, groups)
    else:
        members = ((int(row[2]), (row[3:4] or [""])[0].split(",")) for row in groups)
        extra += [number for number, names in members if name and name in names]
    extra += [_find_group(one, groups) for one in more_groups]
    return Identity(uid, gid, tuple(dict.fromkeys([gid, *extra])), home or "/")


def _find_group(wanted: str, groups: Iterable[Sequence[str]]) -> int:
    row = _find(wanted, groups)
    if row is not None:
        return int(row[2])
    if _is_number(wanted):
        return _in_range(wanted)
    raise UnknownUser(f"unable to find group {wanted}: no matching entries in group file")


def _find(wanted: str, rows: Iterable[Sequence[str]]) -> Sequence[str] | None:
    """The first row of that name, or of that number when a number is wanted."""
    if _is_number(wanted):
        return next((row for row in rows if int(row[2]) == int(wanted)), None)
    return next((row for row in rows if row[0] == wanted), None)


def _rows(text: str, fields: int) -> Iterator[list[str]]:
    """Rows that have at least so many fields, and in the last of these and the third numbers."""
    for line in text.splitlines():
        row = line.strip().split(":")
        if line.startswith("#") or len(row) < fields:
            continue
        if all(_is_number(row[at]) and 0 <= int(row[at]) <= LAST_ID for at in (2, fields - 1)):
            yield row


def _is_number(text: str) -> bool:
    """Whether it is one to dockerd, which takes a sign for a part of it."""
    return re.fullmatch("[+-]?[0-9]{1,19}", text) is not None


def _in_range(text: str) -> int:
    if not 0 <= int(text) <= LAST_ID:
        raise UnknownUser(f"uids and gids must be in range 0-{LAST_ID}")
    return int(text)
