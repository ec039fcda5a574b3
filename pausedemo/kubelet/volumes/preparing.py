"""A pod's volumes made ready through its sandbox: files, owners and modes."""

from __future__ import annotations

import posixpath
import stat
import tarfile
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from pausedemo.core.manifest import Volume
from pausedemo.core.pods.pod import Pod
from pausedemo.engine.port import Engine
from pausedemo.errors import PausedemoError
from pausedemo.kubelet.volumes.hostpaths import Finder, check_host_path
from pausedemo.kubelet.volumes.layout import (
    DATA,
    Files,
    name_folder,
    pack,
    plan_folder,
    plan_layout,
)
from pausedemo.kubelet.volumes.looking import Held
from pausedemo.kubelet.volumes.messages import plan_first_messages
from pausedemo.kubelet.volumes.plan import (
    EMPTY_DIR_MODE,
    HOLD,
    EngineVolume,
    VolumeError,
    find_volume,
    has_files,
    plan_volumes,
)

#: The files of a volume by its manifest; an error's text is told as the event's.
ReadFiles: TypeAlias = Callable[[Volume], Files]

_Entries: TypeAlias = Iterator[tuple[tarfile.TarInfo, bytes]]
_MODE: Final = 0o7777


def prepare_volumes(
    engine: Engine,
    pod: Pod,
    sandbox_id: str,
    read_files: ReadFiles,
    finder: Finder,
    *,
    messages: bool = False,
) -> None:
    """See to it that each volume is as it should be; the sandbox has to run.

    Asks the engine once for each volume, and writes what is not so by one request. Raises
    VolumeError with the kubelet's words for the event FailedMount, and EngineError.
    """
    entries: list[tuple[tarfile.TarInfo, bytes]] = []
    for one in plan_volumes(pod, messages=messages):
        held = Held(engine, sandbox_id, one.place)
        if one.name in {volume.name for volume in pod.spec.volumes}:
            entries += _plan_volume(pod, one, held, read_files)
        else:
            entries += plan_first_messages(pod, held)
    for volume in pod.spec.volumes:
        if volume.host_path is not None:
            check_host_path(finder, volume.name, volume.host_path)
    if entries:
        engine.put_archive(sandbox_id, HOLD, pack(iter(entries)))


def _plan_volume(pod: Pod, one: EngineVolume, held: Held, read_files: ReadFiles) -> _Entries:
    volume = find_volume(pod, one.name)
    fs_group = pod.spec.security_context.fs_group
    if has_files(volume):
        yield from _plan_files(volume, held, read_files, fs_group)
    elif not one.kept or fs_group is not None:
        yield from _plan_root(one, held, fs_group)


def _plan_root(one: EngineVolume, held: Held, fs_group: int | None) -> _Entries:
    """The volume's root itself. What is in a claim's volume already keeps its owners.

    Its owning group cannot be seen, so its mode tells whether it has been set.
    """
    found = held.look()
    there = EMPTY_DIR_MODE if found is None else found.mode & _MODE
    wanted = plan_folder(one.name, there if one.kept else EMPTY_DIR_MODE, fs_group)
    if one.kept:
        wanted.mode |= 0o2770
    if found is None or there != wanted.mode:
        yield wanted, b""


def _plan_files(
    volume: Volume, held: Held, read_files: ReadFiles, fs_group: int | None
) -> _Entries:
    try:
        files = read_files(volume)
    except PausedemoError as error:
        raise VolumeError(
            f'MountVolume.SetUp failed for volume "{volume.name}" : {error}'
        ) from None
    found = held.look(DATA)
    is_link = found is not None and stat.S_ISLNK(found.mode)
    there = posixpath.basename(found.link_target) if found is not None and is_link else None
    if there != name_folder(files, fs_group):
        yield from plan_layout(volume.name, files, fs_group, there)
