"""POST /commit: an image of what a container has changed."""

from __future__ import annotations

import asyncio
import contextlib
import copy
from collections.abc import AsyncIterator
from typing import Any, Final

from aiohttp import web

from pausedemo.embedded.api.requests import query_bool, read_json
from pausedemo.embedded.containers.container import Container
from pausedemo.embedded.containers.life import Lives
from pausedemo.embedded.containers.node import Node
from pausedemo.embedded.containers.shapes import CREATE, check_shape
from pausedemo.embedded.containers.workbench import EngineWorkbench
from pausedemo.embedded.errors import ApiError
from pausedemo.embedded.images.changes import apply_changes
from pausedemo.embedded.images.events import tell
from pausedemo.embedded.images.image import now_rfc3339
from pausedemo.embedded.images.reference import join_reference
from pausedemo.embedded.images.store import ImageStore

#: What an image takes over of a container's configuration.
KEPT: Final = (
    "User",
    "ExposedPorts",
    "Env",
    "Cmd",
    "Healthcheck",
    "Volumes",
    "WorkingDir",
    "Entrypoint",
    "Labels",
    "StopSignal",
)


class CommitApi:
    """The one endpoint."""

    def __init__(
        self, node: Node, lives: Lives, images: ImageStore, bench: EngineWorkbench
    ) -> None:
        self._node = node
        self._lives = lives
        self._images = images
        self._bench = bench

    def routes(self) -> list[web.RouteDef]:
        """Paths without a version."""
        return [web.post("/commit", self.commit)]

    async def commit(self, request: web.Request) -> web.Response:
        query = request.query
        container = self._node.containers.find(query.get("container", ""))
        repository, tag = query.get("repo", ""), query.get("tag", "")
        name = join_reference(repository, tag) if repository else None
        given = await read_json(request)
        check_shape(given, CREATE)
        config = {key: value for key in KEPT if (value := container.config.get(key))}
        config |= {key: value for key in KEPT if (value := given.get(key))}
        config = apply_changes(config, query.getall("changes", []))
        async with self._still(container, wanted=query_bool(request, "pause", default=True)):
            diff_id = await asyncio.to_thread(
                self._bench.add_layer_from_upper, container.folder / "upper"
            )
        whole = _compute_image(
            container, config, diff_id, query.get("comment", ""), query.get("author", "")
        )
        image_id = await asyncio.to_thread(self._bench.create_image, whole, container.image.id)
        reference = ""
        if name is not None:
            reference = (await asyncio.to_thread(self._images.set_name, name, image_id)).familiar
            tell(self._node.events, "tag", self._images.get(image_id), reference)
        attributes = container.attributes(
            comment=query.get("comment", ""), imageID=image_id, imageRef=reference
        )
        self._node.events.publish("container", "commit", container.id, attributes)
        return web.json_response({"Id": image_id}, status=201)

    @contextlib.asynccontextmanager
    async def _still(self, container: Container, *, wanted: bool) -> AsyncIterator[None]:
        """Its processes stand still meanwhile, where that can be had."""
        paused = False
        if wanted and container.state.has_process and self._node.cgroups.can_freeze:
            # It may have ended, or somebody else may have paused it.
            with contextlib.suppress(ApiError):
                await self._lives.pause(container)
                paused = True
        try:
            yield
        finally:
            if paused:
                with contextlib.suppress(ApiError):
                    await self._lives.unpause(container)


def _compute_image(
    container: Container, config: dict[str, Any], diff_id: str | None, comment: str, author: str
) -> dict[str, Any]:
    """The OCI configuration: the container's image with one more layer."""
    base, now = container.image.config, now_rfc3339()
    history: dict[str, Any] = {
        "created": now,
        "created_by": " ".join(container.argv),
        "comment": comment,
    }
    if author:
        history["author"] = author
    if diff_id is None:
        history["empty_layer"] = True
    return {
        **{key: base[key] for key in ("architecture", "os", "variant") if key in base},
        "created": now,
        "comment": comment,
        "author": author,
        "container": container.id,
        "container_config": copy.deepcopy(container.config),
        "config": config,
        "history": [*(base.get("history") or []), history],
        "rootfs": {
            "type": "layers",
            "diff_ids": [
                *(base.get("rootfs") or {}).get("diff_ids", []),
                *([] if diff_id is None else [diff_id]),
            ],
        },
    }
