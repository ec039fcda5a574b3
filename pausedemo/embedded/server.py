"""HTTP on the engine's socket: versions, errors, and requests that must not be cut short."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import traceback
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from pausedemo.embedded.api.requests import API
from pausedemo.embedded.api.system import API_VERSION, ENGINE_NAME, MIN_API_VERSION
from pausedemo.embedded.errors import ApiError, BadParameter, NotModified, NotSupported

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_VERSION: Final = r"/v{api_major:\d+}.{api_minor:\d+}"
#: Their answers last as long as the client listens; all other changes are carried through even
#: when the client goes away in the middle, as dockerd does.
_STREAMING: Final = ("/wait", "/attach", "/archive", "/images/load", "/images/create", "/build")
_CHANGING: Final = frozenset({"POST", "PUT", "DELETE"})
#: Clients newer than us ask by our version after the ping; older than this are refused.
_OLDEST: Final = tuple(map(int, MIN_API_VERSION.split(".")))
_NEWEST: Final = tuple(map(int, API_VERSION.split(".")))

_BEGUN: Final = web.RequestKey("begun", bool)
"""On a request some of whose answer may be on its way."""

log = logging.getLogger(__name__)


def make_application(routes: Sequence[web.RouteDef]) -> web.Application:
    """The whole API, with and without a version before each path."""
    application = web.Application(
        middlewares=[answer_errors, read_version, carry_through], client_max_size=0
    )
    for route in routes:
        application.router.add_routes([route])
        application.router.add_routes(
            [web.RouteDef(route.method, _VERSION + route.path, route.handler, route.kwargs)]
        )
    application.on_response_prepare.append(_name_engine)
    return application


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every error is ``{"message": ...}`` with dockerd's status."""
    try:
        return await handler(request)
    except NotModified:
        return web.Response(status=304)
    except ApiError as error:
        return _refuse(request, error.status, error.message)
    except web.HTTPException as error:
        if error.status in (404, 405):
            text = f"the embedded engine does not know {request.method} {request.path}"
            return _refuse(request, NotSupported.status, text)
        return _refuse(request, error.status, error.reason)
    except web.RequestPayloadError as error:
        return _refuse(request, 400, f"cannot read the request's body: {error}")
    except ConnectionResetError:
        # The client has gone in the middle. What is returned nobody reads.
        return web.Response()
    except asyncio.CancelledError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the client is told
        log.error("%s %s\n%s", request.method, request.path, traceback.format_exc())
        return _refuse(request, 500, f"{type(error).__name__}: {error}")


@web.middleware
async def read_version(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Put the version that the client speaks into ``request[API]``."""
    info = request.match_info
    if "api_major" not in info:
        request[API] = _NEWEST
        return await handler(request)
    version = int(info["api_major"]), int(info["api_minor"])
    said = f"{version[0]}.{version[1]}"
    if version < _OLDEST:
        raise BadParameter(
            f"client version {said} is too old. Minimum supported API version is "
            f"{MIN_API_VERSION}, please upgrade your client to a newer version"
        )
    if version > _NEWEST:
        raise BadParameter(
            f"client version {said} is too new. Maximum supported API version is {API_VERSION}"
        )
    request[API] = version
    return await handler(request)


@web.middleware
async def carry_through(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Changes go on when their client has gone."""
    if request.method not in _CHANGING or request.path.endswith(_STREAMING):
        return await handler(request)
    work = asyncio.ensure_future(handler(request))
    work.add_done_callback(_look_at)
    return await asyncio.shield(work)


async def serve(application: web.Application, listening: socket.socket) -> web.AppRunner:
    """Answer on the socket; the runner's ``cleanup`` ends it."""
    logger = logging.getLogger(f"{__name__}.http")
    logger.addFilter(_is_our_fault)
    runner = web.AppRunner(
        application,
        access_log=None,
        logger=logger,
        handler_cancellation=True,
        shutdown_timeout=2.0,
    )
    await runner.setup()
    await web.SockSite(runner, listening, backlog=1024).start()
    return runner


def _is_our_fault(record: logging.LogRecord) -> bool:
    """Who sends no HTTP is told so with 400; the engine's own log has nothing to learn from it."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, (HttpProcessingError, web.RequestPayloadError, ConnectionError))


async def _name_engine(request: web.Request, response: web.StreamResponse) -> None:
    request[_BEGUN] = True
    headers = response.headers
    headers["Api-Version"] = API_VERSION
    headers["Docker-Experimental"] = "false"
    headers["Ostype"] = "linux"
    headers["Server"] = f"{ENGINE_NAME} (linux)"


def _refuse(request: web.Request, status: int, message: str) -> web.Response:
    if _BEGUN in request and request.transport is not None:
        # No second answer in the middle of the first: the client sees that it was cut off.
        request.transport.close()
        return web.Response()
    body = json.dumps({"message": message}) + "\n"
    # Without a charset: the docker command knows this type in this form only.
    return web.Response(status=status, body=body.encode(), content_type="application/json")


def _look_at(work: asyncio.Future[web.StreamResponse]) -> None:
    """Take the error of a request whose client is gone, so that nobody complains of it."""
    if not work.cancelled():
        work.exception()
