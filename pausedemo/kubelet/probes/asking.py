"""One probe asked once: by a command, over HTTP, TCP or gRPC.

Source: kubernetes pkg/kubelet/prober/prober.go (``runProbe``) and pkg/probe.
"""

from __future__ import annotations

import contextlib
import threading
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from pausedemo.core.manifest import Container, ExecAction, HTTPGetAction, Probe, TCPSocketAction
from pausedemo.core.rules.dialerrors import DialError
from pausedemo.core.rules.ports import resolve_port
from pausedemo.core.rules.probecommand import expand_probe_command
from pausedemo.engine.port import Containers
from pausedemo.errors import ExecTimedOut, PausedemoError
from pausedemo.kubelet.probes.grpc_health import check_health
from pausedemo.kubelet.reach.dialing import Dialer
from pausedemo.kubelet.reach.httpget import HttpFailure, get, make_request
from pausedemo.kubelet.reach.killing import kill_on_node

#: As much of a command's output as is told.
LONGEST_OUTPUT: Final = 10 * 1024
EXECS_AT_ONCE: Final = 4


class Outcome(Enum):
    """What came of it. A warning is a success that is told of."""

    SUCCESS = "success"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a probe found, and what it said."""

    outcome: Outcome
    output: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """A running container, and where its pod is reached."""

    container: Container
    container_id: str
    pod_ip: str


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks probes. Safe to use from several threads.

    Commands wait for each other, a few at a time: an engine that is asked for many at once is slow
    with all of them, and their time runs.
    """

    engine: Containers
    dialer: Dialer
    gate: AbstractContextManager[object] = field(
        default_factory=lambda: threading.BoundedSemaphore(EXECS_AT_ONCE)
    )

    def ask(self, probe: Probe, target: Target) -> Answer:
        """Ask once. PausedemoError when it could not be asked, which says nothing of the target."""
        if probe.exec is not None:
            return self._exec(probe.exec, target, probe.timeout_seconds)
        if probe.http_get is not None:
            return self._http_get(probe.http_get, target, probe.timeout_seconds)
        if probe.tcp_socket is not None:
            return self._tcp_socket(probe.tcp_socket, target, probe.timeout_seconds)
        if probe.grpc is not None:
            healthy, output = check_health(
                self.dialer,
                target.pod_ip,
                probe.grpc.port,
                probe.grpc.service,
                probe.timeout_seconds,
            )
            return Answer(Outcome.SUCCESS if healthy else Outcome.FAILURE, output)
        raise PausedemoError(f"missing probe handler for {target.container.name}")

    def _exec(self, action: ExecAction, target: Target, timeout_s: int) -> Answer:
        argv = expand_probe_command(action.command, target.container.env)
        try:
            with self.gate:
                done = self.engine.exec(target.container_id, argv, timeout_s=timeout_s)
        except ExecTimedOut as error:
            # The failure counts, whether or not the command can be ended.
            with contextlib.suppress(PausedemoError):
                kill_on_node(self.dialer.node, error.pid)
            return Answer(Outcome.FAILURE, f'command "{" ".join(argv)}" timed out')
        output = (done.stdout + done.stderr)[:LONGEST_OUTPUT].decode(errors="replace")
        return Answer(Outcome.FAILURE if done.exit_code else Outcome.SUCCESS, output)

    def _http_get(self, action: HTTPGetAction, target: Target, timeout_s: int) -> Answer:
        request = make_request(action, target.container, target.pod_ip, "probe")
        try:
            reply = get(request, self.dialer, timeout_s)
        except HttpFailure as error:
            if error.status:
                # It answered, but not to the end: nothing is known.
                raise
            return Answer(Outcome.FAILURE, str(error))
        if not 200 <= reply.status < 400:
            # Its body is not told: it may hold what others must not see (kubernetes#99425).
            return Answer(Outcome.FAILURE, f"HTTP probe failed with statuscode: {reply.status}")
        body = reply.body.decode(errors="replace")
        if reply.status >= 300:
            return Answer(Outcome.WARNING, f"Probe terminated redirects, Response body: {body}")
        return Answer(Outcome.SUCCESS, body)

    def _tcp_socket(self, action: TCPSocketAction, target: Target, timeout_s: int) -> Answer:
        port = resolve_port(action.port, target.container)
        try:
            self.dialer.check(action.host or target.pod_ip, port, timeout_s)
        except DialError as error:
            return Answer(Outcome.FAILURE, str(error))
        return Answer(Outcome.SUCCESS)
