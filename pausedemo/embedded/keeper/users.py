"""Whom a container's ``user`` means: names are looked up in the container's own files.

As runc does it (libcontainer/user): a name that is not found is an error, a number that is not
found stands for itself with group 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass


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

    Raises UnknownUser.
    """
    wanted_user, _, wanted_group = user.partition(":")
    wanted_user = wanted_user or "0"
    row = next((row for row in _rows(passwd, 7) if wanted_user in (row[0], row[2])), None)
    if row is not None:
        name, uid, gid, home = row[0], int(row[2]), int(row[3]), row[5]
    elif wanted_user.isdecimal():
        name, uid, gid, home = "", int(wanted_user), 0, "/"
    else:
        raise UnknownUser(f"unable to find user {wanted_user}: no matching entries in passwd file")
    groups = list(_rows(group, 4))
    extra: list[int] = []
    if wanted_group:
        gid = _find_group(wanted_group, groups)
    else:
        extra += [int(row[2]) for row in groups if name and name in row[3].split(",")]
    extra += [_find_group(one, groups) for one in more_groups]
    return Identity(uid, gid, tuple(dict.fromkeys(extra)), home or "/")


def _find_group(wanted: str, groups: Iterable[Sequence[str]]) -> int:
    for row in groups:
        if wanted in (row[0], row[2]):
            return int(row[2])
    if wanted.isdecimal():
        return int(wanted)
    raise UnknownUser(f"unable to find group {wanted}: no matching entries in group file")


def _rows(text: str, fields: int) -> Iterator[list[str]]:
    for line in text.splitlines():
        row = line.strip().split(":")
        if line.startswith("#") or len(row) < fields:
            continue
        if row[2].isdecimal() and (fields < 7 or row[3].isdecimal()):
            yield row
