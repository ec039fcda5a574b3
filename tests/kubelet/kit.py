"""Pods of busybox for the tests of the kubelet: on the engine, with a clock that can be moved."""

from __future__ import annotations

import textwrap
import threading
import uuid
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pausedemo.clock import SystemClock
from pausedemo.core import naming
from pausedemo.core.manifest import parse_pod
from pausedemo.core.pods.pod import LATEST_KUBERNETES, Pod, compute_shares_pid
from pausedemo.core.pods.podreport import PodStatusReport, StateWaiting
from pausedemo.core.pods.podrow import PodRow, compute_row
from pausedemo.core.pods.podstatus import compute_pod_status
from pausedemo.core.pods.status import ContainerStatus, PodStatus, RunState
from pausedemo.engine.port import ContainerInfo, ContainerState, ContainerSummary, Engine
from pausedemo.kubelet.owner import Owner
from pausedemo.kubelet.pod.controller import EngineLimits, PodController, PodEvent, PodImages
from pausedemo.kubelet.pod.observe import observe_pod
from pausedemo.kubelet.pod.passes import Passes
from tests.waiting import wait_until

TEST_LABEL = "pausedemo.test/kubelet"

TWO = """
    containers:
    - {name: a, image: busybox, command: [sleep, "3600"]}
    - {name: b, image: busybox, command: [sleep, "3600"]}
"""


class MovedClock(SystemClock):
    """The machine's clock, ahead by as much as a test says. Deadlines and waits stay real."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def move(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)


@dataclass(slots=True)
class Kit:
    """One pod, its controller, and what the controller told."""

    engine: Engine
    pod: Pod
    controller: PodController
    clock: MovedClock
    events: list[PodEvent] = field(default_factory=list)

    def sync(self, times: int = 1) -> None:
        for _ in range(times):
            self.controller.sync()

    @property
    def told(self) -> list[tuple[str, str]]:
        """Reason and message of each event, in order."""
        return [(event.reason, event.message) for event in list(self.events)]

    def reasons(self) -> list[str]:
        return [event.reason for event in list(self.events)]

    def has_told(self, reason: str, times: int) -> bool:
        return self.reasons().count(reason) == times

    def status(self) -> PodStatus:
        return observe_pod(self.engine, self.pod.uid)

    def report(self) -> PodStatusReport:
        """The pod's status as Kubernetes would tell it."""
        return compute_pod_status(self.pod, self.status(), self.controller.view, self.clock.now())

    def row(self) -> PodRow:
        """The pod's row, as kubectl would show it."""
        return compute_row(self.pod, self.status(), self.controller.view, self.clock.now())

    def waiting(self, name: str) -> StateWaiting:
        """Why a container waits."""
        report = self.report()
        found = next(c for c in (*report.init_containers, *report.containers) if c.name == name)
        assert isinstance(found.state, StateWaiting), found
        return found.state

    def latest(self, name: str) -> ContainerStatus:
        latest = self.status().latest(name)
        assert latest is not None, f"there is no container {name}"
        return latest

    def info(self, name: str) -> ContainerInfo:
        """The newest container of that name; POD is the sandbox's."""
        if name == "POD":
            sandbox = self.status().sandbox
            assert sandbox is not None
            return self.engine.inspect_container(sandbox.id)
        return self.engine.inspect_container(self.latest(name).id)

    def rows(self) -> tuple[ContainerSummary, ...]:
        """All containers of the pod, the first made first."""
        return self.engine.list_containers({naming.POD_UID: self.pod.uid})[::-1]

    def names(self) -> list[str]:
        """Container and attempt of all that are on the engine, as ``a_0``, sorted."""
        found = []
        for row in self.rows():
            parsed = naming.parse_name(row.name)
            assert parsed is not None
            found.append(f"{row.labels[naming.CONTAINER_NAME]}_{parsed.attempt}")
        return sorted(found)

    def kill(self, name: str) -> ContainerInfo:
        """Kill a container behind the kubelet's back, and wait for its end."""
        container = self.info(name).id
        self.engine.kill_container(container)
        return self.wait_for_end(container)

    def wait_for_end(self, container: str) -> ContainerInfo:
        def look() -> ContainerInfo | None:
            info = self.engine.inspect_container(container)
            return info if info.state is ContainerState.EXITED else None

        return wait_until(f"container {container} ends", look)

    def wait_until_ended(self, name: str, restart_count: int = 0) -> ContainerStatus:
        def look() -> ContainerStatus | None:
            latest = self.latest(name)
            ended = latest.state is RunState.EXITED and latest.restart_count == restart_count
            return latest if ended else None

        return wait_until(f"{name} ends for the time {restart_count}", look)


@dataclass(slots=True)
class Kits:
    """Makes pods; all that they have on the engine is removed at the end."""

    engine: Engine
    images: PodImages
    made: ExitStack
    limits: EngineLimits

    def make(
        self,
        spec: str = TWO,
        *,
        kubernetes: tuple[int, int] = LATEST_KUBERNETES,
        labels: dict[str, str] | None = None,
        pod: Pod | None = None,
        images: PodImages | None = None,
        engine: Engine | None = None,
    ) -> Kit:
        """A pod of this spec, in YAML; or a second controller for a pod that is there."""
        clock = MovedClock()
        if pod is None:
            text = (
                "apiVersion: v1\nkind: Pod\nmetadata: {name: kubelet-test}\nspec:\n"
                "  terminationGracePeriodSeconds: 0\n"
                + textwrap.indent(textwrap.dedent(spec).strip("\n"), "  ")
            )
            manifest = parse_pod(text, "test.yaml")
            shares = compute_shares_pid(manifest.spec, kubernetes)
            pod = Pod(manifest, str(uuid.uuid4()), clock.now(), shares)
            self.made.callback(self._remove, pod)
        events: list[PodEvent] = []
        owner = {naming.OWNER: str(Owner.this_process()), TEST_LABEL: pod.uid}
        controller = PodController(
            engine=engine or self.engine,
            pod=pod,
            images=images or self.images,
            clock=clock,
            labels={**owner, **(labels or {})},
            limits=self.limits,
            record=events.append,
        )
        return Kit(self.engine, pod, controller, clock, events)

    def _remove(self, pod: Pod) -> None:
        for row in self.engine.list_containers({naming.POD_UID: pod.uid}):
            self.engine.remove_container(row.id)


@dataclass(slots=True)
class Running:
    """A controller that runs in a thread of the test's; ``error`` is what ended it."""

    kit: Kit
    resync_s: float
    stop_event: threading.Event = field(default_factory=threading.Event)
    wake: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None
    thread: threading.Thread | None = None

    def __enter__(self) -> Running:
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self.stop_event.set()
        self.wake.set()
        assert self.thread is not None
        self.thread.join(60)
        assert not self.thread.is_alive(), "the controller did not stop"

    def _run(self) -> None:
        try:
            Passes(self.kit.controller).run(self.stop_event, self.wake, self.resync_s)
        except BaseException as error:  # noqa: BLE001 - looked at by the test
            self.error = error
