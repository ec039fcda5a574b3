"""All probes of all pods of a kubelet: who is asked when, and what has come of it.

Nothing is kept but in memory, as in the kubelet: a new one starts with what holds at first, not
ready and alive, until it has asked.

Source: kubernetes pkg/kubelet/prober/prober_manager.go and worker.go.
"""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Mapping
from functools import partial
from typing import Final

from pausedemo.clock import Clock
from pausedemo.core.manifest import Probe
from pausedemo.core.pods.pod import Pod
from pausedemo.core.pods.podevent import PodEvent
from pausedemo.core.pods.status import ContainerStatus, PodStatus, RunState
from pausedemo.core.rules.health import Health
from pausedemo.core.rules.probing import (
    ProbeType,
    Result,
    compute_first_wait_s,
    compute_next_due,
    compute_tick,
)
from pausedemo.errors import EngineGone, PausedemoError
from pausedemo.kubelet.pod.ports import Tell, Wake
from pausedemo.kubelet.probes.asking import Answer, Asker, Outcome, Target
from pausedemo.kubelet.probes.probed import Probed, ProbedPod, Worker, find_probed, stop
from pausedemo.kubelet.probes.schedule import Schedule

#: How often one that cannot be asked is tried before that is told.
TRIES: Final = 3
#: Where a pod on the node's own network is reached, from there.
NODE_IP: Final = "127.0.0.1"


class ProbeManager:
    """The kubelet's ``Prober``."""

    def __init__(self, asker: Asker, clock: Clock, tell: Tell, wake: Wake) -> None:
        self._asker = asker
        self._clock = clock
        self._tell = tell
        self._wake = wake
        self._schedule = Schedule(clock)
        self._started_at = clock.now()
        self._pods: dict[str, ProbedPod] = {}
        self._lock = threading.Lock()

    def follow(self, pod: Pod, status: PodStatus) -> None:
        with self._lock:
            known = self._pods.get(pod.uid)
            if known is None:
                known = ProbedPod(pod, find_probed(pod))
                if not known.containers:
                    return
                self._pods[pod.uid] = known
            known.pod = pod
            for name, probed in known.containers.items():
                self._follow_container(known, probed, status.latest(name), status)

    def forget(self, uid: str) -> None:
        with self._lock:
            gone = self._pods.pop(uid, None)
            for probed in gone.containers.values() if gone else ():
                stop(probed)

    def results(self, pod: Pod) -> Mapping[str, Health]:
        with self._lock:
            known = self._pods.get(pod.uid)
            return {
                probed.target.container_id: probed.health
                for probed in (known.containers.values() if known else ())
                if probed.target is not None
            }

    def close(self) -> None:
        """Ask nothing more."""
        self._schedule.close()

    def _follow_container(
        self,
        known: ProbedPod,
        probed: Probed,
        latest: ContainerStatus | None,
        status: PodStatus,
    ) -> None:
        if latest is None or latest.state is not RunState.RUNNING:
            stop(probed)
            return
        ip = status.sandbox.ip if status.sandbox and status.sandbox.ip else NODE_IP
        is_new = probed.target is None or probed.target.container_id != latest.id
        probed.target = Target(probed.container, latest.id, ip)
        if is_new:
            self._begin(known, probed, latest)
        if known.pod.deletion is not None:
            for worker in probed.workers.values():
                worker.state = worker.state.quiet()

    def _begin(self, known: ProbedPod, probed: Probed, latest: ContainerStatus) -> None:
        """Ask of a new container what may be asked from its start on.

        An engine's list knows when a container was made, to the second. So what was not there yet
        when the kubelet began has started now, since this is called whenever something starts.
        """
        now, monotonic = self._clock.now(), self._clock.monotonic()
        is_found = latest.created_at < self._started_at.replace(microsecond=0)
        started_at = (latest.started_at or latest.created_at) if is_found else now
        for worker in probed.workers.values():
            worker.turn += 1
            worker.state = worker.state.follow(latest.id)
            spread = random.random() if is_found else 0.0  # noqa: S311 - no secret
            wait_s = compute_first_wait_s(started_at, worker.probe, now, spread)
            worker.first_due = monotonic + wait_s
        started = probed.health.started
        for worker in probed.workers.values():
            is_asked = started or worker.type is ProbeType.STARTUP
            if is_asked and not worker.state.on_hold:
                self._plan(known, probed, worker, worker.first_due)

    def _plan(self, known: ProbedPod, probed: Probed, worker: Worker, due: float) -> None:
        call = partial(self._ask, known, probed, worker, worker.turn, due)
        self._schedule.call_at(due, call)

    def _ask(self, known: ProbedPod, probed: Probed, worker: Worker, turn: int, due: float) -> None:
        """Ask once, in a thread of the pool."""
        with self._lock:
            if worker.turn != turn or worker.state.on_hold or probed.target is None:
                return
            target = probed.target
        answer, problem = self._try(worker.probe, target)
        with self._lock:
            if worker.turn != turn or worker.state.on_hold:
                # It ended meanwhile, and what it said is of no interest.
                return
            before = probed.health
            if answer is not None:
                failed = answer.outcome is Outcome.FAILURE
                result = Result.FAILURE if failed else Result.SUCCESS
                worker.state = worker.state.take(result, worker.probe)
            after = probed.health
            now = self._clock.monotonic()
            if not worker.state.on_hold:
                self._plan(known, probed, worker, compute_next_due(due, worker.probe, now))
            if after.started and not before.started:
                self._release(known, probed, now)
        if after != before:
            self._wake(known.pod.uid)
        event = self._render(worker.type, answer, problem, target.container.name)
        if event is not None:
            with contextlib.suppress(PausedemoError):
                self._tell(known.pod, event)

    def _release(self, known: ProbedPod, probed: Probed, now: float) -> None:
        """Ask the others, once the container has started: readiness at once, liveness in its turn.

        Source: ``manualTriggerCh`` in kubernetes pkg/kubelet/prober/worker.go.
        """
        for worker in probed.workers.values():
            if worker.type is ProbeType.READINESS:
                self._plan(known, probed, worker, max(now, worker.first_due))
            elif worker.type is ProbeType.LIVENESS:
                tick = compute_tick(worker.first_due, worker.probe, now)
                self._plan(known, probed, worker, tick)

    def _try(self, probe: Probe, target: Target) -> tuple[Answer | None, str]:
        """The answer, or why there is none after some tries; without a word if the engine went."""
        problem = ""
        for _ in range(TRIES):
            try:
                return self._asker.ask(probe, target), ""
            except EngineGone:
                return None, ""
            except Exception as error:  # noqa: BLE001 - one that cannot be asked ends no other
                problem = str(error) or repr(error)
        return None, problem

    def _render(
        self, type_: ProbeType, answer: Answer | None, problem: str, container: str
    ) -> PodEvent | None:
        """What is told of an answer, in the kubelet's words; nothing of a plain success."""
        reason = "Unhealthy"
        if answer is None:
            text = f"errored and resulted in unknown state: {problem}" if problem else ""
        elif answer.outcome is Outcome.WARNING:
            reason, text = "ProbeWarning", f"warning: {answer.output}"
        elif answer.outcome is Outcome.FAILURE:
            text = f"failed: {answer.output}"
        else:
            text = ""
        if not text:
            return None
        message = f"{type_} probe {text}"
        return PodEvent("Warning", reason, message, self._clock.now(), container)
