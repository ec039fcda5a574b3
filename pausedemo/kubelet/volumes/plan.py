"""Which of the engine's volumes a pod has, and where its sandbox holds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from pausedemo.core import naming
from pausedemo.core.manifest import Container, EmptyDirVolumeSource, StorageMedium, Volume
from pausedemo.core.pods.pod import Pod
from pausedemo.engine.port import Mount, MountKind
from pausedemo.errors import PausedemoError

#: Where the sandbox has all of them.
HOLD: Final = "/volumes"
#: The one for termination messages: in capitals, which no volume of a manifest may have.
MESSAGES: Final = "TERMINATION"
#: The mode of an emptyDir. Source: kubernetes pkg/volume/emptydir/empty_dir.go.
EMPTY_DIR_MODE: Final = 0o777


class VolumeError(PausedemoError):
    """A volume cannot be made ready, in the kubelet's words: event FailedMount."""


@dataclass(frozen=True, slots=True)
class EngineVolume:
    """One volume of a pod as the engine has it. ``name`` is the manifest's, or MESSAGES.

    ``kept``: it outlives the pod. ``options``: of the driver.
    """

    name: str
    engine_name: str
    kept: bool = False
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where it is in the sandbox."""
        return f"{HOLD}/{self.name}"


def name_volume(uid: str, name: str) -> str:
    """What the engine calls a pod's volume."""
    return f"{naming.VOLUME_PREFIX}{uid}_{name}"


def plan_volumes(pod: Pod, *, messages: bool = False) -> tuple[EngineVolume, ...]:
    """All of a pod's volumes that are the engine's: all but its hostPaths."""
    return tuple(_plan(pod, messages))


def plan_sandbox_mounts(pod: Pod, *, messages: bool = False) -> tuple[Mount, ...]:
    """What the sandbox mounts. ``messages``: also the volume for termination messages."""
    return tuple(
        Mount(kind=MountKind.VOLUME, source=one.engine_name, target=one.place, copy_image=False)
        for one in plan_volumes(pod, messages=messages)
    )


def plan_mounts(pod: Pod, container: Container) -> tuple[Mount, ...]:
    """What a container mounts, as its manifest says it: no subPath is looked for or made."""
    names = {one.name: one.engine_name for one in plan_volumes(pod)}
    mounts = []
    for wanted in container.volume_mounts:
        volume = find_volume(pod, wanted.name)
        if volume.host_path is not None:
            kind, source = MountKind.BIND, f"{volume.host_path.path}/{wanted.sub_path}".rstrip("/")
        else:
            kind, source = MountKind.VOLUME, names[wanted.name]
        mounts.append(
            Mount(
                kind=kind,
                source=source or "/",
                target=wanted.mount_path,
                read_only=wanted.read_only or is_read_only(volume),
                copy_image=kind is MountKind.BIND,
                subpath="" if kind is MountKind.BIND else wanted.sub_path,
            )
        )
    return tuple(mounts)


def find_volume(pod: Pod, name: str) -> Volume:
    """A volume of the manifest, which has checked that there is one."""
    return next(one for one in pod.spec.volumes if one.name == name)


def is_read_only(volume: Volume) -> bool:
    """Whether no container may write to it, whatever its mount says.

    Source: kubernetes pkg/volume/{configmap,secret,downwardapi,projected}, GetAttributes.
    """
    claim = volume.persistent_volume_claim
    if claim is not None:
        return claim.read_only
    return has_files(volume)


def has_files(volume: Volume) -> bool:
    """Whether the kubelet writes its files."""
    sources = (volume.config_map, volume.secret, volume.downward_api, volume.projected)
    return any(source is not None for source in sources)


def _plan(pod: Pod, messages: bool) -> Iterator[EngineVolume]:
    for volume in pod.spec.volumes:
        if volume.persistent_volume_claim is not None:
            claim = volume.persistent_volume_claim.claim_name
            yield EngineVolume(volume.name, claim, kept=True)
        elif volume.host_path is None:
            options = _choose_options(pod, volume.empty_dir)
            yield EngineVolume(volume.name, name_volume(pod.uid, volume.name), options=options)
    if messages:
        yield EngineVolume(MESSAGES, name_volume(pod.uid, MESSAGES))


def _choose_options(pod: Pod, source: EmptyDirVolumeSource | None) -> dict[str, str]:
    if source is None or source.medium is not StorageMedium.MEMORY:
        return {}
    options = [f"mode=0{EMPTY_DIR_MODE:o}"]
    size = _choose_size(pod, source)
    if size is not None:
        options.append(f"size={size}")
    return {"type": "tmpfs", "device": "tmpfs", "o": ",".join(options)}


def _choose_size(pod: Pod, source: EmptyDirVolumeSource) -> int | None:
    """In bytes: the limit, and no more than the pod's containers may have; None: the kernel's own.

    Source: kubernetes pkg/volume/emptydir/empty_dir.go, calculateEmptyDirMemorySize.
    """
    limits = [one.resources.limits.get("memory") for one in pod.spec.containers]
    total = sum(one.value for one in limits if one is not None)
    sizes = [total] if total else []
    if source.size_limit is not None and source.size_limit.value > 0:
        sizes.append(source.size_limit.value)
    return min(sizes, default=None)
