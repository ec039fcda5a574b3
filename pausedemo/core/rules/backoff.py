"""How long a container that ended waits before it is started again.

The kubelet keeps its back-off in memory; here each container bears, as a label, how long its
successor must wait after its end, so that a restarted pausedemo goes on where the last one
stopped.

Source: doBackOff in kubernetes pkg/kubelet/kuberuntime/kuberuntime_manager.go, and
k8s.io/client-go/util/flowcontrol/backoff.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pausedemo.core.manifest import Container
from pausedemo.core.pods.pod import Pod
from pausedemo.core.pods.status import ContainerStatus, PodStatus, RunState

FIRST_BACK_OFF_S: Final = 10
LONGEST_BACK_OFF_S: Final = 300


@dataclass(frozen=True, slots=True)
class ContainerStart:
    """Start this container with that count; its own successor waits ``back_off_s`` seconds."""

    name: str
    restart_count: int
    back_off_s: int


@dataclass(frozen=True, slots=True)
class BackOff:
    """This container waits until ``until``, ``delay_s`` seconds after its last end."""

    name: str
    delay_s: int
    until: datetime

    def message(self, pod: Pod) -> str:
        """The kubelet's words for it."""
        return render_back_off(pod, self.name, self.delay_s)


def render_back_off(pod: Pod, container: str, delay_s: int) -> str:
    """``back-off 10s restarting failed container=web pod=web_default(UID)``."""
    where = f"{pod.name}_{pod.namespace}({pod.uid})"
    delay = render_go_duration(delay_s)
    return f"back-off {delay} restarting failed container={container} pod={where}"


def render_go_duration(seconds: int) -> str:
    """Write whole seconds as Go's time.Duration does: ``10s``, ``1m20s``, ``5m0s``."""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def waits_for_back_off(last: ContainerStatus, now: datetime) -> bool:
    """Whether one that has ended keeps its successor waiting at ``now``."""
    return last.state is RunState.EXITED and last.restart_due_in_s(now) > 0


def compute_starts(
    wanted: Iterable[Container], status: PodStatus, now: datetime
) -> tuple[tuple[ContainerStart, ...], tuple[BackOff, ...]]:
    """Those that may start now, and those that their back-off holds."""
    starts, waiting = [], []
    for container in wanted:
        last = status.latest(container.name)
        if last is None:
            starts.append(ContainerStart(container.name, 0, 0))
        elif last.state is not RunState.EXITED:
            starts.append(ContainerStart(container.name, last.restart_count + 1, last.back_off_s))
        elif waits_for_back_off(last, now):
            until = now + timedelta(seconds=last.restart_due_in_s(now))
            waiting.append(BackOff(container.name, last.back_off_s, until))
        else:
            next_s = _compute_next_s(last)
            starts.append(ContainerStart(container.name, last.restart_count + 1, next_s))
    return tuple(starts), tuple(waiting)


def compute_start_after_kill(
    running: ContainerStatus, status: PodStatus, now: datetime
) -> ContainerStart | None:
    """The start that follows at once when the kubelet itself ends a container; None: it waits.

    What counts is the end of the one before, as the kubelet looks at what it saw before the kill:
    a container that fails its probe again and again is held only when it does so quickly.
    """
    count = running.restart_count + 1
    before = next(
        (
            one
            for one in status.containers
            if one.name == running.name and one.state is RunState.EXITED
        ),
        None,
    )
    if before is None or before.finished_at is None:
        return ContainerStart(running.name, count, running.back_off_s)
    age_s = (now - before.finished_at).total_seconds()
    if age_s < running.back_off_s:
        return None
    return ContainerStart(running.name, count, _double(running.back_off_s))


def _compute_next_s(last: ContainerStatus) -> int:
    return FIRST_BACK_OFF_S if last.back_off_forgotten else _double(last.back_off_s)


def _double(back_off_s: int) -> int:
    return min(2 * back_off_s, LONGEST_BACK_OFF_S) if back_off_s else FIRST_BACK_OFF_S
