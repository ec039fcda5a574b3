"""Taking down what pausedemo made: a pod, a run, or what a dead owner left behind.

Only what bears our label is ever touched. Nothing here waits for a grace period.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Protocol

from pausedemo.core import naming
from pausedemo.engine.port import Containers, ContainerSummary, VolumeInfo, Volumes
from pausedemo.errors import EngineGone, PausedemoError
from pausedemo.kubelet.owner import Life, Owner

THREADS: Final = 8


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What a clean-up did: names removed, and why others could not be."""

    removed: tuple[str, ...] = ()
    failures: tuple[PausedemoError, ...] = ()

    def __add__(self, other: Cleaned) -> Cleaned:
        return Cleaned(self.removed + other.removed, self.failures + other.failures)


class Holder(Containers, Volumes, Protocol):
    """What has containers and volumes."""


def remove_labelled(engine: Containers, labels: Mapping[str, str]) -> Cleaned:
    """Remove what pausedemo made and bears all these labels."""
    try:
        ours = engine.list_containers({naming.OWNER: None, **labels})
    except PausedemoError as error:
        return Cleaned(failures=(error,))
    return _remove_all(engine, ours)


def remove_volumes_labelled(engine: Volumes, labels: Mapping[str, str]) -> Cleaned:
    """Remove the data volumes of pods that bear all these labels; their containers are gone."""
    try:
        ours = engine.list_volumes({naming.OWNER: None, naming.POD_UID: None, **labels})
    except PausedemoError as error:
        return Cleaned(failures=(error,))
    return _remove_volumes(engine, ours)


def remove_left_behind(engine: Holder, *, kept_too: bool, unknown_too: bool) -> Cleaned:
    """Remove what dead owners left on the engine: containers, and then volumes of their pods.

    ``kept_too``: also what was made with ``--keep``, whose owner ended as planned.
    ``unknown_too``: also what belongs to owners that cannot be seen from here.
    """
    doomed_lives = {Life.DEAD, Life.UNKNOWN} if unknown_too else {Life.DEAD}

    def is_doomed(labels: Mapping[str, str]) -> bool:
        return (kept_too or naming.KEEP not in labels) and _owner_life(labels) in doomed_lives

    ours = engine.list_containers({naming.OWNER: None})
    cleaned = _remove_all(engine, [one for one in ours if is_doomed(one.labels)])
    volumes = engine.list_volumes({naming.OWNER: None, naming.POD_UID: None})
    return cleaned + _remove_volumes(engine, [one for one in volumes if is_doomed(one.labels)])


def list_unknown(engine: Containers) -> tuple[ContainerSummary, ...]:
    """Find the containers whose owners cannot be seen from here."""
    ours = engine.list_containers({naming.OWNER: None})
    return tuple(one for one in ours if _owner_life(one.labels) is Life.UNKNOWN)


def _owner_life(labels: Mapping[str, str]) -> Life:
    mark = labels.get(naming.OWNER, "")
    if mark == naming.ENGINE_OWNER:
        return Life.ALIVE
    owner = Owner.parse(mark)
    return owner.life() if owner else Life.UNKNOWN


def _remove_volumes(engine: Volumes, volumes: Iterable[VolumeInfo]) -> Cleaned:
    removed: list[str] = []
    failures: list[PausedemoError] = []
    for volume in volumes:
        try:
            engine.remove_volume(volume.name)
        except PausedemoError as error:
            failures.append(error)
        else:
            removed.append(volume.name)
    return Cleaned(tuple(removed), tuple(failures))


def _remove_all(engine: Containers, containers: Iterable[ContainerSummary]) -> Cleaned:
    """Members first, then what they have joined; in each group newest first and at once."""
    removed: list[str] = []
    failures: list[PausedemoError] = []

    def remove(container: ContainerSummary) -> None:
        try:
            engine.remove_container(container.id)
        except PausedemoError as error:
            failures.append(error)
        else:
            removed.append(container.name)

    members: list[ContainerSummary] = []
    joined: list[ContainerSummary] = []
    for container in sorted(containers, key=lambda c: c.created_at, reverse=True):
        is_sandbox = container.labels.get(naming.CONTAINER_TYPE) == naming.TYPE_SANDBOX
        is_joined = is_sandbox or naming.JOINED in container.labels
        (joined if is_joined else members).append(container)
    for group in (members, joined):
        with ThreadPoolExecutor(THREADS, thread_name_prefix="clean") as threads:
            list(threads.map(remove, group))
    gone = [error for error in failures if isinstance(error, EngineGone)]
    # An engine that has gone is one failure, however many containers it took along.
    return Cleaned(tuple(removed), tuple(gone[:1]) or tuple(failures))
