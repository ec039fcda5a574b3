"""Answers that are JSON objects, one a line, from work that runs in a thread."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Callable
from typing import Any, Final

from aiohttp import web

from pausedemo.embedded.errors import ApiError, ServerError

Tell = Callable[[dict[str, Any]], None]
_WAITING: Final = 1000  # lines that a client may be behind


class ClientGone(Exception):
    """Raised in the work when nobody reads its lines any more."""


async def answer_lines(
    request: web.Request, work: Callable[[Tell], Any], *, errors_are_lines: bool = False
) -> web.StreamResponse:
    """Run ``work`` in a thread and send each line that it tells.

    An ApiError before the first line is raised, so that it becomes the status; later it becomes
    a line with ``error``, as dockerd does; with ``errors_are_lines`` always. When the client is
    gone, the next line raises ClientGone in ``work``.
    """
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
    gone = threading.Event()
    room = threading.Semaphore(_WAITING)

    def tell(line: dict[str, Any]) -> None:
        while not room.acquire(timeout=1):
            if gone.is_set():
                break
        if gone.is_set():
            raise ClientGone
        loop.call_soon_threadsafe(lines.put_nowait, line)

    def run() -> None:
        try:
            work(tell)
        except OSError as error:  # of the disk
            raise ServerError(str(error)) from error
        finally:
            with contextlib.suppress(RuntimeError):  # the loop is closed: the engine stops
                loop.call_soon_threadsafe(lines.put_nowait, None)

    task = asyncio.create_task(asyncio.to_thread(run))
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    try:
        while (line := await lines.get()) is not None:
            room.release()
            if not response.prepared:
                await response.prepare(request)
            await response.write(_render(line))
        await task
    except ApiError as error:
        if not response.prepared:
            if not errors_are_lines:
                raise
            await response.prepare(request)
        said = {"errorDetail": {"message": error.message}, "error": error.message}
        await response.write(_render(said))
    finally:
        gone.set()
        if not task.done():
            with contextlib.suppress(ClientGone, ApiError):
                await asyncio.shield(task)
    if not response.prepared:
        await response.prepare(request)
    await response.write_eof()
    return response


def _render(line: dict[str, Any]) -> bytes:
    return json.dumps(line).encode() + b"\r\n"
