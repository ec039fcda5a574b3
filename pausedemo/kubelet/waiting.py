"""Waiting until an object is as it should be."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pausedemo.core.kubectl.conditions import Condition
from pausedemo.core.kubectl.kinds import PLURALS, not_found
from pausedemo.core.kubectl.objects import KubeObject, name_of, namespace_of, text
from pausedemo.engine.port import Engine
from pausedemo.errors import Refused
from pausedemo.kubelet.objects.reader import Reader
from pausedemo.kubelet.watching import RELOOK_S, watch_changes


def wait_for(
    engine: Engine,
    reader: Reader,
    wanted: KubeObject,
    condition: Condition,
    *,
    remaining_s: Callable[[], float],
    once: bool = False,
) -> None:
    """Return as soon as the condition holds for an object.

    ``once``: look, and do not wait. Raises Refused, in kubectl's words, when the time is over, and
    when the object goes while something else is waited for.
    """
    where = f"{PLURALS[wanted['kind']]}/{name_of(wanted)}"
    with watch_changes(engine) as watch:
        while True:
            found = find_again(reader, wanted)
            if condition(found):
                return
            if found is None:
                raise not_found(wanted["kind"], name_of(wanted))
            if once:
                raise Refused(f"error: condition not met for {where}")
            left_s = remaining_s()
            if left_s <= 0:
                raise Refused(f"error: timed out waiting for the condition on {where}")
            watch.wait(min(left_s, RELOOK_S))


def wait_until_found(
    engine: Engine,
    find: Callable[[], Sequence[KubeObject]],
    *,
    remaining_s: Callable[[], float],
) -> None:
    """Return as soon as ``find`` gives any object; it is asked once at least.

    Raises Refused, in kubectl's words, when the time is over. Source: RunWait, k8s.io/kubectl
    pkg/cmd/wait/wait.go, which looks twice a second.
    """
    with watch_changes(engine) as watch:
        while True:
            if find():
                return
            left_s = remaining_s()
            if left_s <= 0:
                raise Refused("error: timed out waiting for the condition")
            watch.wait(min(left_s, RELOOK_S))


def find_again(reader: Reader, known: KubeObject) -> KubeObject | None:
    """An object as it is now; None when it has gone, whoever has its name meanwhile."""
    try:
        found = reader.get(known["kind"], namespace_of(known), name_of(known))
    except Refused:
        return None
    same = text(found, "metadata", "uid") == text(known, "metadata", "uid")
    return found if same else None
