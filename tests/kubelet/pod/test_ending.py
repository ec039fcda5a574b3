"""The end of a pod, on an engine whose list is late."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from pausedemo.core.pods.pod import Deletion
from pausedemo.core.pods.status import RunState
from pausedemo.engine.port import ContainerInfo, ContainerState, ContainerSummary, Engine
from tests.kubelet.kit import Kits

SIDECAR = """
    initContainers:
    - {name: s, image: busybox, restartPolicy: Always, command: [sleep, "3600"]}
    containers:
    - {name: a, image: busybox, command: [sleep, "3600"]}
"""


class Late:
    """The real engine, as dockerd is in a moment that is too short to meet.

    Its list shows what was stopped as running until somebody has inspected it.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._stopped: set[str] = set()

    def stop_container(self, container: str, grace_s: int) -> None:
        self._engine.stop_container(container, grace_s)
        self._stopped.add(container)

    def inspect_container(self, container: str) -> ContainerInfo:
        self._stopped.discard(container)
        return self._engine.inspect_container(container)

    def list_containers(self, labels: Mapping[str, str | None]) -> tuple[ContainerSummary, ...]:
        return tuple(
            replace(row, state=ContainerState.RUNNING) if row.id in self._stopped else row
            for row in self._engine.list_containers(labels)
        )

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


def test_what_was_ended_is_not_ended_again_where_the_list_is_late(kits: Kits) -> None:
    kit = kits.make(SIDECAR, engine=cast(Engine, Late(kits.engine)))
    for _ in range(3):
        kit.controller.sync()
    assert [kit.latest(name).state for name in "sa"] == [RunState.RUNNING] * 2
    kit.controller.pod = replace(kit.pod, deletion=Deletion(kit.clock.now(), 1))
    assert kit.controller.sync().kill_pod
    assert kit.controller.sync().remove
    told = [message for reason, message in kit.told if reason == "Killing"]
    assert sorted(told) == ["Stopping container a", "Stopping container s"]
