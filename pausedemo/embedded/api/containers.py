"""/containers: everything about them but their streams and files."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web

from pausedemo.embedded.api.requests import (
    API,
    query_bool,
    query_filters,
    query_int,
    read_json,
)
from pausedemo.embedded.containers.belonging import find_by_mount_namespace
from pausedemo.embedded.containers.container import Container
from pausedemo.embedded.containers.etcfiles import file_owner
from pausedemo.embedded.containers.execs import Execs
from pausedemo.embedded.containers.life import Lives
from pausedemo.embedded.containers.node import Node
from pausedemo.embedded.containers.options import check_name, parse_restart_policy
from pausedemo.embedded.containers.processes import list_processes
from pausedemo.embedded.containers.selection import FILTERS, select
from pausedemo.embedded.containers.shapes import HOST, check_shape
from pausedemo.embedded.containers.stats import read_stats
from pausedemo.embedded.containers.views import inspect_container, render_row, render_size
from pausedemo.embedded.containers.waiting import wait_end, wait_removed
from pausedemo.embedded.disk import measure_tree
from pausedemo.embedded.errors import BadParameter, Conflict, NotFound
from pausedemo.embedded.filters import match_labels, parse_until

STATS_INTERVAL_S: Final = 1.0


class ContainersApi:
    """Handlers of one engine's containers."""

    def __init__(self, node: Node, lives: Lives, execs: Execs) -> None:
        self._node = node
        self._lives = lives
        self._execs = execs

    def routes(self) -> list[web.RouteDef]:
        """Paths without a version."""
        one = "/containers/{id}"
        return [
            web.get("/containers/json", self.list),
            web.post("/containers/create", self.create),
            web.post("/containers/prune", self.prune),
            # With slashes too: ``docker inspect IMAGE`` asks here first, and goes on when told no.
            web.get("/containers/{id:.+}/json", self.inspect),
            web.get(f"{one}/top", self.top),
            web.get(f"{one}/stats", self.stats),
            web.post(f"{one}/start", self.start),
            web.post(f"{one}/stop", self.stop),
            web.post(f"{one}/restart", self.restart),
            web.post(f"{one}/kill", self.kill),
            web.post(f"{one}/pause", self.pause),
            web.post(f"{one}/unpause", self.unpause),
            web.post(f"{one}/rename", self.rename),
            web.post(f"{one}/wait", self.wait),
            web.post(f"{one}/update", self.update),
            web.delete(one, self.remove),
        ]

    async def list(self, request: web.Request) -> web.Response:
        filters = query_filters(request, FILTERS)
        limit = query_int(request, "limit", 0)
        every = query_bool(request, "all") or "status" in filters or limit > 0
        chosen = select(self._node.containers, filters, every=every, find=self._node.containers.get)
        chosen.sort(key=lambda one: one.created_ns, reverse=True)
        if limit > 0:
            chosen = chosen[:limit]
        has_size = query_bool(request, "size")
        sizes = [await _measure(one) if has_size else None for one in chosen]
        rows = [
            render_row(one, one.sandbox, size=size) for one, size in zip(chosen, sizes, strict=True)
        ]
        return web.json_response(rows)

    async def create(self, request: web.Request) -> web.Response:
        body = await read_json(request)
        query = request.query
        if request[API] < (1, 44) and isinstance(body.get("Healthcheck"), dict):
            body["Healthcheck"].pop("StartInterval", None)
        container = await self._lives.create(query.get("name"), body, query.get("platform", ""))
        return web.json_response({"Id": container.id, "Warnings": []}, status=201)

    async def inspect(self, request: web.Request) -> web.Response:
        container = self._find(request)
        driver = self._node.platform.storage_driver
        shown = inspect_container(container, container.sandbox, driver)
        if query_bool(request, "size"):
            shown |= render_size(container, await _measure(container))
        owner = file_owner(self._node, container) if container.donor("NetworkMode") else container
        if owner is not container:
            for key, name in (
                ("HostsPath", "hosts"),
                ("HostnamePath", "hostname"),
                ("ResolvConfPath", "resolv.conf"),
            ):
                shown[key] = str(owner.folder / name)
        return web.json_response(shown)

    async def top(self, request: web.Request) -> web.Response:
        container = self._find(request)
        arguments = request.query.get("ps_args") or "-ef"
        pids = await asyncio.to_thread(find_by_mount_namespace, container.mount_namespace or 0)
        found = await list_processes(container, pids, arguments)
        self._node.tell("top", container)
        return web.json_response(found)

    async def stats(self, request: web.Request) -> web.StreamResponse:
        container = self._find(request)
        if not query_bool(request, "stream", default=True):
            first = await asyncio.to_thread(read_stats, container, {})
            if not query_bool(request, "one-shot"):
                await asyncio.sleep(STATS_INTERVAL_S)
                first = await asyncio.to_thread(read_stats, container, first)
            return web.json_response(first)
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        before: dict[str, Any] = {}
        while self._node.containers.get(container.id) is not None:
            before = await asyncio.to_thread(read_stats, container, before)
            await response.write(json.dumps(before).encode() + b"\n")
            await asyncio.sleep(STATS_INTERVAL_S)
        return response

    async def start(self, request: web.Request) -> web.Response:
        await self._lives.start(self._find(request))
        return web.Response(status=204)

    async def stop(self, request: web.Request) -> web.Response:
        return await self._apply(request, self._lives.stop)

    async def restart(self, request: web.Request) -> web.Response:
        return await self._apply(request, self._lives.restart)

    async def kill(self, request: web.Request) -> web.Response:
        reference = request.match_info["id"]
        signal_name = request.query.get("signal") or "SIGKILL"
        try:
            await self._lives.kill(self._find(request), signal_name)
        except (NotFound, Conflict) as error:
            raise type(error)(f"Cannot kill container: {reference}: {error.message}") from None
        return web.Response(status=204)

    async def pause(self, request: web.Request) -> web.Response:
        await self._lives.pause(self._find(request))
        return web.Response(status=204)

    async def unpause(self, request: web.Request) -> web.Response:
        await self._lives.unpause(self._find(request))
        return web.Response(status=204)

    async def rename(self, request: web.Request) -> web.Response:
        container = self._find(request)
        name = request.query.get("name") or ""
        if not name:
            raise BadParameter("Neither old nor new names may be empty")
        if name.removeprefix("/") == container.name:
            raise BadParameter("Renaming a container with the same name as its current name")
        try:
            await self._lives.rename(container, check_name(f"/{name}"))
        except (BadParameter, Conflict) as error:
            raise type(error)(f"Error when allocating new name: {error.message}") from None
        return web.Response(status=204)

    async def wait(self, request: web.Request) -> web.StreamResponse:
        """The head goes at once: the client starts the container only then."""
        container = self._find(request)
        condition = request.query.get("condition") or "not-running"
        if condition == "not-running":
            if container.state.is_running:
                waiting = wait_end(self._node.loop, container)
            else:
                waiting = asyncio.ensure_future(_give(container.state.exit_code))
        elif condition == "next-exit":
            waiting = wait_end(self._node.loop, container)
        elif condition == "removed":
            waiting = wait_removed(self._node.loop, container)
        else:
            raise BadParameter(f'invalid condition: "{condition}"')
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        try:
            await response.prepare(request)
            code = await waiting
            body: dict[str, Any] = {"StatusCode": code}
            if request[API] < (1, 42):
                body = {"Error": None, **body}
            await response.write(json.dumps(body).encode() + b"\n")
        finally:
            waiting.cancel()
        return response

    async def update(self, request: web.Request) -> web.Response:
        container = self._find(request)
        body = await read_json(request)
        check_shape(body, HOST)
        asked = {key for key, value in body.items() if value not in (None, 0, "", [], {}, False)}
        if not (body.get("RestartPolicy") or {}).get("Name"):
            asked.discard("RestartPolicy")  # the docker command always sends one
        if asked - {"RestartPolicy"}:
            raise BadParameter(
                "the embedded engine can update the restart policy only, not "
                + ", ".join(sorted(asked - {"RestartPolicy"}))
            )
        if "RestartPolicy" in asked:
            container.restart_policy = parse_restart_policy(body)
            container.host["RestartPolicy"] = body["RestartPolicy"]
        return web.json_response({"Warnings": None})

    async def remove(self, request: web.Request) -> web.Response:
        container = self._find(request)
        if query_bool(request, "link"):
            raise BadParameter("the embedded engine has no links")
        await self._lives.remove(
            container, force=query_bool(request, "force"), volumes=query_bool(request, "v")
        )
        return web.Response(status=204)

    async def prune(self, request: web.Request) -> web.Response:
        filters = query_filters(request, ["label", "label!", "until"])
        until_ns = parse_until(filters, time.time_ns())
        removed, freed = [], 0
        for container in self._node.containers:
            labels = container.config["Labels"]
            is_wanted = match_labels(labels, filters.get("label", ()))
            if any(match_labels(labels, [one]) for one in filters.get("label!", ())):
                is_wanted = False
            is_wanted &= until_ns is None or container.created_ns <= until_ns
            if is_wanted and not container.state.is_running:
                freed += await _measure(container)
                await self._lives.remove(container, force=False, volumes=False)
                removed.append(container.id)
        return web.json_response({"ContainersDeleted": removed or None, "SpaceReclaimed": freed})

    def _find(self, request: web.Request) -> Container:
        return self._node.containers.find(request.match_info["id"])

    async def _apply(
        self,
        request: web.Request,
        action: Callable[[Container, float | None, str | None], Awaitable[None]],
    ) -> web.Response:
        container = self._find(request)
        grace = query_int(request, "t", None)
        await action(container, grace, request.query.get("signal"))
        return web.Response(status=204)


async def _measure(container: Container) -> int:
    """Bytes that the container has written into its own layer."""
    return await asyncio.to_thread(measure_tree, container.folder / "upper")


async def _give(code: int) -> int:
    return code
