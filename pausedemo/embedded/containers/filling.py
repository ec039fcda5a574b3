"""An empty volume gets what the image has at its place, when a container is made with it.

As moby, daemon/create_unix.go (populateVolumes) and container/container_unix.go
(CopyImagePathContent, copyOwnership).
"""

from __future__ import annotations

import asyncio
import os
import stat
import tempfile
from pathlib import Path
from typing import IO

from pausedemo.embedded.build.merged import Merged
from pausedemo.embedded.containers.container import Container, Placed
from pausedemo.embedded.containers.node import Node
from pausedemo.embedded.errors import ServerError
from pausedemo.embedded.keeper.client import LaunchFailed
from pausedemo.embedded.keeper.launch import Launch, Root, Tool
from pausedemo.embedded.kernel.syscalls import Namespace


class VolumeFiller:
    """Fills volumes, one at a time: two containers may bring the same new one."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._lock = asyncio.Lock()

    async def fill(self, container: Container) -> None:
        """Fill the container's empty volumes. Raises ApiError."""
        wanted = [one for one in container.placed if one.volume and one.point.copy_up]
        if wanted:
            merged = Merged(container.image.layer_dirs())
            async with self._lock:
                for one in wanted:
                    await self._fill(merged, one)

    async def _fill(self, merged: Merged, placed: Placed) -> None:
        path = placed.point.destination
        found = await asyncio.to_thread(merged.stat, path)
        if found is None or not stat.S_ISDIR(found.mode) or _has_files(placed.source):
            return
        with await asyncio.to_thread(merged.read, path) as tar:
            await self._unpack(tar, placed.source)
        if not self._node.platform.single_id:
            os.chown(placed.source, found.uid, found.gid)
        placed.source.chmod(stat.S_IMODE(found.mode))

    async def _unpack(self, tar: IO[bytes], volume: Path) -> None:
        """In a process whose root is the volume: who uses it already may lay links meanwhile."""
        arguments = {
            "path": "/",
            "container": "",
            "no_overwrite_dir_non_dir": False,
            "keep_owners": not self._node.platform.single_id,
        }
        launch = Launch(
            new=int(Namespace.MOUNT | Namespace.PID),
            stdio=[0, 1, 2],
            root=Root(target=str(volume), tree=True),
            tool=Tool("unpack_files", arguments),
        )
        with tempfile.TemporaryFile() as told, Path(os.devnull).open("wb") as nowhere:
            try:
                process = await self._node.keeper.launch(
                    launch, [tar.fileno(), nowhere.fileno(), told.fileno()]
                )
            except LaunchFailed as failed:
                raise ServerError(f"failed to populate volume: {failed.text}") from failed
            code = await process.ended
            process.close()
            if code:
                told.seek(0)
                raise ServerError(
                    f"failed to populate volume: {told.read().decode(errors='replace')}"
                )


def _has_files(folder: Path) -> bool:
    with os.scandir(folder) as entries:
        return next(entries, None) is not None
