"""Hooks against real containers: what they do, how long they may, and what is told."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pausedemo.clock import SystemClock
from pausedemo.core import naming
from pausedemo.core.manifest import Container, PodManifest
from pausedemo.core.naming import SandboxName
from pausedemo.core.pods.pod import Pod
from pausedemo.core.pods.podevent import PodEvent
from pausedemo.engine.port import ContainerInfo
from pausedemo.kubelet.pod.hooks import LifecycleHooks
from tests.kubelet.places import Place
from tests.kubelet.servers import HTTPD, Host
from tests.waiting import wait_until

POST_START = ("Warning", "FailedPostStartHook", "PostStartHook failed", "a")
PRE_STOP = ("Warning", "FailedPreStopHook", "PreStopHook failed", "a")


class SleepingClock(SystemClock):
    """A clock of which a test can see how long somebody sleeps; the sleep itself is short."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.ahead = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead

    def wait(self, event: threading.Event, timeout_s: float) -> bool:
        self.slept.append(timeout_s)
        self.ahead += timeout_s
        return event.is_set()


@dataclass
class Hooked:
    """A pod whose one container serves, and its hooks."""

    pod: Pod
    info: ContainerInfo
    hooks: LifecycleHooks
    clock: SleepingClock
    events: list[PodEvent] = field(default_factory=list)

    @property
    def told(self) -> list[tuple[str, str, str, str]]:
        return [(one.type, one.reason, one.message, one.container) for one in self.events]

    def post_start(self, handler: dict[str, Any] | None) -> bool:
        return self.hooks.post_start(self.pod, make_container(postStart=handler), self.info.id)

    def pre_stop(self, handler: dict[str, Any] | None, grace_s: int) -> int:
        container = make_container(preStop=handler)
        return self.hooks.pre_stop(self.pod, container, self.info.id, grace_s)


def make_container(**lifecycle: Any) -> Container:
    ports = [{"name": "web", "containerPort": 8080}]
    hooks = {name: handler for name, handler in lifecycle.items() if handler is not None}
    return Container.model_validate(
        {"name": "a", "image": "busybox", "ports": ports, "lifecycle": hooks}
    )


def make_pod(**spec: Any) -> Pod:
    manifest = PodManifest.model_validate(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "hooked"},
            "spec": {"containers": [{"name": "a", "image": "busybox"}], **spec},
        }
    )
    return Pod(manifest, str(uuid.uuid4()), datetime.now(UTC), False)


def hook_up(place: Place, pod: Pod) -> Hooked:
    """One container that is sandbox and member in one: a hook asks for the sandbox's address.

    On the node's network it serves nothing: other tests are there too.
    """
    labels = {naming.POD_UID: pod.uid, naming.CONTAINER_NAME: naming.SANDBOX_CONTAINER_NAME}
    name = str(SandboxName(pod.name, pod.namespace, pod.uid, 0))
    if pod.spec.host_network:
        info = place.run("exec sleep 1000", name=name, labels=labels, network_mode="host")
    else:
        info = place.serve(HTTPD, 8080, name=name, labels=labels)
    events: list[PodEvent] = []
    clock = SleepingClock()
    hooks = LifecycleHooks(
        place.engine, place.dialer, clock, lambda _pod, event: events.append(event)
    )
    return Hooked(pod, info, hooks, clock, events)


@pytest.fixture
def hooked(place: Place) -> Hooked:
    return hook_up(place, make_pod())


def test_a_command_that_succeeds_lets_the_container_live(place: Place, hooked: Hooked) -> None:
    assert hooked.post_start({"exec": {"command": ["touch", "/tmp/begun"]}})
    assert place.sh(hooked.info.id, "ls /tmp/begun") == "/tmp/begun\n"
    assert hooked.told == []


@pytest.mark.parametrize(
    "handler",
    [
        {"exec": {"command": ["sh", "-c", "echo the password is 1234; exit 1"]}},
        {"exec": {"command": ["/no/such/program"]}},
        {"httpGet": {"port": 81}},
        {"httpGet": {"port": "none"}},
    ],
)
def test_one_that_fails_is_told_without_what_it_said(
    hooked: Hooked, handler: dict[str, Any]
) -> None:
    assert not hooked.post_start(handler)
    assert hooked.pre_stop(handler, 30) < 30
    assert hooked.told == [POST_START, PRE_STOP]


def test_a_container_without_hooks_is_left_alone(hooked: Hooked) -> None:
    assert hooked.post_start(None)
    assert hooked.pre_stop(None, 30) == 0
    assert (hooked.told, hooked.clock.slept) == ([], [])


@pytest.mark.parametrize("path", ["/", "/cgi-bin/say?500", "/none"])
def test_any_answer_over_http_will_do(hooked: Hooked, path: str) -> None:
    handler = {"httpGet": {"path": path, "port": "web"}}
    assert hooked.post_start(handler)
    assert hooked.pre_stop(handler, 30) < 30
    assert hooked.told == []


def test_it_is_a_hook_that_asks(place: Place, hooked: Hooked) -> None:
    place.sh(
        hooked.info.id,
        "printf '#!/bin/sh\\nenv > /tmp/seen\\necho; echo\\n' > /tmp/www/cgi-bin/see;"
        " chmod +x /tmp/www/cgi-bin/see",
    )
    assert hooked.post_start({"httpGet": {"path": "/cgi-bin/see", "port": 8080}})
    seen = place.sh(hooked.info.id, "cat /tmp/seen").splitlines()
    assert "HTTP_USER_AGENT=kube-lifecycle/1.31" in seen


def test_https_falls_back_to_http_and_says_so(hooked: Hooked) -> None:
    assert hooked.post_start({"httpGet": {"port": 8080, "scheme": "HTTPS"}})
    place = f"{hooked.info.ip}:8080"
    text = f"request to HTTPS lifecycle hook {place} got HTTP response, retry with HTTP succeeded"
    assert hooked.told == [("Warning", "LifecycleHTTPFallback", text, "")]


def test_https_is_asked_without_asking_who_it_is(place: Place, host: Host, tmp_path: Path) -> None:
    hooked = hook_up(place, make_pod(hostNetwork=True))
    port = host.https(tmp_path)
    assert hooked.post_start({"httpGet": {"port": port, "scheme": "HTTPS"}})
    assert hooked.told == []


@pytest.mark.parametrize(
    ("seconds", "grace_s", "slept", "took"), [(5, 30, 5, 5), (30, 30, 30, 30), (60, 20, 20, 20)]
)
def test_a_pause_takes_of_the_grace_and_never_more(
    hooked: Hooked, seconds: int, grace_s: int, slept: int, took: int
) -> None:
    assert hooked.pre_stop({"sleep": {"seconds": seconds}}, grace_s) == took
    assert (hooked.clock.slept, hooked.told) == ([slept], [])


def test_without_grace_no_hook_is_run(place: Place, hooked: Hooked) -> None:
    assert hooked.pre_stop({"exec": {"command": ["touch", "/tmp/ended"]}}, 0) == 0
    assert place.sh(hooked.info.id, "ls /tmp | grep -c ended || true") == "0\n"


def test_a_command_ends_with_the_grace(place: Place, hooked: Hooked) -> None:
    assert hooked.pre_stop({"exec": {"command": ["sleep", "5432"]}}, 1) == 1
    assert hooked.told == []

    def ended() -> bool:
        return "5432" not in place.sh(hooked.info.id, "ps")

    wait_until("the command has ended", ended)


def test_a_request_ends_with_the_grace(hooked: Hooked) -> None:
    assert hooked.pre_stop({"httpGet": {"path": "/cgi-bin/slow", "port": 8080}}, 1) == 1
    assert hooked.told == []


def test_the_time_that_a_hook_takes_is_told_in_whole_seconds(
    hooked: Hooked, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = hooked.hooks.engine.exec

    def slow(*args: Any, **more: Any) -> Any:
        hooked.clock.ahead += 3.9
        return real(*args, **more)

    with monkeypatch.context() as patched:
        patched.setattr(hooked.hooks.engine, "exec", slow)
        assert hooked.pre_stop({"exec": {"command": ["true"]}}, 30) in (3, 4)


def test_a_pod_without_an_address_fails_its_request(place: Place) -> None:
    pod = make_pod()
    info = place.run("exec sleep 1000")
    events: list[PodEvent] = []
    hooks = LifecycleHooks(
        place.engine, place.dialer, SystemClock(), lambda _pod, event: events.append(event)
    )
    container = make_container(postStart={"httpGet": {"port": 80}})
    assert not hooks.post_start(pod, container, info.id)
    assert [one.reason for one in events] == ["FailedPostStartHook"]
