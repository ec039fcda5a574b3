"""Several requests to an engine at once, none of which a signal can cut in two."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable


def do_all(calls: Iterable[Callable[[], object]], name: str = "pod") -> None:
    """Make all calls at once, wait for every one, then raise the first error there was.

    Each has a thread of its own, also a single one: what an interrupted caller has begun is
    ended, and what it made can be found.
    """
    errors: dict[int, BaseException] = {}

    def attempt(index: int, call: Callable[[], object]) -> None:
        try:
            call()
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            errors[index] = error

    threads = [
        threading.Thread(target=attempt, args=(index, call), name=f"{name}-{index}", daemon=True)
        for index, call in enumerate(calls)
    ]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
    finally:
        for thread in threads:
            thread.join()
    if errors:
        raise errors[min(errors)]
