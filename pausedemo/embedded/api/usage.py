"""GET /system/df: what images, containers and volumes take of the disk."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from aiohttp import web

from pausedemo.embedded.containers.node import Node
from pausedemo.embedded.containers.views import render_row
from pausedemo.embedded.disk import measure_tree
from pausedemo.embedded.images.filters import list_images
from pausedemo.embedded.images.image import Image, render_summary
from pausedemo.embedded.images.store import ImageStore
from pausedemo.embedded.volumes import Volumes


class UsageApi:
    """The one endpoint."""

    def __init__(self, node: Node, images: ImageStore, volumes: Volumes) -> None:
        self._node = node
        self._images = images
        self._volumes = volumes

    def routes(self) -> list[web.RouteDef]:
        """Paths without a version."""
        return [web.get("/system/df", self.disk_usage)]

    async def disk_usage(self, request: web.Request) -> web.Response:
        if request.query.getall("type", []) == ["volume"]:
            # From API 1.42 on one may say what is wanted.
            return web.json_response({"Volumes": await self._measure_volumes()})
        shown = list_images(self._images.images(), {}, self._images.get, show_all=False)
        containers = []
        for one in self._node.containers:
            size = await asyncio.to_thread(measure_tree, one.folder / "upper")
            containers.append(render_row(one, one.sandbox, size=size))
        return web.json_response(
            {
                "LayersSize": await asyncio.to_thread(self._images.layers_size),
                "Images": self._render_images(shown),
                "Containers": containers,
                "Volumes": await self._measure_volumes(),
                "BuildCache": [],
            }
        )

    async def _measure_volumes(self) -> list[dict[str, Any]]:
        volumes = []
        for volume in self._volumes.list():
            size = -1 if volume.is_bind else await asyncio.to_thread(measure_tree, volume.path)
            used = {"RefCount": len(self._volumes.holders(volume.name)), "Size": size}
            volumes.append({**volume.render(), "UsageData": used})
        return volumes

    def _render_images(self, images: list[Image]) -> list[dict[str, Any]]:
        bearers = Counter(
            diff_id for image in images for diff_id in {one.diff_id for one in image.layers}
        )
        users = Counter(one.image.id for one in self._node.containers)
        return [
            {
                **render_summary(image),
                "Containers": users[image.id],
                "SharedSize": sum(one.size for one in image.layers if bearers[one.diff_id] > 1),
            }
            for image in images
        ]
