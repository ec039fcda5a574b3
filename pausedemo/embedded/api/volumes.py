"""GET /volumes, POST /volumes/create and the rest of the API's volumes group."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from aiohttp import web

from pausedemo.embedded.api.requests import API
from pausedemo.embedded.errors import BadParameter
from pausedemo.embedded.filters import Filters, match_labels, parse_filters, parse_flag
from pausedemo.embedded.volumes import Volume, Volumes

LISTED_BY: Final = ("dangling", "driver", "label", "name")
PRUNED_BY: Final = ("label", "label!", "all")
PRUNE_KEEPS_NAMED: Final = (1, 42)  # from this API version on, unless ``all`` is asked for


class Events(Protocol):
    """Takes what happened, for GET /events."""

    def publish(self, type: str, action: str, id: str, attributes: dict[str, str]) -> None: ...  # noqa: A002


class VolumesApi:
    """The endpoints, over ``volumes``; what they did goes to ``events``."""

    def __init__(self, volumes: Volumes, events: Events) -> None:
        self._volumes = volumes
        self._events = events

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/volumes", self.list),
            web.post("/volumes/create", self.create),
            web.post("/volumes/prune", self.prune),
            web.get("/volumes/{name:.+}", self.inspect),
            web.delete("/volumes/{name}", self.remove),
        ]

    async def list(self, request: web.Request) -> web.Response:
        filters = parse_filters(request.query.get("filters"), LISTED_BY)
        dangling = parse_flag(filters, "dangling")
        found = [
            volume.render()
            for volume in self._volumes.list()
            if self._is_wanted(volume, filters, dangling)
        ]
        return web.json_response({"Volumes": found, "Warnings": None})

    def _is_wanted(self, volume: Volume, filters: Filters, dangling: bool | None) -> bool:
        names = filters.get("name", ())
        drivers = filters.get("driver", ())
        return (
            (not names or any(name in volume.name for name in names))
            and (not drivers or "local" in drivers)
            and match_labels(volume.labels or {}, filters.get("label", ()))
            and (dangling is None or dangling != bool(self._volumes.holders(volume.name)))
        )

    async def create(self, request: web.Request) -> web.Response:
        wanted = await _read_object(request)
        name = _read_text(wanted, "Name")
        is_new = name not in self._volumes
        volume = self._volumes.create(
            name,
            driver=_read_text(wanted, "Driver"),
            labels=_read_texts(wanted, "Labels"),
            options=_read_texts(wanted, "DriverOpts"),
        )
        if is_new:
            self._tell("create", volume)
        return web.json_response(volume.render(), status=201)

    async def inspect(self, request: web.Request) -> web.Response:
        return web.json_response(self._volumes.get(request.match_info["name"]).render())

    async def remove(self, request: web.Request) -> web.Response:
        force = request.query.get("force", "").lower() in {"1", "true"}
        volume = await asyncio.to_thread(
            self._volumes.remove, request.match_info["name"], force=force
        )
        if volume is not None:
            self._tell("destroy", volume)
        return web.Response(status=204)

    async def prune(self, request: web.Request) -> web.Response:
        filters = parse_filters(request.query.get("filters"), PRUNED_BY)
        keeps_named = request[API] >= PRUNE_KEEPS_NAMED
        named_too = parse_flag(filters, "all") or not keeps_named
        chosen = [
            volume
            for volume in self._volumes.list()
            if (named_too or volume.is_anonymous)
            and match_labels(volume.labels or {}, filters.get("label", ()))
            and not _bears_any(volume, filters.get("label!", ()))
        ]
        removed, freed = await asyncio.to_thread(self._volumes.prune, chosen)
        for volume in chosen:
            if volume.name in removed:
                self._tell("destroy", volume)
        self._events.publish("volume", "prune", "", {"reclaimed": str(freed)})
        return web.json_response({"VolumesDeleted": list(removed) or None, "SpaceReclaimed": freed})

    def _tell(self, action: str, volume: Volume) -> None:
        self._events.publish("volume", action, volume.name, {"driver": "local"})


def _bears_any(volume: Volume, labels: Sequence[str]) -> bool:
    return any(match_labels(volume.labels or {}, [text]) for text in labels)


async def _read_object(request: web.Request) -> Mapping[str, Any]:
    try:
        wanted = await request.json()
    except (ValueError, RecursionError) as error:
        raise BadParameter(f"invalid JSON: {error}") from error
    if not isinstance(wanted, dict):
        raise BadParameter("invalid JSON: an object is wanted")
    return wanted


def _read_text(wanted: Mapping[str, Any], key: str) -> str:
    value = wanted.get(key) or ""
    if not isinstance(value, str):
        raise BadParameter(f"invalid JSON: {key} is no string")
    return value


def _read_texts(wanted: Mapping[str, Any], key: str) -> dict[str, str] | None:
    value = wanted.get(key)
    if value is None:
        return None
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise BadParameter(f"invalid JSON: {key} is no object of strings")
    return value
