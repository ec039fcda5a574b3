"""Networks over HTTP."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from typing import Any

from aiohttp import web

from pausedemo.embedded.api.requests import query_filters
from pausedemo.embedded.errors import BadParameter, NotFound
from pausedemo.embedded.network.joining import check_joining, check_leaving
from pausedemo.embedded.network.model import FindMember
from pausedemo.embedded.network.networks import Networks
from pausedemo.embedded.network.placing import check_attachment, parse_attachment
from pausedemo.embedded.network.views import LIST_FILTERS, PRUNE_FILTERS


class NetworksApi:
    """The handlers of /networks. ``find_member`` finds a container by name or id."""

    def __init__(self, networks: Networks, find_member: FindMember) -> None:
        self._networks = networks
        self._find_member = find_member

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/networks", self.list),
            web.get("/networks/", self.list),
            web.post("/networks/create", self.create),
            web.post("/networks/prune", self.prune),
            web.get("/networks/{id:.+}", self.inspect),
            web.delete("/networks/{id:.+}", self.delete),
            web.post("/networks/{id:.+}/connect", self.connect),
            web.post("/networks/{id:.+}/disconnect", self.disconnect),
        ]

    async def list(self, request: web.Request) -> web.Response:
        return web.json_response(self._networks.list(query_filters(request, LIST_FILTERS)))

    async def inspect(self, request: web.Request) -> web.Response:
        if request.query.get("scope") not in (None, "", "local"):
            raise NotFound(f"network {request.match_info['id']} not found")
        return web.json_response(self._networks.inspect(request.match_info["id"]))

    async def create(self, request: web.Request) -> web.Response:
        identity, warning = await self._networks.create(await _read_body(request))
        return web.json_response({"Id": identity, "Warning": warning}, status=201)

    async def delete(self, request: web.Request) -> web.Response:
        await self._networks.delete(request.match_info["id"])
        return web.Response(status=204)

    async def prune(self, request: web.Request) -> web.Response:
        removed = await self._networks.prune(query_filters(request, PRUNE_FILTERS))
        return web.json_response({"NetworksDeleted": list(removed) or None})

    async def connect(self, request: web.Request) -> web.Response:
        body = await _read_body(request)
        network = self._networks.find(request.match_info["id"])
        member = self._find_member(_container(body))
        attachment = parse_attachment(network.name, body.get("EndpointConfig"))
        check_joining(network, member)
        check_attachment(network, attachment)
        if member.sandbox is not None and network.pool is not None:
            named = replace(attachment, hostname=member.hostname)
            await self._networks.connect(member.sandbox, named)
        member.attached(attachment)
        return web.Response()

    async def disconnect(self, request: web.Request) -> web.Response:
        body = await _read_body(request)
        network = self._networks.find(request.match_info["id"])
        member = self._find_member(_container(body))
        check_leaving(network, member)
        if member.sandbox is not None and network.pool is not None:
            await self._networks.disconnect(member.sandbox, network.id)
        # It may have been removed from the network meanwhile, by another request.
        with contextlib.suppress(KeyError):
            member.detached(network.name)
        return web.Response()


def _container(body: Any) -> str:
    container = body.get("Container")
    if not isinstance(container, str) or not container:
        raise BadParameter("invalid container name or ID: value is empty")
    return container


async def _read_body(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.read() or b"{}")
    except ValueError as error:
        raise BadParameter(f"invalid JSON: {error}") from error
    if not isinstance(body, dict):
        raise BadParameter("the request's body is not a JSON object")
    return body
