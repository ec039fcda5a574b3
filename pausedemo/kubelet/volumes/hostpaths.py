"""Paths of the engine's machine, which may be another than ours.

They are looked at through a container that is created with the path mounted, is never started,
and is removed at once. Links are followed by the machine itself then.
"""

from __future__ import annotations

import contextlib
import posixpath
import stat
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from pausedemo.core.manifest import HostPathType, HostPathVolumeSource
from pausedemo.engine.port import ContainerConfig, Engine, Mount, MountKind
from pausedemo.errors import Conflict, EngineError
from pausedemo.kubelet.volumes.looking import Held
from pausedemo.kubelet.volumes.plan import VolumeError

_PLACE: Final = "/held"
FILE_MODE: Final = 0o644

#: What must be there, and the kubelet's words where it is not.
#: Source: kubernetes pkg/volume/hostpath/host_path.go, checkTypeInternal.
_WANTED: Final[Mapping[HostPathType, tuple[Callable[[int], bool], str]]] = {
    HostPathType.DIRECTORY_OR_CREATE: (stat.S_ISDIR, "a directory"),
    HostPathType.DIRECTORY: (stat.S_ISDIR, "a directory"),
    HostPathType.FILE_OR_CREATE: (stat.S_ISREG, "a file"),
    HostPathType.FILE: (stat.S_ISREG, "a file"),
    HostPathType.SOCKET: (stat.S_ISSOCK, "a socket file"),
    HostPathType.CHAR_DEVICE: (stat.S_ISCHR, "a character device"),
    HostPathType.BLOCK_DEVICE: (stat.S_ISBLK, "a block device"),
}
#: Where an engine makes the folder that is missing, as it does for ``docker run -v``.
CREATING: Final = (HostPathType.UNSET, HostPathType.DIRECTORY_OR_CREATE)


@dataclass(frozen=True, slots=True)
class Finder:
    """Makes the containers to look through. ``image``: any, by its id; the pause image will do."""

    engine: Engine
    image: str
    labels: Mapping[str, str] = field(default_factory=dict)

    @contextlib.contextmanager
    def holding(self, path: str, *, create: bool = False) -> Iterator[Held]:
        """A path as the root of a volume. ``create``: a missing folder is made.

        Raises EngineError when there is nothing.
        """
        mount = Mount(kind=MountKind.BIND, source=path, target=_PLACE, create_source=create)
        container = self.engine.create_container(
            ContainerConfig(
                name=f"pausedemo_look_{uuid.uuid4().hex}",
                image=self.image,
                command=("look",),
                labels=self.labels,
                network_mode="none",
                mounts=(mount,),
            )
        )
        try:
            yield Held(self.engine, container, _PLACE)
        finally:
            self.engine.remove_container(container)


def check_host_path(finder: Finder, name: str, source: HostPathVolumeSource) -> None:
    """See that the path is what its type says, and make it where that says so.

    Raises VolumeError in the kubelet's words.
    """
    if source.type is HostPathType.UNSET:
        return
    is_so, what = _WANTED[source.type]
    mode = _find_mode(finder, source.path, create=source.type in CREATING)
    if mode is None and source.type is HostPathType.FILE_OR_CREATE:
        with _refused(name, f"cannot make the file {source.path}"):
            _make_file(finder, source.path)
        return
    if mode is None or not is_so(mode):
        raise VolumeError(
            f'MountVolume.SetUp failed for volume "{name}" : '
            f"hostPath type check failed: {source.path} is not {what}"
        )


def _find_mode(finder: Finder, path: str, *, create: bool) -> int | None:
    try:
        with finder.holding(path, create=create) as held:
            found = held.look()
            return None if found is None else found.mode
    except EngineError as error:
        if isinstance(error, Conflict) or not _says_missing(error):
            raise
        return None


def _says_missing(error: EngineError) -> bool:
    # 400 stands for all that is wrong with a request; no field tells this one from the others.
    return "does not exist" in error.message or "no such file" in error.message.lower()


def _make_file(finder: Finder, path: str) -> None:
    folder, name = posixpath.split(path.rstrip("/"))
    with finder.holding(folder or "/") as held:
        held.engine.put_file(held.container, f"{held.place}/{name}", b"", FILE_MODE)


@contextlib.contextmanager
def _refused(name: str, what: str) -> Iterator[None]:
    try:
        yield
    except EngineError as error:
        raise VolumeError(
            f'MountVolume.SetUp failed for volume "{name}" : {what}: {error.message}'
        ) from error
