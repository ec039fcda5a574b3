"""The output of ``ps`` to typed rows: BusyBox and procps, whichever columns their header names.

Each column that we know has a shape; a header becomes one pattern for a whole row. So a value
that ran into its neighbour, or a row cut short, does not fit and is an error: never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pausedemo.core.outputs.lines import numbered_lines
from pausedemo.errors import ParseError


@dataclass(frozen=True, slots=True)
class Process:
    """One row of ``ps``. What the chosen columns do not say is ``None``.

    ``user`` is as printed: BusyBox keeps 8 characters of it, procps 7 and a ``+``.
    ``state`` is the text of STAT (``S``, ``Ss+``, ``Z``). ``command`` is the command line as far
    as it was printed, or the short name in brackets where the process has no command line.
    """

    pid: int
    ppid: int | None
    user: str | None
    state: str | None
    command: str

    @property
    def zombie(self) -> bool | None:
        """Whether the process has ended and waits to be reaped; ``None``: this ``ps`` did not say.

        Only STAT tells. BusyBox prints ``[name]`` for zombies, kernel threads and any process
        that cleared its arguments alike, and a process may call itself ``x <defunct>``.
        """
        return None if self.state is None else self.state.startswith("Z")


_INTEGER: Final = r"\d{1,10}"
_NUMBER: Final = r"-?\d{1,20}(?:\.\d+)?"
_SIZE: Final = r"\d{1,20}[kmgtKMGT]?"
_CLOCK: Final = r"\d[\d:.dh-]*"
# procps: ``04:01``, ``Nov24``, ``Nov 24``, ``2025``, and lstart's ``Tue Nov 24 04:01:31 2026``.
_START: Final = (
    r"[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d [\d:]{8} \d{4}|[A-Z][a-z]{2} ?[ \d]?\d|[\d:]{4,8}"
)
# Older BusyBox leaves a blank where ``W`` could stand (libbb/procps.c): ``S N``.
_STATE: Final = r"[A-Z] [N<](?= )|[A-Za-z][A-Za-z<+]*"
_WORD: Final = r"[^ ]+"

_SHAPES: Final[Mapping[str, str]] = {
    "PID": _INTEGER,
    "PPID": _INTEGER,
    "PGID": _INTEGER,
    "SID": _INTEGER,
    "USER": _WORD,
    "UID": _WORD,
    "GROUP": _WORD,
    "RUSER": _WORD,
    "RGROUP": _WORD,
    "STAT": _STATE,
    "S": r"[A-Za-z]",
    "%CPU": _NUMBER,
    "%MEM": _NUMBER,
    "C": _NUMBER,
    "PRI": _NUMBER,
    "NI": r"-?\d{1,3}|-",
    "VSZ": _SIZE,
    "RSS": _SIZE,
    "SZ": _SIZE,
    "F": r"\d+",
    "WCHAN": _WORD,
    "ADDR": _WORD,
    "TTY": _WORD,
    "TT": _WORD,
    "START": _START,
    "STIME": _START,
    "STARTED": _START,
    "TIME": _CLOCK,
    "ELAPSED": _CLOCK,
}
_COMMANDS: Final = ("COMMAND", "CMD")
_GROUPS: Final[Mapping[str, str]] = {
    "PID": "pid",
    "PPID": "ppid",
    "USER": "user",
    "UID": "user",
    "STAT": "state",
    "S": "state",
}
# BusyBox writes ``{comm} args`` where the process's short name is not the name in its arguments.
# The kernel keeps 15 bytes of a short name.
_SHORT_NAME: Final = re.compile(r"\{.{1,15}?\} (?=[^ ])")


def parse_ps(text: str) -> tuple[Process, ...]:
    """Rows of ``ps``, ``ps aux``, ``ps -ef`` or ``ps -o ...``, in printed order.

    ``text`` is the whole stdout, header included; a PID column is needed, and COMMAND or CMD as
    the last one. BusyBox's ``{short name}`` before a command is left out.

    Raises ParseError (line number from 1, the line) on a header or row that does not fit.
    Source: captures in tests/data/ps/.
    """
    lines = numbered_lines(text)
    number, header = next(lines, (1, ""))
    pattern = _row_pattern(header)
    if pattern is None:
        raise ParseError("ps output", number, header)
    # procps sets numbers and their titles flush right; BusyBox sets titles flush left.
    busybox = re.match(r"P?PID ", header) is not None
    return tuple(_parse_row(pattern, busybox, number, line) for number, line in lines)


@lru_cache(maxsize=32)
def _row_pattern(header: str) -> re.Pattern[str] | None:
    """Make the pattern of the rows below a header; ``None`` for a header that we cannot read."""
    *titles, last = header.split() or [""]
    if last not in _COMMANDS or "PID" not in titles or not _SHAPES.keys() >= set(titles):
        return None
    parts = []
    groups: set[str] = set()
    for title in titles:
        group = _GROUPS.get(title)
        if group is None:
            parts.append(f"(?:{_SHAPES[title]})")
        elif group in groups:
            return None
        else:
            groups.add(group)
            parts.append(f"(?P<{group}>{_SHAPES[title]})")
    return re.compile(" *" + " +".join([*parts, "(?P<command>[^ ].*)"]), re.ASCII | re.DOTALL)


def _parse_row(pattern: re.Pattern[str], busybox: bool, number: int, line: str) -> Process:
    match = pattern.fullmatch(line)
    if match is None:
        raise ParseError("ps output", number, line)
    found = match.groupdict()
    command = found["command"].rstrip(" ")
    if busybox:
        command = _SHORT_NAME.sub("", command, count=1) if command[0] == "{" else command
    ppid = found.get("ppid")
    return Process(
        pid=int(found["pid"]),
        ppid=None if ppid is None else int(ppid),
        user=found.get("user"),
        state=found.get("state"),
        command=command,
    )
