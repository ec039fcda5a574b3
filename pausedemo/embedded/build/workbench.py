"""What the builder needs of the rest of the engine, and the types that pass between them.

Everything here blocks and is called in threads, but ``run_step`` and ``pull_image``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol

#: A piece of what a step says, and whether it came from stderr.
Output = Callable[[bytes, bool], Awaitable[None]]

Say = Callable[[dict[str, Any]], Awaitable[None]]  # one object of the response's stream


class Image(Protocol):
    """``config`` is the whole OCI image configuration, ``rootfs`` and ``history`` included."""

    @property
    def id(self) -> str: ...

    @property
    def config(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class PathStat:
    """``path``: absolute, all links followed within the image. ``mode``: a ``st_mode``."""

    path: str
    mode: int
    uid: int = 0
    gid: int = 0
    mtime: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One RUN: ``image_id`` None is an empty root. ``network``: the API's ``networkmode``.

    ``limits``: as in a container's HostConfig.
    """

    image_id: str | None
    argv: tuple[str, ...]
    env: tuple[str, ...]
    user: str = ""
    working_dir: str = "/"
    network: str = ""
    hosts: tuple[str, ...] = ()
    limits: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StepResult:
    """``upper``: the overlay's directory of what the step changed, there until ``discard``."""

    container_id: str
    exit_code: int
    upper: Path


class Workbench(Protocol):
    """Images to build on, places to run steps in, and a store for what comes out."""

    def get_image(self, reference: str) -> Image:
        """By name or id. Raises NotFound."""

    async def pull_image(self, reference: str, say: Say) -> None:
        """Get it from its registry; ``say`` takes the progress. Raises ApiError."""

    def stat_path(self, image_id: str | None, path: str) -> PathStat | None:
        """What an image has at an absolute path, links followed; None: nothing."""

    def read_tree(self, image_id: str, path: str) -> IO[bytes]:
        """An uncompressed tar, to be closed, of ``path``, whose own links are followed.

        A directory's entries are relative to it (``.``, ``./a``), a file's one is its base name.
        Raises NotFound.
        """

    def add_layer(self, tar: IO[bytes]) -> str:
        """Store an uncompressed tar; its diff id."""

    def add_layer_from_upper(self, upper: Path) -> str | None:
        """Store what an overlay's directory holds; its diff id, None when that is nothing."""

    def create_image(self, config: Mapping[str, Any], parent: str | None) -> str:
        """Store a whole OCI configuration; the image id. ``parent``: the step before, or None."""

    def tag(self, image_id: str, reference: str) -> None:
        """Give the image a name, taking it from another that has it."""

    def children(self, parent: str | None) -> Iterable[Image]:
        """Images that ``create_image`` made with this parent."""

    async def run_step(
        self,
        step: Step,
        *,
        started: Callable[[str], Awaitable[None]],
        output: Output,
    ) -> StepResult:
        """Run a step to its end; ``started`` gets the container's id before the first output.

        Cancelled, it ends the container and leaves nothing.
        """

    async def discard(self, container_id: str) -> None:
        """Remove a step's container; once for each that ran, whatever came of it."""
