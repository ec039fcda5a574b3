"""Lifecycle hooks: what a container does, or has done, after its start and before its end.

What a hook says is not told, as it may hold secrets: only that it failed.

Source: kubernetes pkg/kubelet/lifecycle/handlers.go and kuberuntime/kuberuntime_container.go
(``startContainer``, ``executePreStopHook``).
"""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass, replace
from typing import Final

from pausedemo.clock import Clock
from pausedemo.core import naming
from pausedemo.core.manifest import Container, HTTPGetAction, LifecycleHandler
from pausedemo.core.pods.pod import Pod
from pausedemo.core.pods.podevent import PodEvent
from pausedemo.engine.port import Containers
from pausedemo.errors import EngineGone, ExecTimedOut, PausedemoError, TimedOut
from pausedemo.kubelet.pod.observe import find_container
from pausedemo.kubelet.pod.ports import Tell
from pausedemo.kubelet.reach.dialing import Dialer
from pausedemo.kubelet.reach.httpget import HttpFailure, HttpRequest, PlainAnswer, get, make_request
from pausedemo.kubelet.reach.killing import kill_on_node

#: A postStart hook has all the time it wants; a day is as good as that.
NO_TIMEOUT_S: Final = 24 * 3600
#: Where a pod on the node's own network is reached, from there.
NODE_IP: Final = "127.0.0.1"


class HookFailed(PausedemoError):
    """A hook did not do what it should."""


@dataclass(frozen=True, slots=True)
class LifecycleHooks:
    """The kubelet's ``Hooks``. Safe to use from several threads."""

    engine: Containers
    dialer: Dialer
    clock: Clock
    tell: Tell

    def post_start(self, pod: Pod, container: Container, container_id: str) -> bool:
        hook = container.lifecycle.post_start
        if hook is None:
            return True
        try:
            self._run(hook, pod, container, container_id, NO_TIMEOUT_S)
        except EngineGone:
            raise
        except PausedemoError:
            self._tell(pod, container, "FailedPostStartHook", "PostStartHook failed")
            return False
        return True

    def pre_stop(self, pod: Pod, container: Container, container_id: str, grace_s: int) -> int:
        hook = container.lifecycle.pre_stop
        if hook is None or grace_s <= 0:
            return 0
        start = self.clock.monotonic()
        try:
            self._run(hook, pod, container, container_id, grace_s)
        except EngineGone:
            raise
        except TimedOut:
            # The grace is over: the container is ended now, and the kubelet says nothing of it.
            return grace_s
        except PausedemoError:
            self._tell(pod, container, "FailedPreStopHook", "PreStopHook failed")
        return min(grace_s, int(self.clock.monotonic() - start))

    def _run(
        self, hook: LifecycleHandler, pod: Pod, container: Container, container_id: str, time_s: int
    ) -> None:
        """Run a hook to its end. TimedOut when it has not ended after ``time_s`` seconds."""
        if hook.exec is not None:
            self._exec(container_id, hook.exec.command, time_s)
        elif hook.http_get is not None:
            self._http_get(hook.http_get, pod, container, time_s)
        elif hook.sleep is not None:
            self._sleep(container_id, hook.sleep.seconds, time_s)
        else:
            raise HookFailed(f"container {container.name} has a hook without a handler")

    def _exec(self, container_id: str, command: tuple[str, ...], time_s: int) -> None:
        try:
            done = self.engine.exec(container_id, command, timeout_s=time_s)
        except ExecTimedOut as error:
            with contextlib.suppress(PausedemoError):
                kill_on_node(self.dialer.node, error.pid)
            raise
        if done.exit_code:
            raise HookFailed(f"{command[0]} ended with {done.exit_code}")

    def _http_get(self, action: HTTPGetAction, pod: Pod, container: Container, time_s: int) -> None:
        """Ask; any answer will do, whatever its status."""
        request = make_request(action, container, self._find_ip(pod), "lifecycle")
        deadline = self.clock.monotonic() + time_s
        try:
            self._get(request, pod, deadline)
        except HttpFailure as error:
            if self.clock.monotonic() >= deadline:
                raise TimedOut(f"the hook took more than {time_s} seconds") from error
            raise

    def _get(self, request: HttpRequest, pod: Pod, deadline: float) -> None:
        try:
            get(request, self.dialer, deadline - self.clock.monotonic())
        except PlainAnswer:
            # The kubelet once asked all hooks without TLS; some have never been served by any.
            plain = replace(
                request,
                url=request.url._replace(scheme="http"),
                headers=tuple(h for h in request.headers if h[0] != "Authorization"),
            )
            get(plain, self.dialer, deadline - self.clock.monotonic())
            place = request.url.netloc
            text = f"request to HTTPS lifecycle hook {place} got HTTP response,"
            self._say(pod, "LifecycleHTTPFallback", f"{text} retry with HTTP succeeded", "")

    def _sleep(self, container_id: str, seconds: int, time_s: int) -> None:
        self.clock.wait(threading.Event(), min(seconds, time_s))
        if seconds > time_s:
            raise TimedOut(f"container {container_id} is to sleep longer than its grace")

    def _find_ip(self, pod: Pod) -> str:
        sandbox = find_container(self.engine, pod.uid, naming.SANDBOX_CONTAINER_NAME)
        ip = self.engine.inspect_container(sandbox.id).ip if sandbox else ""
        if not ip and not pod.spec.host_network:
            raise HookFailed(f"pod {pod.name} has no address")
        return ip or NODE_IP

    def _tell(self, pod: Pod, container: Container, reason: str, message: str) -> None:
        self._say(pod, reason, message, container.name)

    def _say(self, pod: Pod, reason: str, message: str, container: str) -> None:
        self.tell(pod, PodEvent("Warning", reason, message, self.clock.now(), container))
