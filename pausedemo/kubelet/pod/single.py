"""One pod, looked after by whoever has just asked for it: for engines without a kubelet."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Final

from pausedemo.clock import Clock
from pausedemo.core.pods.pod import Pod
from pausedemo.core.pods.podreport import (
    PodStatusReport,
    StateRunning,
    StateTerminated,
    StateWaiting,
)
from pausedemo.core.pods.podstatus import compute_pod_status
from pausedemo.engine.port import Engine
from pausedemo.images.resolve import Policy
from pausedemo.kubelet.pod.controller import PodController
from pausedemo.kubelet.pod.passes import Outcome, Passes
from pausedemo.kubelet.pod.ports import Tell, Wake
from pausedemo.kubelet.pod.removing import remove_pod
from pausedemo.kubelet.service.parts import KubeletParts, make_parts
from pausedemo.kubelet.service.session import Session

#: How long init containers may take before whoever brings a pod up leaves it to itself.
BRING_UP_S: Final = 300.0


def bring_up(
    engine: Engine,
    clock: Clock,
    pod: Pod,
    *,
    hear: Tell = lambda _pod, _event: None,
    policy: Policy = Policy.AUTO,
    timeout_s: float = BRING_UP_S,
) -> PodStatusReport:
    """Make a recorded pod run, until nothing is left to do but to wait; its status then.

    That is when its main containers run or have ended, and when one waits: for an image, or for
    its back-off. Init containers are waited for. Raises EngineGone.
    """
    stop, wake = threading.Event(), threading.Event()

    def give_up() -> None:
        stop.set()
        wake.set()

    timer = threading.Timer(timeout_s, give_up)
    timer.daemon = True
    with _borrow(engine, clock, hear, policy, lambda _uid: wake.set()) as parts:
        controller = parts.make_controller(pod, parts.pods.view(pod))

        def enough(outcome: Outcome) -> bool:
            return outcome.failed or _is_at_rest(_report(controller, clock))

        timer.start()
        try:
            Passes(controller).run(stop, wake, enough=enough)
        finally:
            timer.cancel()
            parts.prober.forget(pod.uid)
        return _report(controller, clock)


def tear_down(
    engine: Engine,
    clock: Clock,
    pod: Pod,
    *,
    hear: Tell = lambda _pod, _event: None,
    policy: Policy = Policy.AUTO,
) -> None:
    """End a pod that is marked as deleted, with its grace, and remove all of it.

    Raises PausedemoError when something of it cannot be removed; its record is there then.
    """
    stop, wake = threading.Event(), threading.Event()
    with _borrow(engine, clock, hear, policy, lambda _uid: wake.set()) as parts:
        controller = parts.make_controller(pod, parts.pods.view(pod))
        Passes(controller).run(stop, wake)
        remove_pod(engine, parts.pods, parts.recorder, pod)


def run_one(
    engine: Engine,
    clock: Clock,
    pod: Pod,
    stop: threading.Event,
    *,
    hear: Tell = lambda _pod, _event: None,
    policy: Policy = Policy.AUTO,
) -> None:
    """Look after one recorded pod until ``stop`` is set, or it is deleted and removed.

    ``stop`` is seen within a second. Raises EngineGone, and Conflict when another has taken the
    lease on the pod.
    """
    sessions: list[Session] = []

    def wake(uid: str) -> None:
        for session in sessions:
            session.wake(uid)

    with _borrow(engine, clock, hear, policy, wake) as parts:
        session = Session(parts, only=pod.uid)
        sessions.append(session)
        threading.Thread(target=_poke_at_stop, args=(session, stop), daemon=True).start()
        session.run(stop)


def _poke_at_stop(session: Session, stop: threading.Event) -> None:
    stop.wait()
    session.poke()


@contextlib.contextmanager
def _borrow(
    engine: Engine, clock: Clock, hear: Tell, policy: Policy, wake: Wake
) -> Iterator[KubeletParts]:
    """What a kubelet has, for a moment; its events are kept at the end of it."""
    parts = make_parts(engine, clock, hear=hear, wake=wake, policy=policy)
    try:
        parts.recorder.start()
        yield parts
    finally:
        parts.close()


def _report(controller: PodController, clock: Clock) -> PodStatusReport:
    return compute_pod_status(controller.pod, controller.observe(), controller.view, clock.now())


def _is_at_rest(report: PodStatusReport) -> bool:
    """Whether all main containers run or have ended, or something waits for more than its turn."""
    turn = ("ContainerCreating", "PodInitializing")
    for one in (*report.init_containers, *report.containers):
        if isinstance(one.state, StateWaiting) and one.state.reason not in turn:
            return True
    return report.reason != "" or all(
        isinstance(one.state, StateRunning | StateTerminated) for one in report.containers
    )
