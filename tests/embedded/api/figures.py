"""What an engine holds: descriptors, processes, memory. And waiting until it holds no more."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

SETTLE_S = 30.0

_T = TypeVar("_T")


def count_descriptors(pid: int) -> int:
    return len(list_descriptors(pid))


def list_descriptors(pid: int) -> list[str]:
    """What each is, so that a failure tells what was forgotten."""
    found = []
    for one in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # it was closed meanwhile
            found.append(f"{one.name}: {one.readlink()}")
    return found


def find_children(pid: int) -> tuple[int, ...]:
    """Of all its threads."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += map(int, (task / "children").read_text().split())
    return tuple(sorted(found))


def find_keeper(engine: int) -> int:
    """The engine's child that starts everything: the first."""
    return find_children(engine)[0]


def read_memory(pid: int) -> dict[str, int]:
    """The kernel's figures for one process, bytes: Rss, Private_Dirty and the like."""
    figures: dict[str, int] = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        key, value, _unit = line.split()
        figures[key.removesuffix(":")] = int(value) * 1024
    return figures


def measure_memory(engine: int) -> tuple[int, int]:
    """Resident bytes of the engine, and what its keeper adds that the two do not share."""
    keeper = read_memory(find_keeper(engine))
    own = keeper["Private_Clean"] + keeper["Private_Dirty"]
    return read_memory(engine)["Rss"], own


def settle(ask: Callable[[], _T], is_wanted: Callable[[_T], bool]) -> _T:
    """Ask until the answer is the wanted one, or for half a minute; the last answer."""
    deadline = time.monotonic() + SETTLE_S
    while not is_wanted(answer := ask()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return answer
