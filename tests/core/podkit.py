"""Pods and what is seen of them, in as few words as a test needs."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

from pausedemo.core.manifest import RestartPolicy, parse_pod
from pausedemo.core.pods.pod import Pod
from pausedemo.core.pods.status import ContainerStatus, PodStatus, RunState, SandboxStatus

BORN = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
UID = "6c1f5a52-3c2c-4d9c-8d1e-0f4b9a7a1c11"


def at(seconds: float) -> datetime:
    """That many seconds after the pod was made."""
    return BORN + timedelta(seconds=seconds)


def make_pod(
    *containers: str,
    init: tuple[str, ...] = (),
    sidecars: tuple[str, ...] = (),
    probes: str = "",
    policy: RestartPolicy = RestartPolicy.ALWAYS,
    extra: str = "",
) -> Pod:
    """A pod of these containers; ``init`` in order, ``sidecars`` those of them that go on.

    ``probes`` are fields of every sidecar and main container.
    """

    def listed(names: tuple[str, ...]) -> str:
        return "[" + ", ".join(map(written, names)) + "]"

    def written(name: str) -> str:
        more = ", restartPolicy: Always" if name in sidecars else ""
        if probes and (name in sidecars or name not in init):
            more += f", {probes}"
        return f"{{name: {name}, image: busybox{more}}}"

    text = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n"
        f"  containers: {listed(containers or ('a',))}\n"
        f"  initContainers: {listed(init)}\n"
        f"  restartPolicy: {policy}\n{extra}"
    )
    return Pod(parse_pod(text, "pod.yaml"), UID, BORN, shares_pid=False)


def sandbox(
    attempt: int = 0, *, ready: bool = True, ip: str = "10.0.0.7", network_mode: str = "default"
) -> SandboxStatus:
    return SandboxStatus(
        id=f"sandbox-{attempt}",
        name=f"k8s_POD_web_default_{UID}_{attempt}",
        attempt=attempt,
        ready=ready,
        ip=ip if ready else "",
        network_mode=network_mode,
        created_at=BORN,
    )


def _container(
    name: str, count: int, sandbox_attempt: int, state: RunState, back_off_s: int
) -> ContainerStatus:
    return ContainerStatus(
        id=f"{name}-{count}",
        full_name=f"k8s_{name}_web_default_{UID}_{count}",
        name=name,
        restart_count=count,
        sandbox_id=f"sandbox-{sandbox_attempt}",
        state=state,
        created_at=BORN,
        back_off_s=back_off_s,
    )


def running(name: str, count: int = 0, *, of: int = 0, back_off_s: int = 0) -> ContainerStatus:
    return dataclasses.replace(
        _container(name, count, of, RunState.RUNNING, back_off_s), started_at=BORN
    )


def created(name: str, count: int = 0, *, of: int = 0, back_off_s: int = 0) -> ContainerStatus:
    return _container(name, count, of, RunState.CREATED, back_off_s)


def ended(
    name: str,
    exit_code: int,
    count: int = 0,
    *,
    of: int = 0,
    from_s: float = 0,
    until_s: float = 5,
    back_off_s: int = 0,
    oom_killed: bool = False,
) -> ContainerStatus:
    """A container that ran from and until so many seconds after the pod was made."""
    return dataclasses.replace(
        _container(name, count, of, RunState.EXITED, back_off_s),
        started_at=at(from_s),
        finished_at=at(until_s),
        exit_code=exit_code,
        oom_killed=oom_killed,
    )


def not_startable(
    name: str, count: int = 0, *, of: int = 0, at_s: float = 0, back_off_s: int = 0
) -> ContainerStatus:
    """A container that the engine could not start."""
    return dataclasses.replace(
        _container(name, count, of, RunState.EXITED, back_off_s),
        created_at=at(at_s),
        finished_at=at(at_s),
        exit_code=127,
        error="no such file",
    )


def seen(*things: SandboxStatus | ContainerStatus) -> PodStatus:
    """The things as an observation gives them: newest first."""
    sandboxes = [thing for thing in things if isinstance(thing, SandboxStatus)]
    containers = [thing for thing in things if isinstance(thing, ContainerStatus)]
    return PodStatus(
        tuple(sorted(sandboxes, key=lambda s: s.attempt, reverse=True)),
        tuple(sorted(containers, key=lambda c: c.restart_count, reverse=True)),
    )
