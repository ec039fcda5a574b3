"""Loads libraries without what the engine has no use for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_tls() -> Iterator[None]:
    """Let what is imported meanwhile find a Python without ``ssl``, unless that is loaded already.

    asyncio and aiohttp are made to work on one. Else they load OpenSSL, and aiohttp's client reads
    all certificates of the machine with its import: 4 MB and 70 ms, for an engine that serves a
    Unix socket. Whoever imports ``ssl`` later, to speak to a registry, gets it.
    """
    if "ssl" in sys.modules:
        yield
        return
    # As importlib has it for a module that is not there; the type says that it cannot be.
    sys.modules["ssl"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["ssl"]
