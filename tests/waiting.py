"""Waiting for what comes when it comes: by looking again, until a deadline, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

#: Far more than anything takes, even on a slow and busy machine.
DEADLINE_S: Final = 60.0
POLL_S: Final = 0.01

T = TypeVar("T")


def wait_until(what: str, look: Callable[[], T | None], deadline_s: float = DEADLINE_S) -> T:
    """Look again and again until there is something to see; AssertionError at the deadline."""
    deadline = time.monotonic() + deadline_s
    while not (seen := look()):
        assert time.monotonic() < deadline, f"{what}: not so within {deadline_s:g} s"
        time.sleep(POLL_S)
    return seen
