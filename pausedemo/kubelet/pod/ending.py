"""Containers ended in order: hook, TERM, grace, KILL; sidecars after the main ones; the sandbox.

Source: killContainer and terminationOrdering in kubernetes pkg/kubelet/kuberuntime.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence
from functools import partial

from pausedemo.core.pods.status import ContainerStatus, PodStatus
from pausedemo.core.rules.killing import LEAST_GRACE_S, compute_grace_s, compute_turns
from pausedemo.errors import NotFound
from pausedemo.kubelet.pod.tools import PodTools
from pausedemo.kubelet.threads import do_all


class Turns:
    """Who ends after whom: each group waits until those before it have ended."""

    def __init__(self, groups: Sequence[Sequence[ContainerStatus]]) -> None:
        self._left = [{one.id for one in group} for group in groups]
        self._over = threading.Condition()

    def wait(self, container_id: str, timeout_s: float) -> None:
        """Wait for a container's turn, at most so long."""
        with self._over:
            self._over.wait_for(lambda: self._is_next(container_id), timeout_s)

    def ended(self, container_id: str) -> None:
        """Say that one has ended, or will not."""
        with self._over:
            for group in self._left:
                group.discard(container_id)
            self._over.notify_all()

    def _is_next(self, container_id: str) -> bool:
        for group in self._left:
            if group:
                return container_id in group
        return True


def end_pod(tools: PodTools, status: PodStatus, longest_s: int | None = None) -> None:
    """End all that runs of a pod; returns when it has ended. ``longest_s`` bounds every grace.

    All hooks run at once; each container's TERM waits for its turn, and all of that is taken off
    its grace.
    """
    groups = compute_turns(tools.pod, status)
    turns = Turns(groups)
    calls = []
    for container in (one for group in groups for one in group):
        message = f"Stopping container {container.name}"
        spec = next((c for c in tools.pod.spec.all_containers if c.name == container.name), None)
        grace_s = compute_grace_s(tools.pod, spec) if spec else LEAST_GRACE_S
        grace_s = grace_s if longest_s is None else min(grace_s, longest_s)
        calls.append(
            partial(end_container, tools, container.name, container.id, message, grace_s, turns)
        )
    do_all(calls, "end")
    ready = [sandbox for sandbox in status.sandboxes if sandbox.ready]
    grace_s = tools.pod.spec.termination_grace_period_seconds
    if tools.pod.deletion is not None:
        grace_s = tools.pod.deletion.grace_s
    grace_s = grace_s if longest_s is None else min(grace_s, longest_s)
    do_all([partial(_stop, tools, sandbox.id, grace_s) for sandbox in ready], "end")


def end_container(
    tools: PodTools,
    name: str,
    container_id: str,
    message: str,
    grace_s: int,
    turns: Turns | None = None,
) -> None:
    """End one container; returns when it has ended. One that has ended already is left alone.

    A grace of 0 is none at all: KILL at once. Kubernetes would give two seconds all the same.
    """
    tools.tell("Normal", "Killing", message, name)
    spec = next((c for c in tools.pod.spec.all_containers if c.name == name), None)
    left_s = grace_s
    try:
        if left_s > 0 and spec is not None and spec.lifecycle.pre_stop is not None:
            left_s -= tools.hooks.pre_stop(tools.pod, spec, container_id, left_s)
        if turns is not None and grace_s > 0:
            before = tools.clock.monotonic()
            turns.wait(container_id, max(left_s, 0))
            left_s -= int(tools.clock.monotonic() - before)
        _stop(tools, container_id, max(left_s, min(grace_s, LEAST_GRACE_S)))
    finally:
        if turns is not None:
            turns.ended(container_id)


def _stop(tools: PodTools, container_id: str, grace_s: int) -> None:
    """Stop one, and return when the engine's list knows of it.

    dockerd answers a stop a moment before its list shows the end; an inspection waits for that
    (moby, daemon/monitor.go ``handleContainerExit``). The next look would find it running, and
    it would be ended, and told, a second time.
    """
    with contextlib.suppress(NotFound):
        tools.engine.stop_container(container_id, grace_s)
        tools.engine.inspect_container(container_id)
