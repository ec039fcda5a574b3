"""Probes of running containers over time: what they make of them, and who is told."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pausedemo.clock import SystemClock
from pausedemo.core.manifest import PodManifest, Probe
from pausedemo.core.pods.pod import Deletion, Pod
from pausedemo.core.pods.podevent import PodEvent
from pausedemo.core.pods.status import ContainerStatus, PodStatus, RunState, SandboxStatus
from pausedemo.core.rules.health import Health, Unhealthy
from pausedemo.engine.port import ContainerInfo
from pausedemo.errors import EngineGone
from pausedemo.kubelet.probes import ProbeManager
from pausedemo.kubelet.probes.asking import Answer, Asker, Target
from tests.kubelet.places import Place
from tests.waiting import wait_until

# By which way a port is reached is of no matter here.
pytestmark = pytest.mark.parametrize(
    "reach", ["docker", "embedded"], indirect=True, scope="session"
)

#: Each leaves a mark of having been asked; the second word says what it answers.
READY = ["sh", "-c", "echo >> /tmp/readiness; test -f /tmp/ready"]
ALIVE = ["sh", "-c", "echo >> /tmp/liveness; test ! -f /tmp/dead"]
STARTED = ["sh", "-c", "echo >> /tmp/startup; test -f /tmp/started"]


def probe(argv: list[str], **more: int) -> dict[str, Any]:
    return {"exec": {"command": argv}, "periodSeconds": 1, "timeoutSeconds": 20, **more}


@dataclass
class Watch:
    """A manager, one pod whose container ``a`` is real, and what was told of it."""

    place: Place
    pod: Pod
    manager: ProbeManager
    told: list[PodEvent]
    woken: list[str]
    info: ContainerInfo
    status: PodStatus = field(default_factory=PodStatus)

    def follow(self) -> None:
        self.manager.follow(self.pod, self.status)

    def health(self) -> Health | None:
        return self.manager.results(self.pod).get(self.info.id)

    def wait_for(self, **health: Any) -> None:
        wanted = Health(**health)
        wait_until(f"the container is {wanted}", lambda: self.health() == wanted)

    def asked(self, what: str) -> int:
        """How often a probe has been asked."""
        script = f"wc -l < /tmp/{what} 2>/dev/null || echo 0"
        return int(self.place.sh(self.info.id, script))

    def touch(self, name: str) -> None:
        self.place.sh(self.info.id, f"touch /tmp/{name}")

    def remove(self, name: str) -> None:
        self.place.sh(self.info.id, f"rm /tmp/{name}")

    def events(self) -> set[tuple[str, str, str, str]]:
        return {(one.type, one.reason, one.message, one.container) for one in list(self.told)}


def make_status(
    info: ContainerInfo, state: RunState = RunState.RUNNING, made_s_ago: int = 0
) -> PodStatus:
    """As an engine's list tells it: when it was made, to the second, and nothing of its start."""
    made = info.created_at.replace(microsecond=0) - timedelta(seconds=made_s_ago)
    sandbox = SandboxStatus(
        id="sandbox",
        name="sandbox",
        attempt=0,
        ready=True,
        ip=info.ip,
        network_mode="bridge",
        created_at=made,
    )
    container = ContainerStatus(
        id=info.id,
        full_name=info.name,
        name="a",
        restart_count=0,
        sandbox_id="sandbox",
        state=state,
        created_at=made,
        started_at=made,
    )
    return PodStatus((sandbox,), (container,))


@pytest.fixture
def watch(place: Place) -> Iterator[Callable[..., Watch]]:
    managers: list[ProbeManager] = []

    def begin(**probes: Any) -> Watch:
        manifest = PodManifest.model_validate(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": "probed"},
                "spec": {"containers": [{"name": "a", "image": "busybox", **probes}]},
            }
        )
        pod = Pod(manifest, str(uuid.uuid4()), datetime.now(UTC), False)
        told: list[PodEvent] = []
        woken: list[str] = []
        asker = Asker(place.engine, place.dialer)
        manager = ProbeManager(
            asker, SystemClock(), lambda _pod, event: told.append(event), woken.append
        )
        managers.append(manager)
        info = place.run("exec sleep 1000")
        watched = Watch(place, pod, manager, told, woken, info, make_status(info))
        watched.follow()
        return watched

    yield begin
    for manager in managers:
        manager.close()


def test_a_container_becomes_ready_and_unready_and_ready_again(
    watch: Callable[..., Watch],
) -> None:
    one = watch(readinessProbe=probe(READY, failureThreshold=2))
    assert one.health() == Health(ready=False)
    wait_until("it is told", lambda: one.told)
    assert one.events() == {("Warning", "Unhealthy", "Readiness probe failed: ", "a")}
    assert one.woken == []
    one.touch("ready")
    one.wait_for(ready=True)
    one.remove("ready")
    one.wait_for(ready=False)
    one.touch("ready")
    one.wait_for(ready=True)
    wait_until("the pod is looked at each time", lambda: one.woken == [one.pod.uid] * 3)


def test_a_container_that_fails_its_liveness_probe_is_given_up_and_left_alone(
    watch: Callable[..., Watch],
) -> None:
    one = watch(livenessProbe=probe(ALIVE, failureThreshold=2))
    wait_until("it is asked", lambda: one.asked("liveness"))
    assert one.health() == Health()
    one.touch("dead")
    one.wait_for(unhealthy=Unhealthy.LIVENESS)
    assert one.woken == [one.pod.uid]
    assert one.events() == {("Warning", "Unhealthy", "Liveness probe failed: ", "a")}
    one.follow()
    asked = one.asked("liveness")
    # Longer than three periods: what is to be killed is not asked any more.
    threading.Event().wait(3.5)
    assert one.asked("liveness") == asked
    assert one.health() == Health(unhealthy=Unhealthy.LIVENESS)


def test_others_wait_for_the_startup_probe(watch: Callable[..., Watch]) -> None:
    one = watch(
        startupProbe=probe(STARTED, failureThreshold=1000),
        readinessProbe=probe(READY),
        livenessProbe=probe(ALIVE),
    )
    one.touch("ready")
    wait_until("it has been asked for its start", lambda: one.asked("startup") > 1)
    assert one.health() == Health(ready=False, started=False)
    assert (one.asked("readiness"), one.asked("liveness")) == (0, 0)
    one.touch("started")
    one.wait_for(ready=True, started=True)
    wait_until("it is asked for its life", lambda: one.asked("liveness") > 1)
    before = one.asked("startup")
    wait_until("time goes by", lambda: one.asked("readiness") > 3)
    assert one.asked("startup") == before


def test_a_container_that_never_starts_is_given_up(watch: Callable[..., Watch]) -> None:
    one = watch(startupProbe=probe(STARTED, failureThreshold=2), livenessProbe=probe(["false"]))
    one.wait_for(ready=False, started=False, unhealthy=Unhealthy.STARTUP)
    assert one.events() == {("Warning", "Unhealthy", "Startup probe failed: ", "a")}


def test_a_new_container_is_asked_anew(watch: Callable[..., Watch]) -> None:
    one = watch(
        startupProbe=probe(STARTED, failureThreshold=1000),
        livenessProbe=probe(ALIVE, failureThreshold=1),
    )
    one.touch("dead")
    one.touch("started")
    one.wait_for(unhealthy=Unhealthy.LIVENESS)
    old, one.info = one.info, one.place.run("exec sleep 1000")
    one.status = make_status(one.info)
    one.follow()
    assert dict(one.manager.results(one.pod)) == {one.info.id: Health(ready=False, started=False)}
    assert old.id != one.info.id
    one.touch("started")
    one.wait_for(started=True)
    wait_until("it is asked for its life", lambda: one.asked("liveness") > 1)
    assert one.health() == Health()


def test_what_has_ended_is_not_asked_and_nothing_is_known_of_it(
    watch: Callable[..., Watch],
) -> None:
    one = watch(readinessProbe=probe(READY))
    one.touch("ready")
    one.wait_for(ready=True)
    one.status = make_status(one.info, RunState.EXITED)
    one.follow()
    assert dict(one.manager.results(one.pod)) == {}
    asked = one.asked("readiness")
    threading.Event().wait(2.5)
    assert one.asked("readiness") <= asked + 1


def test_a_forgotten_pod_is_asked_nothing(watch: Callable[..., Watch]) -> None:
    one = watch(readinessProbe=probe(READY))
    wait_until("it is asked", lambda: one.asked("readiness"))
    one.manager.forget(one.pod.uid)
    one.manager.forget("nobody")
    assert dict(one.manager.results(one.pod)) == {}
    asked = one.asked("readiness")
    threading.Event().wait(2.5)
    assert one.asked("readiness") <= asked + 1


def test_a_pod_that_is_deleted_is_killed_by_no_probe_but_becomes_unready(
    watch: Callable[..., Watch],
) -> None:
    one = watch(
        startupProbe=probe(STARTED, failureThreshold=1000),
        readinessProbe=probe(READY, failureThreshold=1),
        livenessProbe=probe(ALIVE, failureThreshold=1),
    )
    one.touch("started")
    one.touch("ready")
    one.wait_for(ready=True)
    one.pod = replace(one.pod, deletion=Deletion(datetime.now(UTC), 30))
    one.follow()
    one.touch("dead")
    one.remove("ready")
    one.wait_for(ready=False)
    asked = one.asked("readiness")
    wait_until("time goes by", lambda: one.asked("readiness") > asked + 2)
    assert one.health() == Health(ready=False)


def test_a_probe_that_cannot_be_asked_says_nothing_of_the_container(
    watch: Callable[..., Watch],
) -> None:
    one = watch(
        livenessProbe={"httpGet": {"port": "none"}, "periodSeconds": 1, "failureThreshold": 1}
    )
    wait_until("it is told", lambda: len(one.told) > 1)
    assert one.health() == Health()
    wrong = 'strconv.Atoi: parsing "none": invalid syntax'
    message = f"Liveness probe errored and resulted in unknown state: {wrong}"
    assert one.events() == {("Warning", "Unhealthy", message, "a")}


def test_a_redirect_elsewhere_is_a_success_with_a_warning(
    watch: Callable[..., Watch],
) -> None:
    one = watch(readinessProbe={"httpGet": {"port": 8080}, "periodSeconds": 1})
    answer = r"HTTP/1.1 302 Found\r\nLocation: http://0.0.0.0/\r\nContent-Length: 4\r\n\r\naway"
    one.place.engine.exec_detached(
        one.info.id, ("nc", "-ll", "-p", "8080", "-e", "sh", "-c", f"read x; printf '{answer}'")
    )
    one.wait_for(ready=True)
    message = "Readiness probe warning: Probe terminated redirects, Response body: away"
    wait_until("it is told", lambda: ("Warning", "ProbeWarning", message, "a") in one.events())


def test_the_initial_delay_is_waited_for(watch: Callable[..., Watch]) -> None:
    one = watch(readinessProbe=probe(READY, initialDelaySeconds=3600))
    one.touch("ready")
    threading.Event().wait(1.5)
    assert (one.asked("readiness"), one.health()) == (0, Health(ready=False))


def test_what_a_new_kubelet_finds_is_asked_some_time_within_a_period(
    watch: Callable[..., Watch],
) -> None:
    one = watch(readinessProbe=probe(READY, periodSeconds=100_000))
    wait_until("the new container is asked at once", lambda: one.asked("readiness") == 1)
    asker = Asker(one.place.engine, one.place.dialer)
    later = ProbeManager(asker, SystemClock(), lambda _pod, _event: None, one.woken.append)
    try:
        later.follow(one.pod, make_status(one.info, made_s_ago=60))
        threading.Event().wait(1.0)
        assert dict(later.results(one.pod)) == {one.info.id: Health(ready=False)}
        assert one.asked("readiness") == 1
    finally:
        later.close()


def test_sidecars_are_asked_and_other_init_containers_are_not(place: Place) -> None:
    def container(name: str, **more: Any) -> dict[str, Any]:
        readiness = {"readinessProbe": probe(["true"])} if name != "first" else {}
        return {"name": name, "image": "busybox", **readiness, **more}

    manifest = PodManifest.model_validate(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "probed"},
            "spec": {
                "initContainers": [container("first"), container("a", restartPolicy="Always")],
                "containers": [{"name": "main", "image": "busybox"}],
            },
        }
    )
    pod = Pod(manifest, str(uuid.uuid4()), datetime.now(UTC), False)
    asker = Asker(place.engine, place.dialer)
    manager = ProbeManager(asker, SystemClock(), lambda _pod, _event: None, lambda _uid: None)
    try:
        info = place.run("exec sleep 1000")
        manager.follow(pod, make_status(info))
        ready = {info.id: Health(ready=True)}
        wait_until("the sidecar is ready", lambda: dict(manager.results(pod)) == ready)
    finally:
        manager.close()


def test_an_engine_that_has_gone_is_told_by_others(place: Place) -> None:
    class Gone(Asker):
        def ask(self, probe: Probe, target: Target) -> Answer:
            del probe, target
            asked.release()
            raise EngineGone("it went")

    asked = threading.Semaphore(0)
    told: list[PodEvent] = []
    manifest = PodManifest.model_validate(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "probed"},
            "spec": {
                "containers": [{"name": "a", "image": "busybox", "readinessProbe": probe(["true"])}]
            },
        }
    )
    pod = Pod(manifest, str(uuid.uuid4()), datetime.now(UTC), False)
    manager = ProbeManager(
        Gone(place.engine, place.dialer),
        SystemClock(),
        lambda _pod, event: told.append(event),
        lambda _uid: None,
    )
    try:
        info = place.run("exec sleep 1000")
        manager.follow(pod, make_status(info))
        for _ in range(2):
            assert asked.acquire(timeout=30), "it is asked again when the engine may be back"
        assert (told, dict(manager.results(pod))) == ([], {info.id: Health(ready=False)})
    finally:
        manager.close()


def test_a_pod_without_probes_costs_nothing(watch: Callable[..., Watch]) -> None:
    before = threading.active_count()
    one = watch()
    assert dict(one.manager.results(one.pod)) == {}
    assert threading.active_count() == before
