"""How long the whole pod is away after ``docker kill`` of its infra container.

Measured from outside, on the engine, with the controller running in the background: until every
container runs again, by the time from the start of the controller of a new pod until every
container runs.

The bound holds from the moment at which ``docker kill`` has returned, that is when the infra
container has ended (moby, daemon/kill.go ``Kill``). What the engine takes for that, before it
lets go of the dead container and its network, nobody can shorten. The ratio with it is told too.
"""

from __future__ import annotations

import time
from typing import Final

from benchmarks.ground import Ground
from benchmarks.ratios import Measure, Side, compute_ratios
from pausedemo.core import naming
from pausedemo.core.outputs.netstat import parse_netstat
from pausedemo.engine.port import ContainerState, Engine
from pausedemo.errors import PausedemoError, TimedOut
from pausedemo.kubelet.pod.background import BackgroundController

BOUND: Final = 1.3
TIMEOUT_S: Final = 60.0
POLL_S: Final = 0.005
REST_POLL_S: Final = 0.1
#: What the article's pod does last of all: Ghost listens.
LIST_LISTENERS: Final = ("netstat", "-ntl")
GHOST_PORT: Final = 2368


def measure_recovery(ground: Ground, rounds: int) -> tuple[list[Measure], list[Side]]:
    """Start a pod, let it come to rest, kill its infra container; ``rounds`` times."""
    cold_s: list[float] = []
    kill_s: list[float] = []
    recovery_s: list[float] = []
    for _ in range(rounds):
        controller = ground.make_controller()
        uid = controller.pod.uid
        names = {naming.SANDBOX_CONTAINER_NAME}
        names |= {container.name for container in controller.pod.spec.containers}
        background = BackgroundController(controller)
        try:
            began = time.monotonic()
            background.start()
            first = _wait_until_all_run(ground.engine, uid, names, background, frozenset())
            cold_s.append(time.monotonic() - began)
            _wait_until_at_rest(ground.engine, uid)
            sandbox = _find_sandbox(ground.engine, uid)
            began = time.monotonic()
            ground.engine.kill_container(sandbox)
            killed = time.monotonic()
            _wait_until_all_run(ground.engine, uid, names, background, first)
            kill_s.append(killed - began)
            recovery_s.append(time.monotonic() - killed)
        finally:
            background.stop()
            ground.clear()
    with_kill_s = [sum(both) for both in zip(kill_s, recovery_s, strict=True)]
    measures = [
        Measure(
            "recovery after the kill, by cold start", compute_ratios(recovery_s, cold_s), BOUND
        ),
        Measure("kill and recovery, by cold start", compute_ratios(with_kill_s, cold_s), None),
    ]
    sides = [
        Side("recovery: cold start", tuple(cold_s)),
        Side("recovery: docker kill", tuple(kill_s)),
        Side("recovery: after the kill", tuple(recovery_s)),
    ]
    return measures, sides


def _wait_until_all_run(
    engine: Engine,
    uid: str,
    names: set[str],
    background: BackgroundController,
    others_than: frozenset[str],
) -> frozenset[str]:
    """Wait for running containers of all names, none of them among ``others_than``; their ids."""
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        if background.failure is not None:
            raise background.failure
        running = {
            row.labels.get(naming.CONTAINER_NAME): row.id
            for row in engine.list_containers({naming.POD_UID: uid})
            if row.state is ContainerState.RUNNING and row.id not in others_than
        }
        if running.keys() == names:
            return frozenset(running.values())
        time.sleep(POLL_S)
    raise TimedOut(f"the pod did not run within {TIMEOUT_S:g} s")


def _wait_until_at_rest(engine: Engine, uid: str) -> None:
    """Wait until Ghost has booted, so that the kill, as the start before, finds idle processors."""
    rows = engine.list_containers({naming.POD_UID: uid, naming.CONTAINER_NAME: "busybox"})
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        done = engine.exec(rows[0].id, LIST_LISTENERS, timeout_s=TIMEOUT_S)
        if any(socket.port == GHOST_PORT for socket in parse_netstat(done.stdout.decode())):
            return
        time.sleep(REST_POLL_S)
    raise TimedOut(f"Ghost did not listen within {TIMEOUT_S:g} s")


def _find_sandbox(engine: Engine, uid: str) -> str:
    for row in engine.list_containers({naming.POD_UID: uid}):
        if row.labels.get(naming.CONTAINER_TYPE) == naming.TYPE_SANDBOX:
            return row.id
    raise PausedemoError(f"pod {uid} has no infra container")
