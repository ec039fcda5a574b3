"""Taking down what pausedemo made: a pod, a run, or what a dead owner left behind.

Only what bears our label is ever touched. Nothing here waits for a grace period.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from pausedemo.core import naming
from pausedemo.engine.port import Containers, ContainerSummary
from pausedemo.errors import EngineGone, PausedemoError
from pausedemo.kubelet.owner import Life, Owner

THREADS: Final = 8


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What a clean-up did: names removed, and why others could not be."""

    removed: tuple[str, ...] = ()
    failures: tuple[PausedemoError, ...] = ()


def remove_labelled(engine: Containers, labels: Mapping[str, str]) -> Cleaned:
    """Remove what pausedemo made and bears all these labels."""
    try:
        ours = engine.list_containers({naming.OWNER: None, **labels})
    except PausedemoError as error:
        return Cleaned(failures=(error,))
    return _remove_all(engine, ours)


def remove_left_behind(engine: Containers, *, kept_too: bool, unknown_too: bool) -> Cleaned:
    """Remove what dead owners left on the engine.

    ``kept_too``: also what was made with ``--keep``, whose owner ended as planned.
    ``unknown_too``: also what belongs to owners that cannot be seen from here.
    """
    doomed_lives = {Life.DEAD, Life.UNKNOWN} if unknown_too else {Life.DEAD}
    return _remove_all(
        engine,
        [
            container
            for container in engine.list_containers({naming.OWNER: None})
            if (kept_too or naming.KEEP not in container.labels)
            and _owner_life(container) in doomed_lives
        ],
    )


def list_unknown(engine: Containers) -> tuple[ContainerSummary, ...]:
    """Find the containers whose owners cannot be seen from here."""
    ours = engine.list_containers({naming.OWNER: None})
    return tuple(container for container in ours if _owner_life(container) is Life.UNKNOWN)


def _owner_life(container: ContainerSummary) -> Life:
    mark = container.labels.get(naming.OWNER, "")
    if mark == naming.ENGINE_OWNER:
        return Life.ALIVE
    owner = Owner.parse(mark)
    return owner.life() if owner else Life.UNKNOWN


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
