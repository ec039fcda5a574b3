"""An engine with pods and kubelets on it, in as few words as a test needs."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

import yaml

from pausedemo.core.manifest import parse_pod
from pausedemo.core.pods.pod import LATEST_KUBERNETES, Deletion, Pod, compute_shares_pid
from pausedemo.core.pods.podevent import PodEvent, RecordedEvent
from pausedemo.core.pods.podreport import ContainerReport, PodStatusReport
from pausedemo.core.pods.podstatus import compute_pod_status
from pausedemo.core.pods.status import PodStatus
from pausedemo.engine.port import ContainerState, Engine
from pausedemo.kubelet.objects.events import list_events
from pausedemo.kubelet.objects.pods import PodObject, Pods
from pausedemo.kubelet.objects.store import Store
from pausedemo.kubelet.pod.observe import observe_pod
from pausedemo.kubelet.service.kubelet import Kubelet
from tests.kubelet.kit import MovedClock
from tests.waiting import wait_until

#: A program that says on its output when it is asked to end, and then ends.
PATIENT = "trap 'exit 0' TERM; while true; do sleep 0.1; done"


@dataclass
class Running:
    """A kubelet in a thread of the test's."""

    kubelet: Kubelet
    thread: threading.Thread
    events: list[tuple[Pod, PodEvent]]
    said: list[str]
    failure: list[BaseException] = field(default_factory=list)

    def stop(self) -> None:
        self.kubelet.stop()
        self.thread.join(60)
        assert not self.thread.is_alive(), "the kubelet did not stop"
        if self.failure:
            raise self.failure[0]

    def told(self, reason: str) -> list[str]:
        """The messages of all events of a reason, in order."""
        return [event.message for _, event in list(self.events) if event.reason == reason]


class World:
    """One engine, and what a test has on it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.clock = MovedClock()
        self.store = Store(engine)
        self.pods = Pods(self.store)
        self._running: list[Running] = []
        self._processes: list[subprocess.Popen[str]] = []

    def close(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait(60)
            assert process.stdout is not None
            process.stdout.close()
        for running in self._running:
            running.kubelet.stop()
            running.thread.join(60)

    def begin(self, relist_s: float = 0.3) -> Running:
        """Start a kubelet in a thread."""
        events: list[tuple[Pod, PodEvent]] = []
        said: list[str] = []
        kubelet = Kubelet(
            self.engine,
            self.clock,
            hear=lambda pod, event: events.append((pod, event)),
            say=said.append,
            relist_s=relist_s,
        )
        failure: list[BaseException] = []

        def run() -> None:
            try:
                kubelet.run()
            except BaseException as error:  # noqa: BLE001 - raised again by stop
                failure.append(error)

        thread = threading.Thread(target=run, daemon=True)
        running = Running(kubelet, thread, events, said, failure)
        self._running.append(running)
        thread.start()
        return running

    def spawn(self) -> subprocess.Popen[str]:
        """Start a kubelet in a process of its own: one that can be killed."""
        command = [sys.executable, "-m", "pausedemo", "kubelet", "--engine", self.engine.url]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._processes.append(process)
        return process

    def apply(self, spec: str, name: str = "web") -> PodObject:
        """Record a pod of this spec, in YAML."""
        text = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec:\n" + textwrap.indent(
            textwrap.dedent(spec).strip("\n"), "  "
        )
        manifest = parse_pod(text, "test.yaml")
        shares = compute_shares_pid(manifest.spec, LATEST_KUBERNETES)
        pod = Pod(manifest, str(uuid.uuid4()), self.clock.now(), shares)
        return self.pods.create(pod, yaml.safe_load(text))

    def get(self, name: str = "web") -> PodObject:
        found = self.pods.get("default", name)
        assert found is not None, f"there is no pod {name}"
        return found

    def delete(self, name: str = "web", grace_s: int = 30) -> None:
        self.pods.mark_deleted(self.get(name), Deletion(self.clock.now(), grace_s))

    def is_gone(self, name: str = "web") -> bool:
        return self.pods.get("default", name) is None

    def status(self, name: str = "web") -> PodStatus:
        return observe_pod(self.engine, self.get(name).pod.uid)

    def report(self, name: str = "web") -> PodStatusReport:
        pod = self.get(name).pod
        view = self.pods.view(pod)
        return compute_pod_status(pod, observe_pod(self.engine, pod.uid), view, self.clock.now())

    def container(self, container: str, name: str = "web") -> ContainerReport:
        report = self.report(name)
        both = (*report.init_containers, *report.containers)
        return next(one for one in both if one.name == container)

    def kill(self, container: str, name: str = "web") -> str:
        """Kill a container behind the kubelet's back, POD for the sandbox; its id."""
        status = self.status(name)
        found = status.sandbox if container == "POD" else status.latest(container)
        assert found is not None
        self.engine.kill_container(found.id)
        wait_until(
            f"{container} ends",
            lambda: self.engine.inspect_container(found.id).state is ContainerState.EXITED,
        )
        return found.id

    def wait_ready(self, name: str = "web") -> PodStatusReport:
        wait_until(f"pod {name} is ready", lambda: self.report(name).ready)
        return self.report(name)

    def wait(self, what: str, look: Callable[[], object]) -> None:
        wait_until(what, look)

    def events(self) -> list[RecordedEvent]:
        return list(list_events(self.store, self.clock))
