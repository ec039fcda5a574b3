"""POST /build: a context comes in, lines about each step go out, an image stays.

The builder is loaded by the first build: it takes memory that most engines never need.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from pausedemo.embedded.build.workbench import Workbench
from pausedemo.embedded.errors import ApiError

if TYPE_CHECKING:
    from pausedemo.embedded.build.context import Prepared
    from pausedemo.embedded.build.options import BuildOptions

CHUNK: Final = 1 << 20
QUIET_LIMIT: Final = 10_000  # lines that a quiet build keeps for the case that it fails


class BuildApi:
    """The endpoints, over ``bench``, which names and stores what is built."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/build", self.build), web.post("/build/prune", self.prune)]

    async def prune(self, _request: web.Request) -> web.Response:
        """The cache is images' parents only: there is nothing beside the images to be removed."""
        return web.json_response({"CachesDeleted": None, "SpaceReclaimed": 0})

    async def build(self, request: web.Request) -> web.StreamResponse:
        from pausedemo.embedded.build.context import prepare
        from pausedemo.embedded.build.options import parse_options

        query = request.query
        options = parse_options({name: query.getall(name) for name in query})
        # Both files are closed here and not in a thread: a request that is cancelled would
        # take the closing with it.
        with tempfile.TemporaryFile(prefix="pausedemo-context-") as file:
            with tempfile.TemporaryFile(prefix="pausedemo-sent-") as sent:
                # To the disk: a context may be larger than the memory.
                async for chunk in request.content.iter_chunked(CHUNK):
                    await asyncio.to_thread(sent.write, chunk)
                sent.seek(0)
                prepared = await asyncio.to_thread(prepare, sent, file, options)
            return await self._answer(request, prepared, options)

    async def _answer(
        self, request: web.Request, prepared: Prepared, options: BuildOptions
    ) -> web.StreamResponse:
        from pausedemo.embedded.build.executor import Executor

        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        kept: list[dict[str, Any]] = []

        async def send(item: dict[str, Any]) -> None:
            await response.write(json.dumps(item).encode() + b"\r\n")

        async def keep(item: dict[str, Any]) -> None:
            if "stream" in item and len(kept) < QUIET_LIMIT:
                kept.append(item)

        say = keep if options.quiet else send
        executor = Executor(self._bench, prepared.context, prepared.plan, options, say)
        try:
            image_id = await executor.run()
            if options.quiet:
                await send({"stream": f"{image_id}\n"})
        except ApiError as error:
            for item in kept:
                await send(item)
            await send(_render_error(error))
        await response.write_eof()
        return response


def _render_error(error: ApiError) -> dict[str, Any]:
    from pausedemo.embedded.build.executor import StepFailed

    detail: dict[str, Any] = {"message": str(error)}
    if isinstance(error, StepFailed):
        detail = {"code": error.code, **detail}
    return {"errorDetail": detail, "error": str(error)}
