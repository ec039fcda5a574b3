"""A picture of what a scenario has running: every container, and the namespaces it is in."""

from __future__ import annotations

from pausedemo.core import naming
from pausedemo.core.verdicts.results import Portrait, Resident
from pausedemo.engine.port import ContainerSummary
from pausedemo.errors import NotFound
from pausedemo.kubelet.pod.observe import is_alive
from pausedemo.scenario.stage import Stage


def take_portrait(stage: Stage) -> Portrait:
    """Look at all of a stage's containers that run.

    A container that ends while it is looked at is left out.
    """
    names: list[tuple[str, str]] = []
    pids: list[int] = []
    for summary in reversed(stage.list_containers()):
        named = _name(stage, summary)
        if named is None or not is_alive(summary.state):
            continue
        try:
            pid = stage.engine.inspect_container(summary.id).pid
        except NotFound:
            continue
        if pid:
            names.append(named)
            pids.append(pid)
    inodes = stage.node.all_namespaces(pids)
    residents = [
        Resident(name, pod, inodes[pid])
        for (name, pod), pid in zip(names, pids, strict=True)
        if pid in inodes
    ]
    _, node = stage.node.own_namespaces()
    return Portrait(tuple(residents), node)


def _name(stage: Stage, summary: ContainerSummary) -> tuple[str, str] | None:
    """The scenario's names of a container and of its pod; None for what only helps to look."""
    bare = stage.bare.name_of(summary.id)
    if bare is not None:
        return bare, ""
    name = summary.labels.get(naming.CONTAINER_NAME)
    pod = stage.pod_name(summary.labels.get(naming.POD_UID, ""))
    return (name, pod) if name and pod else None
