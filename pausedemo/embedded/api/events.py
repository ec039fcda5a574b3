"""GET /events: what happens, as it happens."""

from __future__ import annotations

import json
import time
from contextlib import aclosing
from typing import Final

from aiohttp import web

from pausedemo.embedded.api.requests import query_filters
from pausedemo.embedded.events import EventBus
from pausedemo.embedded.moments import parse_moment

FILTERS: Final = [
    "config",
    "container",
    "daemon",
    "event",
    "image",
    "label",
    "network",
    "node",
    "plugin",
    "scope",
    "secret",
    "service",
    "type",
    "volume",
]


class EventsApi:
    """The handler of the event stream."""

    def __init__(self, events: EventBus) -> None:
        self._events = events

    def routes(self) -> list[web.RouteDef]:
        """Paths without a version."""
        return [web.get("/events", self.events)]

    async def events(self, request: web.Request) -> web.StreamResponse:
        filters = query_filters(request, FILTERS)
        now = time.time_ns()
        since, until = (
            parse_moment(text, now) if text not in (None, "") else None
            for text in (request.query.get("since"), request.query.get("until"))
        )
        # It listens before the head is sent: what the client does next is not missed.
        queue = self._events.subscribe()
        try:
            response = web.StreamResponse(headers={"Content-Type": "application/json"})
            await response.prepare(request)
            async with aclosing(self._events.listen(queue, filters, since, until)) as records:
                async for record in records:
                    await response.write(json.dumps(record).encode() + b"\n")
        finally:
            self._events.unsubscribe(queue)
        return response
