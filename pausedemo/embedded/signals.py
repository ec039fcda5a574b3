"""Names and numbers of signals, as clients and Dockerfiles write them."""

from __future__ import annotations

import re
import signal
from typing import Final

from pausedemo.embedded.errors import BadParameter

_REAL_TIME: Final = re.compile(r"RTMIN(?:\+([1-9]|1[0-5]))?|RTMAX(?:-([1-9]|1[0-4]))?", re.ASCII)


def parse_signal(name: str) -> int:
    """A signal's number from ``TERM``, ``SIGTERM``, ``RTMIN+3`` or ``15``. Raises BadParameter.

    Source: moby 20.10, pkg/signal.
    """
    text = str(name or "KILL").upper()
    if text.isdecimal() and 0 < int(text) < signal.NSIG:
        return int(text)
    text = text.removeprefix("SIG")
    if found := _REAL_TIME.fullmatch(text):
        if text.startswith("RTMIN"):
            return signal.SIGRTMIN + int(found[1] or 0)
        return signal.SIGRTMAX - int(found[2] or 0)
    named = getattr(signal, f"SIG{text}", None)
    if isinstance(named, signal.Signals):
        return int(named)
    raise BadParameter(f"Invalid signal: {name}")
