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


def find_started(keeper: int) -> tuple[int, ...]:
    """The keeper's children but those of its own program: spares, and who is not there yet."""
    own = Path(f"/proc/{keeper}/exe").readlink()
    found = []
    for pid in find_children(keeper):
        with contextlib.suppress(FileNotFoundError):  # it has ended meanwhile
            if Path(f"/proc/{pid}/exe").readlink() != own:
                found.append(pid)
    return tuple(found)


def wait_for_rest(engine: int) -> None:
    """Wait until the engine has made its next sandbox, so that this is among what it holds."""
    assert settle(lambda: has_sandbox_ahead(engine), bool)


def has_sandbox_ahead(engine: int) -> bool:
    """Of the namespaces that it holds two have no process: the bridges', and the one ahead."""
    held = {one.partition(": ")[2] for one in list_descriptors(engine)}
    lived_in = set()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            lived_in.add(str((process / "ns/net").readlink()))
    return len({one for one in held if one.startswith("net:")} - lived_in) == 2


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
