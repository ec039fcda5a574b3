"""``/images``: list, look, load, save, pull, import, tag, remove."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from pausedemo.embedded.api.lines import Tell, answer_lines
from pausedemo.embedded.errors import BadParameter, NotFound, NotSupported
from pausedemo.embedded.filters import parse_filters
from pausedemo.embedded.images.archive import load_images
from pausedemo.embedded.images.changes import apply_changes
from pausedemo.embedded.images.configs import make_import_config, this_architecture
from pausedemo.embedded.images.events import Events, tell
from pausedemo.embedded.images.filters import (
    LIST_FILTERS,
    PRUNE_FILTERS,
    list_images,
)
from pausedemo.embedded.images.image import Image, render_history, render_inspect, render_summary
from pausedemo.embedded.images.reference import join_reference
from pausedemo.embedded.images.removal import delete_image, prune_images
from pausedemo.embedded.images.save import save_images
from pausedemo.embedded.images.store import ImageStore

_CHUNK: Final = 256 * 1024
_SPOOL: Final = 4 * 1024 * 1024  # bytes written to the disk at once
_TRUE: Final = ("1", "t", "true", "True", "TRUE", "T")


class ImagesApi:
    """The handlers. Blocking work runs in threads; uploads and downloads go through files."""

    def __init__(self, store: ImageStore, events: Events) -> None:
        self._store = store
        self._events = events

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/images/json", self.list),
            web.get("/images/get", self.save),
            web.post("/images/load", self.load),
            web.post("/images/create", self.create),
            web.post("/images/prune", self.prune),
            web.get("/images/{name:.+}/json", self.inspect),
            web.get("/images/{name:.+}/history", self.history),
            web.get("/images/{name:.+}/get", self.save),
            web.post("/images/{name:.+}/tag", self.tag),
            web.delete("/images/{name:.+}", self.remove),
        ]

    async def list(self, request: web.Request) -> web.Response:
        query = request.query
        filters = dict(parse_filters(query.get("filters", ""), LIST_FILTERS))
        if query.get("filter"):  # a name, before API 1.41
            filters["reference"] = (query["filter"],)
        show_all = query.get("all", "") in _TRUE
        found = list_images(self._store.images(), filters, self._store.get, show_all=show_all)
        return web.json_response([render_summary(image) for image in found])

    async def inspect(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        try:
            return web.json_response(render_inspect(self._store.get(name)))
        except NotFound as error:
            raise NotFound(f"no such image: {name}: {error.message}") from None

    async def history(self, request: web.Request) -> web.Response:
        image = self._store.get(request.match_info["name"])
        known = {one.id: one for one in self._store.images()}
        ancestors: dict[int, Image] = {}
        above = image
        while above.parent in known and len(ancestors) < len(known):
            above = known[above.parent]
            ancestors[len(above.config.get("history") or [])] = above
        return web.json_response(render_history(image, ancestors))

    async def tag(self, request: web.Request) -> web.Response:
        image = self._store.get(request.match_info["name"])
        name = join_reference(request.query.get("repo", ""), request.query.get("tag", ""))
        if name.digest:
            raise BadParameter("refusing to create a tag with a digest reference")
        await asyncio.to_thread(self._store.set_name, name, image.id)
        tell(self._events, "tag", image, name.familiar)
        return web.Response(status=201)

    async def remove(self, request: web.Request) -> web.Response:
        rows = await asyncio.to_thread(
            delete_image,
            self._store,
            self._events,
            request.match_info["name"],
            force=request.query.get("force", "") in _TRUE,
            prune=request.query.get("noprune", "") not in _TRUE,
        )
        return web.json_response(rows)

    async def prune(self, request: web.Request) -> web.Response:
        filters = parse_filters(request.query.get("filters", ""), PRUNE_FILTERS)
        answer = await asyncio.to_thread(prune_images, self._store, self._events, filters)
        return web.json_response(answer)

    async def load(self, request: web.Request) -> web.StreamResponse:
        quiet = request.query.get("quiet", "") in _TRUE
        async with self._spool(request) as path:

            def work(say: Tell) -> None:
                load_images(self._store, self._events, path, say, quiet=quiet)

            return await answer_lines(request, work, errors_are_lines=True)

    async def save(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info.get("name")
        names = [name] if name else request.query.getall("names", [])
        if not names:
            raise BadParameter("no images to save: names is empty")
        with self._store.temporary() as path:

            def write() -> None:
                with path.open("wb") as file:
                    save_images(self._store, self._events, names, file)

            await asyncio.to_thread(write)
            return await _send(request, path)

    async def create(self, request: web.Request) -> web.StreamResponse:
        query = request.query
        _check_platform(query.get("platform", ""))
        if query.get("fromImage"):
            # They bring requests along: 8 MB that an engine without a registry does not need.
            from pausedemo.embedded.images.credentials import parse_credentials
            from pausedemo.embedded.images.pull import pull_image

            name = join_reference(query["fromImage"], query.get("tag", ""))
            credentials = parse_credentials(request.headers.get("X-Registry-Auth", ""))

            def pull(say: Tell) -> None:
                pull_image(self._store, self._events, name, say, credentials)

            return await answer_lines(request, pull)
        if query.get("fromSrc") != "-":
            raise NotSupported("import from a URL is not supported: send the archive itself")
        changed = apply_changes({}, query.getall("changes", []))
        repository, tag = query.get("repo", ""), query.get("tag", "")
        wanted = join_reference(repository, tag) if repository else None
        message = query.get("message", "")
        async with self._spool(request) as path:

            def bring(say: Tell) -> None:
                image = self._import(path, changed, message)
                if wanted:
                    self._store.set_name(wanted, image.id)
                tell(self._events, "import", image, wanted.familiar if wanted else "")
                say({"status": image.id})

            return await answer_lines(request, bring)

    def _import(self, path: Path, run_config: dict[str, Any], message: str) -> Image:
        with self._store.lease() as lease, path.open("rb") as file:
            # A file system's tar: in it .wh.x is a name like any other.
            diff_id = self._store.add_layer(file, lease=lease, whiteouts=False)
            config = make_import_config(diff_id, run_config, message)
            return self._store.get(self._store.create_image(config))

    @contextlib.asynccontextmanager
    async def _spool(self, request: web.Request) -> AsyncIterator[Path]:
        """The request's body in a file."""
        with self._store.temporary() as path:
            with path.open("wb") as file:
                parts: list[bytes] = []
                held = total = 0
                async for data in request.content.iter_chunked(_CHUNK):
                    parts.append(data)
                    held += len(data)
                    total += len(data)
                    if total > self._store.limits.max_bytes:
                        raise BadParameter("archive is longer than this engine takes")
                    if held >= _SPOOL:
                        await asyncio.to_thread(file.writelines, parts)
                        parts, held = [], 0
                file.writelines(parts)
            yield path


async def _send(request: web.Request, path: Path) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/x-tar"})
    response.content_length = path.stat().st_size
    await response.prepare(request)
    with path.open("rb") as file:
        while data := await asyncio.to_thread(file.read, _CHUNK):
            await response.write(data)
    await response.write_eof()
    return response


def _check_platform(text: str) -> None:
    if text and text not in ("linux", f"linux/{this_architecture()}"):
        raise NotSupported(f"this engine runs linux/{this_architecture()} only, not {text}")
