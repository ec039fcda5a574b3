"""A group of endpoints served on loopback for one test, with the engine's way to answer errors."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.typedefs import Handler

from pausedemo.embedded.api.requests import API
from pausedemo.embedded.errors import ApiError


class Heard:
    """Events as they were published."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str, str, dict[str, str]]] = []

    def publish(self, type: str, action: str, id: str, attributes: dict[str, str]) -> None:  # noqa: A002
        self.events.append((type, action, id, attributes))


@web.middleware
async def _answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    request[API] = (1, 41)
    try:
        return await handler(request)
    except ApiError as error:
        return web.json_response({"message": str(error)}, status=error.status)


@asynccontextmanager
async def serving(
    routes: Iterable[web.RouteDef],
) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    application = web.Application(middlewares=[_answer_errors], client_max_size=1 << 30)
    application.add_routes(routes)
    async with TestClient(TestServer(application)) as client:
        yield client
