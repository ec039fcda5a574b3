"""What happened, for those who listen now and those who ask for the past."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final

from pausedemo.embedded.filters import Filters, match_labels

#: As many as dockerd remembers: moby, daemon/events/events.go.
REMEMBERED: Final = 256
#: A listener that is so far behind is let go, so that it cannot hold the engine's memory.
BACKLOG: Final = 10_000

Record = dict[str, Any]


class Listener(asyncio.Queue[Record | None]):
    """What has happened since it came; None: no more. ``past`` is what was remembered then."""

    def __init__(self, past: tuple[Record, ...]) -> None:
        super().__init__()
        self.past = past


class EventBus:
    """Publishes to every listener in the order of the events."""

    def __init__(self) -> None:
        self._past: deque[Record] = deque(maxlen=REMEMBERED)
        self._listeners: set[Listener] = set()

    def publish(
        self,
        kind: str,
        action: str,
        id: str,  # noqa: A002 - as the networks and images call it
        attributes: Mapping[str, str],
    ) -> None:
        """Tell everybody. ``kind`` is container, image, network or volume."""
        now_ns = time.time_ns()
        record: Record = {
            "Type": kind,
            "Action": action,
            "Actor": {"ID": id, "Attributes": dict(attributes)},
            "scope": "local",
            "time": now_ns // 1_000_000_000,
            "timeNano": now_ns,
        }
        if kind == "container":
            # The names of API 1.22 and before, which docker-py and the CLI still print.
            record = {
                "status": action,
                "id": id,
                "from": attributes.get("image", ""),
                **record,
            }
        elif kind == "image":
            record = {"status": action, "id": id, **record}
        self._past.append(record)
        for listener in list(self._listeners):
            if listener.qsize() >= BACKLOG:
                self._listeners.discard(listener)
                listener.put_nowait(None)
            else:
                listener.put_nowait(record)

    def subscribe(self) -> Listener:
        """A queue of what happens from now on; give it to ``listen``."""
        queue = Listener(tuple(self._past))
        self._listeners.add(queue)
        return queue

    async def listen(
        self,
        queue: Listener,
        filters: Filters,
        since_ns: int | None,
        until_ns: int | None,
    ) -> AsyncGenerator[Record, None]:
        """Past events since then, then those that come, up to ``until_ns`` (Unix time, ns)."""
        for record in queue.past:
            is_wanted = since_ns is not None and since_ns <= record["timeNano"]
            if until_ns is not None:
                is_wanted = is_wanted and record["timeNano"] <= until_ns
            if is_wanted and matches(record, filters):
                yield record
        while True:
            left = None if until_ns is None else (until_ns - time.time_ns()) / 1e9
            if left is not None and left <= 0:
                return
            try:
                heard = await asyncio.wait_for(queue.get(), left)
            except TimeoutError:
                return
            if heard is None:
                return
            if matches(heard, filters):
                yield heard

    def unsubscribe(self, queue: Listener) -> None:
        """Forget a queue."""
        self._listeners.discard(queue)

    def close(self) -> None:
        """Let every listener go."""
        for listener in self._listeners:
            listener.put_nowait(None)


def matches(record: Record, filters: Filters) -> bool:
    """Does an event pass the filters of GET /events? As moby, daemon/events/filter.go."""
    kind, action, actor = record["Type"], record["Action"], record["Actor"]
    names = {actor["ID"], actor["Attributes"].get("name", "")}
    for key, values in filters.items():
        match key:
            case "event":
                is_right = any(
                    action == value or action.startswith(f"{value}:") for value in values
                )
            case "type":
                is_right = kind in values
            case "label":
                is_right = match_labels(actor["Attributes"], values)
            case "container":
                is_right = kind == "container" and any(
                    value in names or actor["ID"].startswith(value) for value in values
                )
            case "image":
                image = actor["Attributes"].get("image", "")
                known = names | {image} if kind == "image" else {image}
                known |= {name.rpartition(":")[0] for name in known}
                is_right = kind in ("image", "container") and any(v in known for v in values)
            case "network" | "volume":
                is_right = kind == key and any(
                    value in names or actor["ID"].startswith(value) for value in values
                )
            case "scope":
                is_right = "local" in values
            case _:
                is_right = True
        if not is_right:
            return False
    return True
