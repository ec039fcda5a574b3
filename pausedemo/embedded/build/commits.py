"""The image after each step: its configuration, its history, and the one that is there already.

The cache is dockerd's old one: a step is done if an image exists whose parent is the same and
whose ``container_config`` (the configuration with the step's command) is the same. COPY and ADD
have their files' digest in the command, RUN its build arguments.
"""

from __future__ import annotations

import asyncio
import copy
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pausedemo.embedded.build.settings import Config, compute_start
from pausedemo.embedded.build.workbench import Image, Workbench
from pausedemo.embedded.times import render_time

ARCHITECTURES: Final = {
    "x86_64": "amd64",
    "aarch64": "arm64",
    "armv7l": "arm",
    "ppc64le": "ppc64le",
    "s390x": "s390x",
    "riscv64": "riscv64",
}


@dataclass(slots=True)
class StageState:
    """A stage while it is built. ``whole``: the last image's configuration, ``config`` the next's.

    ``misses``: a step was not found in the cache, so none after it can be.
    """

    image_id: str | None
    whole: dict[str, Any]
    config: Config
    has_cmd: bool = False
    misses: bool = False
    onbuild: tuple[str, ...] = ()

    @property
    def short_id(self) -> str:
        return shorten(self.image_id or "")


def shorten(image_id: str) -> str:
    """Twelve hexadecimal digits, as people know ids."""
    return image_id.removeprefix("sha256:")[:12]


def begin(image: Image | None) -> StageState:
    """A stage on ``image``, or on nothing (``FROM scratch``)."""
    if image is None:
        machine = platform.machine()
        whole: dict[str, Any] = {
            "architecture": ARCHITECTURES.get(machine, machine),
            "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": []},
            "history": [],
        }
        return StageState(None, whole, compute_start(None))
    whole = copy.deepcopy(dict(image.config))
    whole.pop("container", None)  # the id of a container that made the base image
    config = compute_start(whole.get("config"))
    onbuild = tuple(config.pop("OnBuild", None) or ())
    return StageState(image.id, whole, config, onbuild=onbuild)


def find_cached(bench: Workbench, state: StageState, command: Sequence[str]) -> str | None:
    """The newest image that this step has made before."""
    wanted = state.config | {"Cmd": list(command)}
    found = [
        (str(image.config.get("created", "")), image.id)
        for image in bench.children(state.image_id)
        if image.config.get("container_config") == wanted
        # dockerd does not look at this; an ENTRYPOINT may or may not have dropped the CMD.
        and image.config.get("config") == state.config
    ]
    return max(found)[1] if found else None


async def commit(
    bench: Workbench, state: StageState, command: Sequence[str], diff_id: str | None = None
) -> None:
    """Make the image of the state's configuration, with one more layer if there is one."""
    created = render_time(time.time_ns())
    history: dict[str, Any] = {"created": created, "created_by": " ".join(command)}
    diff_ids = list(state.whole["rootfs"]["diff_ids"])
    if diff_id is None:
        history["empty_layer"] = True
    else:
        diff_ids.append(diff_id)
    if author := state.whole.get("author"):
        history["author"] = author
    whole = state.whole | {
        "created": created,
        "config": copy.deepcopy(state.config),
        "container_config": copy.deepcopy(state.config) | {"Cmd": list(command)},
        "history": [*(state.whole.get("history") or ()), history],
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
    }
    state.image_id = await asyncio.to_thread(bench.create_image, whole, state.image_id)
    state.whole = whole


async def use(bench: Workbench, state: StageState, image_id: str) -> None:
    """Go on from an image of the cache."""
    image = await asyncio.to_thread(bench.get_image, image_id)
    state.image_id, state.whole = image.id, copy.deepcopy(dict(image.config))
