"""A real engine whose requests are counted, and whose events can be cut off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from pausedemo.core import naming
from pausedemo.engine.port import Engine, EventStream


class Watched:
    """``requests`` by name. ``deaf``: no event of the engine arrives."""

    def __init__(self, engine: Engine, *, deaf: bool = False) -> None:
        self.requests: Counter[str] = Counter()
        self._engine = engine
        self._deaf = deaf

    def events(
        self, labels: Mapping[str, str | None], volumes: str | None = None
    ) -> AbstractContextManager[EventStream]:
        if self._deaf:
            # A real stream of the engine, of a pod that nobody has: it never says anything.
            return self._engine.events({naming.POD_UID: "nobody"})
        return self._engine.events(labels, volumes=volumes)

    def __getattr__(self, name: str) -> Any:
        self.requests[name] += 1
        return getattr(self._engine, name)
