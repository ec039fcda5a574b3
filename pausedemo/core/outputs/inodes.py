"""``ls -l /proc/PID/ns`` to namespace inodes: two processes share what has the same inode."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pausedemo.core.outputs.lines import numbered_lines
from pausedemo.errors import ParseError

# namespaces(7), "The /proc/pid/ns/ directory". The kind after the arrow is the namespace's own.
KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "cgroup": "cgroup",
        "ipc": "ipc",
        "mnt": "mnt",
        "net": "net",
        "pid": "pid",
        "pid_for_children": "pid",
        "time": "time",
        "time_for_children": "time",
        "user": "user",
        "uts": "uts",
    }
)

# ``ls`` puts the target in quotes on a terminal. A link that could not be read has no arrow.
_LINK: Final = re.compile(
    r"l[rwxt-]{9}[.+@]? .* (?:/[^ ]*/)?(?P<link>[a-z_]+) -> "
    r"(?P<quote>'?)(?P<kind>[a-z]+):\[(?P<inode>\d{1,20})\](?P=quote)",
    re.ASCII,
)
_TOTAL: Final = re.compile(r"total \d+", re.ASCII)


def parse_namespaces(text: str) -> Mapping[str, int]:
    """Inode by link name (``net``, ``pid_for_children``), in printed order.

    ``text`` is the whole stdout of ``ls -l`` on the folder, or on some of its links. Which links
    there are depends on the kernel: a missing key is a namespace that nobody looked at.

    Raises ParseError (line number from 1, the line) on a link that ``ls`` could not read, as a
    zombie's, and on text without any link. Source: captures in tests/data/namespaces/.
    """
    inodes: dict[str, int] = {}
    number, line = 1, ""
    for number, line in numbered_lines(text):
        if number == 1 and _TOTAL.fullmatch(line):
            continue
        match = _LINK.fullmatch(line)
        if match is None or match["link"] in inodes or KINDS.get(match["link"]) != match["kind"]:
            raise ParseError("ls -l output on namespaces", number, line)
        inodes[match["link"]] = int(match["inode"])
    if not inodes:
        raise ParseError("ls -l output on namespaces", number, line)
    return MappingProxyType(inodes)
