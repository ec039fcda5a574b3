"""What a container mounts of its pod's volumes.

Source: kubernetes pkg/kubelet/kubelet_pods.go, makeMounts, and pkg/volume/util/subpath.
"""

from __future__ import annotations

import posixpath
import stat
from typing import Final

from pausedemo.core.manifest import (
    Container,
    HostPathVolumeSource,
    MountPropagation,
    Volume,
    VolumeMount,
)
from pausedemo.core.pods.pod import Pod
from pausedemo.engine.port import Engine, Mount, MountKind, Propagation
from pausedemo.errors import ContainerConfigError, EngineError
from pausedemo.kubelet.volumes.hostpaths import CREATING, Finder
from pausedemo.kubelet.volumes.layout import pack, plan_folder
from pausedemo.kubelet.volumes.looking import Held
from pausedemo.kubelet.volumes.messages import open_message
from pausedemo.kubelet.volumes.plan import (
    MESSAGES,
    find_volume,
    is_read_only,
    name_volume,
    plan_volumes,
)

#: Since this API an engine mounts a part of a volume by its name.
SUBPATH_API: Final = (1, 45)
_PROPAGATIONS: Final = {
    MountPropagation.NONE: Propagation.PRIVATE,
    MountPropagation.HOST_TO_CONTAINER: Propagation.SLAVE,
    MountPropagation.BIDIRECTIONAL: Propagation.SHARED,
}


def resolve_mounts(
    engine: Engine,
    pod: Pod,
    container: Container,
    sandbox_id: str,
    finder: Finder,
    *,
    restart_count: int = 0,
    messages: bool = False,
) -> tuple[Mount, ...]:
    """What to mount in a container that is about to be made, its subPaths made where missing.

    Raises ContainerConfigError for a subPath that leads out of its volume.
    """
    mounts = []
    for wanted in container.volume_mounts:
        volume = find_volume(pod, wanted.name)
        if volume.host_path is not None:
            mounts.append(_mount_host_path(finder, container, wanted, volume.host_path))
        else:
            mounts.append(_mount_volume(engine, pod, container, sandbox_id, wanted, volume))
    if messages:
        name = open_message(engine, sandbox_id, container.name, restart_count)
        volume_name = name_volume(pod.uid, MESSAGES)
        target = _absolute(container.termination_message_path)
        mounts.append(_mount_part(engine, volume_name, name, target, read_only=False))
    return tuple(mounts)


def _mount_volume(
    engine: Engine,
    pod: Pod,
    container: Container,
    sandbox_id: str,
    wanted: VolumeMount,
    volume: Volume,
) -> Mount:
    one = next(one for one in plan_volumes(pod) if one.name == volume.name)
    read_only = wanted.read_only or is_read_only(volume)
    target = _absolute(wanted.mount_path)
    subpath = ""
    if wanted.sub_path:
        held = Held(engine, sandbox_id, one.place)
        fs_group = pod.spec.security_context.fs_group
        try:
            subpath = _find_subpath(held, container, wanted, fs_group)
        except EngineError as error:
            raise _fail("prepare subPath", wanted, container) from error
    return _mount_part(engine, one.engine_name, subpath, target, read_only=read_only)


def _mount_part(
    engine: Engine, volume: str, subpath: str, target: str, *, read_only: bool
) -> Mount:
    """A volume, or a part of it: by the path on the engine's machine where names do not do."""
    if subpath and engine.api_version < SUBPATH_API:
        found = engine.find_volume(volume)
        if found is None:
            raise ContainerConfigError(f"the engine has no volume {volume} any more")
        source = posixpath.join(found.mountpoint, subpath)
        return Mount(kind=MountKind.BIND, source=source, target=target, read_only=read_only)
    return Mount(
        kind=MountKind.VOLUME,
        source=volume,
        target=target,
        read_only=read_only,
        copy_image=False,
        subpath=subpath,
    )


def _mount_host_path(
    finder: Finder, container: Container, wanted: VolumeMount, source: HostPathVolumeSource
) -> Mount:
    path, create = source.path, source.type in CREATING
    if wanted.sub_path:
        try:
            with finder.holding(path, create=create) as held:
                subpath = _find_subpath(held, container, wanted, None)
        except EngineError as error:
            raise _fail("prepare subPath", wanted, container) from error
        path, create = posixpath.join(path, subpath), False
    propagation = _PROPAGATIONS[wanted.mount_propagation]
    return Mount(
        kind=MountKind.BIND,
        source=path,
        target=_absolute(wanted.mount_path),
        read_only=wanted.read_only,
        propagation=None if propagation is Propagation.PRIVATE else propagation,
        # As text it is written ``source:target``.
        create_source=create and ":" not in path,
    )


def _find_subpath(
    held: Held, container: Container, wanted: VolumeMount, fs_group: int | None
) -> str:
    """A subPath without links, relative to the volume's root; made where it is missing.

    A container that lays a link in between here and the mount is not caught by an engine that
    mounts by path; one that knows subPaths looks itself.
    """
    parts = [part for part in wanted.sub_path.split("/") if part not in ("", ".")]
    path = ""
    for index, part in enumerate(parts):
        step = posixpath.join(path, part)
        found = held.look(step)
        if found is None:
            _make_folders(held, path, parts[index:], fs_group, container, wanted)
            made = held.look(step)
            if made is None or not stat.S_ISDIR(made.mode):
                # podman says of a link that leads nowhere that there is nothing.
                raise _fail("create subPath directory", wanted, container)
            return posixpath.join(step, *parts[index + 1 :])
        if stat.S_ISLNK(found.mode):
            target = found.link_target
            if target != held.place and not target.startswith(f"{held.place}/"):
                raise _fail("prepare subPath", wanted, container)
            step = target[len(held.place) :].lstrip("/")
            if held.look(step) is None:
                raise _fail("prepare subPath", wanted, container)
        path = step
    return path


def _make_folders(
    held: Held,
    path: str,
    names: list[str],
    fs_group: int | None,
    container: Container,
    wanted: VolumeMount,
) -> None:
    """Make folders, each in the one before, with the mode of the volume's root."""
    root = held.look()
    mode = 0o755 if root is None else root.mode & 0o777
    steps = ["/".join(names[: count + 1]) for count in range(len(names))]
    entries = ((plan_folder(step, mode, fs_group), b"") for step in steps)
    try:
        held.engine.put_archive(held.container, f"{held.place}/{path}".rstrip("/"), pack(entries))
    except EngineError:
        # Without the engine's words: they tell of the machine's files, and a pod's user reads it.
        raise _fail("create subPath directory", wanted, container) from None


def _fail(what: str, wanted: VolumeMount, container: Container) -> ContainerConfigError:
    return ContainerConfigError(
        f'failed to {what} for volumeMount "{wanted.name}" of container "{container.name}"'
    )


def _absolute(path: str) -> str:
    return path if path.startswith("/") else f"/{path}"
