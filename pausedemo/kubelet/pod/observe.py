"""What of a pod is on the engine, as a PodStatus. Labels and names are the only record."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pausedemo.core import naming
from pausedemo.core.pods.status import ContainerStatus, PodStatus, RunState, SandboxStatus
from pausedemo.engine.port import ContainerInfo, Containers, ContainerState, ContainerSummary
from pausedemo.errors import NotFound

_HASH: Final = naming.ANNOTATION_PREFIX + naming.CONTAINER_HASH


#: Each container of a pod, and whether it runs.
Outline = frozenset[tuple[str, bool]]


def observe_pod(engine: Containers, uid: str) -> PodStatus:
    """Look at all containers that bear the pod's uid.

    The list tells enough of a container that runs; sandboxes, for their address, and containers
    that do not run, for how they ended, are inspected one by one.
    """
    sandboxes: list[SandboxStatus] = []
    containers: list[ContainerStatus] = []
    for summary in engine.list_containers({naming.POD_UID: uid}):
        name = naming.parse_name(summary.name)
        if name is None:
            # It bears the label, but no kubelet named it.
            continue
        is_sandbox = summary.labels.get(naming.CONTAINER_TYPE) == naming.TYPE_SANDBOX
        if not is_sandbox and is_alive(summary.state):
            containers.append(_running_container(summary, name.attempt))
            continue
        try:
            info = engine.inspect_container(summary.id)
        except NotFound:
            # Removed between the list and now.
            continue
        if is_sandbox:
            sandboxes.append(_sandbox(info, name.attempt))
        else:
            containers.append(_container(info, name.attempt))
    return PodStatus(
        sandboxes=tuple(sorted(sandboxes, key=lambda s: s.attempt, reverse=True)),
        containers=tuple(sorted(containers, key=lambda c: c.restart_count, reverse=True)),
    )


def outline_rows(rows: Iterable[ContainerSummary]) -> Outline:
    """The outline of a pod by the rows of its containers, without those that no kubelet named."""
    return frozenset(
        (row.id, is_alive(row.state)) for row in rows if naming.parse_name(row.name) is not None
    )


def outline_status(status: PodStatus) -> Outline:
    """The outline of a pod as it was seen: it is that of its rows as long as nothing happens."""
    sandboxes = {(one.id, one.ready) for one in status.sandboxes}
    return frozenset(
        sandboxes | {(one.id, one.state is RunState.RUNNING) for one in status.containers}
    )


def is_alive(state: ContainerState) -> bool:
    """Whether it has not ended; a paused or restarting container runs, to the kubelet."""
    return state in (ContainerState.RUNNING, ContainerState.PAUSED, ContainerState.RESTARTING)


def find_container(engine: Containers, uid: str, name: str) -> ContainerSummary | None:
    """The newest container of that name in the pod; POD is the infra container.

    One request, however many dead ones the pod has.
    """
    rows = engine.list_containers({naming.POD_UID: uid, naming.CONTAINER_NAME: name})
    named = [(parsed.attempt, row) for row in rows if (parsed := naming.parse_name(row.name))]
    return max(named, key=lambda pair: pair[0], default=(0, None))[1]


def _sandbox(info: ContainerInfo, attempt: int) -> SandboxStatus:
    return SandboxStatus(
        id=info.id,
        name=info.name,
        attempt=attempt,
        ready=is_alive(info.state),
        ip=info.ip,
        gateway=info.gateway,
        network_mode=info.network_mode,
        created_at=info.created_at,
        # What was started again still has the time of its last end.
        finished_at=None if is_alive(info.state) else info.finished_at,
    )


def _running_container(summary: ContainerSummary, restart_count: int) -> ContainerStatus:
    return ContainerStatus(
        id=summary.id,
        full_name=summary.name,
        name=summary.labels[naming.CONTAINER_NAME],
        restart_count=restart_count,
        sandbox_id=summary.labels.get(naming.SANDBOX_ID, ""),
        state=RunState.RUNNING,
        created_at=summary.created_at,
        started_at=summary.created_at,
        back_off_s=_back_off_s(summary.labels.get(naming.BACK_OFF_S)),
        image_id=summary.image_id,
        spec_hash=summary.labels.get(_HASH, ""),
    )


def _container(info: ContainerInfo, restart_count: int) -> ContainerStatus:
    error = info.error or info.labels.get(naming.START_ERROR, "")
    could_not_start = info.state is ContainerState.CREATED and bool(info.exit_code or error)
    if is_alive(info.state):
        state = RunState.RUNNING
    elif info.state is ContainerState.CREATED and not could_not_start:
        state = RunState.CREATED
    else:
        state = RunState.EXITED
    return ContainerStatus(
        id=info.id,
        full_name=info.name,
        name=info.labels[naming.CONTAINER_NAME],
        restart_count=restart_count,
        sandbox_id=info.labels.get(naming.SANDBOX_ID, ""),
        state=state,
        created_at=info.created_at,
        started_at=info.started_at,
        # A container that could not start ended when it was made (dockershim does the same).
        finished_at=info.created_at if could_not_start else info.finished_at,
        exit_code=info.exit_code,
        oom_killed=info.oom_killed,
        error=error,
        back_off_s=_back_off_s(info.labels.get(naming.BACK_OFF_S)),
        image_id=info.image_id,
        spec_hash=info.labels.get(_HASH, ""),
    )


def _back_off_s(label: str | None) -> int:
    return int(label) if label and label.isdecimal() else 0
