"""Names that containers may have."""

from __future__ import annotations

import re
from typing import Final

from pausedemo.embedded.errors import BadParameter, Conflict

_NAME: Final = re.compile(r"/?[a-zA-Z0-9][a-zA-Z0-9_.-]+")


def check_name(name: str) -> str:
    """A container's name without its slash. Raises BadParameter in dockerd's words."""
    if not _NAME.fullmatch(name):
        raise BadParameter(
            f"Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
        )
    return name.removeprefix("/")


def check_conflict_name(name: str, owner: str) -> Conflict:
    """What dockerd says when a name is taken."""
    return Conflict(
        f'Conflict. The container name "/{name}" is already in use by container "{owner}". '
        "You have to remove (or rename) that container to be able to reuse that name."
    )
