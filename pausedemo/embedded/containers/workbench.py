"""The builder's workbench: images of the store, and steps that are containers of this engine.

A step is an ordinary container of the image before it, so RUN has what ``docker run`` has:
network, default capabilities, seccomp. It has no labels and no log, and is removed after its
layer was taken.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import IO, Any, Final

from pausedemo.embedded.build.merged import Merged
from pausedemo.embedded.build.workbench import Output, PathStat, Say, Step, StepResult
from pausedemo.embedded.containers.container import Container
from pausedemo.embedded.containers.life import Lives
from pausedemo.embedded.containers.node import Node
from pausedemo.embedded.containers.streams import Stream
from pausedemo.embedded.containers.waiting import wait_end
from pausedemo.embedded.errors import NotSupported
from pausedemo.embedded.images.configs import this_architecture
from pausedemo.embedded.images.events import tell
from pausedemo.embedded.images.image import Image
from pausedemo.embedded.images.reference import parse_reference
from pausedemo.embedded.images.store import ImageStore

#: Bytes of a step's output that wait for the client before the step itself has to wait.
BACKLOG_BYTES: Final = 1 << 20


class EngineWorkbench:
    """What ``build.workbench.Workbench`` asks for, over the engine's own parts."""

    def __init__(self, node: Node, lives: Lives, images: ImageStore) -> None:
        self._node = node
        self._lives = lives
        self._images = images
        self._empty = ""

    def get_image(self, reference: str) -> Image:
        return self._images.get(reference)

    async def pull_image(self, reference: str, say: Say) -> None:
        # Not above: it brings requests along, 8 MB that an engine without a registry does not need.
        from pausedemo.embedded.images.pull import pull_image

        loop = self._node.loop
        name = parse_reference(reference)

        def progress(line: dict[str, Any]) -> None:
            asyncio.run_coroutine_threadsafe(_say(say, line), loop).result()

        await asyncio.to_thread(pull_image, self._images, self._node.events, name, progress)

    def stat_path(self, image_id: str | None, path: str) -> PathStat | None:
        return None if image_id is None else self._merged(image_id).stat(path)

    def read_tree(self, image_id: str, path: str) -> IO[bytes]:
        return self._merged(image_id).read(path)

    def _merged(self, image_id: str) -> Merged:
        return Merged(self._images.get(image_id).layer_dirs())

    def add_layer(self, tar: IO[bytes]) -> str:
        return self._images.add_layer(tar)

    def add_layer_from_upper(self, upper: Path) -> str | None:
        if self._node.platform.overlay is None:
            raise NotSupported(
                "a container's changes cannot be told from its image here: this machine has no "
                "overlayfs; build and commit need it"
            )
        return self._images.add_layer_from_upper(upper)

    def create_image(self, config: Mapping[str, Any], parent: str | None) -> str:
        return self._images.create_image(dict(config), parent=parent or "")

    def tag(self, image_id: str, reference: str) -> None:
        name = self._images.set_name(parse_reference(reference).with_default_tag(), image_id)
        tell(self._node.events, "tag", self._images.get(image_id), name.familiar)

    def children(self, parent: str | None) -> Iterable[Image]:
        return self._images.children(parent or "")

    async def run_step(
        self,
        step: Step,
        *,
        started: Callable[[str], Awaitable[None]],
        output: Output,
    ) -> StepResult:
        """As the Protocol says. Raises ApiError when the step cannot start."""
        image_id = step.image_id
        if image_id is None:
            image_id = await asyncio.to_thread(self._make_empty_image)
        container = await self._lives.create(None, _render_request(step, image_id))
        ending = None
        try:
            container.config["Labels"] = {}
            await started(container.id)
            told = _Output()
            container.attached.append(told)
            ending = wait_end(self._node.loop, container)
            await self._lives.start(container)
            while piece := await told.read():
                await output(*piece)
            code = await ending
            # The next start would wait for this; so must who reads what the step has left.
            await self._settle(container)
            return StepResult(container.id, code, container.folder / "upper")
        except BaseException:
            if ending is not None:
                ending.cancel()
            await asyncio.shield(self.discard(container.id))
            raise

    async def discard(self, container_id: str) -> None:
        container = self._node.containers.get(container_id)
        if container is not None:
            await self._lives.remove(container, force=True, volumes=True)
            if container.image.id == self._empty:
                await asyncio.to_thread(self._images.drop_unnamed, self._empty)

    async def _settle(self, container: Container) -> None:
        if container.releasing is not None:
            await asyncio.wait([container.releasing])

    def _make_empty_image(self) -> str:
        """What RUN stands on right after FROM scratch: an image without any file."""
        self._empty = self._images.create_image(
            {
                "architecture": this_architecture(),
                "os": "linux",
                "config": {},
                "rootfs": {"type": "layers", "diff_ids": []},
            }
        )
        return self._empty


def _render_request(step: Step, image_id: str) -> dict[str, Any]:
    """The create request of a step, as the classic builder sends it to the daemon."""
    return {
        "Image": image_id,
        "Entrypoint": list(step.argv),
        "Cmd": [],
        "Env": list(step.env),
        "User": step.user,
        "WorkingDir": step.working_dir,
        "Healthcheck": {"Test": ["NONE"]},
        "HostConfig": {
            "NetworkMode": step.network or "default",
            "ExtraHosts": list(step.hosts),
            "LogConfig": {"Type": "none"},
            **step.limits,
        },
    }


class _Output:
    """Takes a step's output and gives it on piece by piece; the step waits when it is too much."""

    def __init__(self) -> None:
        self._pieces: asyncio.Queue[tuple[bytes, bool] | None] = asyncio.Queue()
        self._held = 0
        self._on_room: list[Callable[[], None]] = []

    def take(self, stream: Stream, data: bytes) -> None:
        self._held += len(data)
        self._pieces.put_nowait((data, stream is Stream.STDERR))

    def is_full(self) -> bool:
        return self._held >= BACKLOG_BYTES

    def call_on_room(self, callback: Callable[[], None]) -> None:
        self._on_room.append(callback)

    def finish(self) -> None:
        """No more comes."""
        self._pieces.put_nowait(None)

    async def read(self) -> tuple[bytes, bool] | None:
        """The next piece, and whether it came from stderr; None at the end."""
        piece = await self._pieces.get()
        self._held -= len(piece[0]) if piece else 0
        if not self.is_full():
            waiting, self._on_room = self._on_room, []
            for callback in waiting:
                callback()
        return piece


async def _say(say: Say, line: dict[str, Any]) -> None:
    await say(line)
