"""Pods for Python, for test suites: ``with pausedemo.pod("pod.yaml") as pod: ...``.

A pod made here is this process's: it is looked after as long as the block lasts, in a namespace
of its own, and gone afterwards. What a process that was killed leaves, ``pausedemo clean`` removes.
"""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pausedemo.clock import Clock, SystemClock
from pausedemo.core.files.kubenames import complain_of_namespace
from pausedemo.core.kubectl.choice import choose_container, find_log, find_running
from pausedemo.core.kubectl.conditions import parse_condition
from pausedemo.core.kubectl.events import sort_by_time
from pausedemo.core.kubectl.objects import KubeObject, is_condition_true, text
from pausedemo.core.manifest import KubernetesObject, PodManifest, parse_file
from pausedemo.core.pods.pod import LATEST_KUBERNETES, Pod
from pausedemo.engine.connect import connect
from pausedemo.engine.port import Engine
from pausedemo.errors import (
    Conflict,
    EngineGone,
    InvalidFile,
    PausedemoError,
    Problem,
    Refused,
    TimedOut,
    UsageError,
)
from pausedemo.images.resolve import Policy
from pausedemo.kubelet.logs import LogOptions, LogSource, read_lines
from pausedemo.kubelet.objects.applying import Keeper
from pausedemo.kubelet.objects.guests import mark_guest, remove_guest
from pausedemo.kubelet.objects.reader import Reader
from pausedemo.kubelet.pod.single import run_one
from pausedemo.kubelet.service.handover import take_neglected
from pausedemo.kubelet.waiting import wait_for

#: How long a pod may take to be ready, its images being there.
READY_S: Final = 120.0
#: How long a command may take inside a container.
EXEC_S: Final = 60.0
#: How long the thread that looks after the pod may take to end.
END_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What a command did in a container: its exit code and its outputs, as text."""

    exit_code: int
    stdout: str
    stderr: str


class RunningPod:
    """A pod that runs. What it shows is as it is at the moment of asking."""

    def __init__(self, engine: Engine, reader: Reader, clock: Clock, made: KubeObject) -> None:
        self._engine = engine
        self._reader = reader
        self._clock = clock
        self._made = made

    @property
    def name(self) -> str:
        return text(self._made, "metadata", "name")

    @property
    def namespace(self) -> str:
        return text(self._made, "metadata", "namespace")

    @property
    def uid(self) -> str:
        return text(self._made, "metadata", "uid")

    @property
    def object(self) -> dict[str, Any]:
        """The whole Pod object, as ``kubectl get pod -o json`` has it. Refused when it is gone."""
        return dict(self._reader.get("Pod", self.namespace, self.name))

    @property
    def phase(self) -> str:
        """Pending, Running, Succeeded or Failed."""
        return text(self.object, "status", "phase")

    @property
    def ready(self) -> bool:
        """Whether its condition Ready holds."""
        return is_condition_true(self.object, "Ready")

    @property
    def ip(self) -> str:
        """Its address; empty while it has none."""
        return text(self.object, "status", "podIP")

    @property
    def events(self) -> list[dict[str, Any]]:
        """What has happened to it, as Event objects, the latest last."""
        return [dict(one) for one in sort_by_time(self._reader.events_of(self._made))]

    def restarts(self, container: str) -> int:
        """How often a container was started again."""
        status = self.object["status"]
        everyone = (*status.get("initContainerStatuses", ()), *status["containerStatuses"])
        return sum(one["restartCount"] for one in everyone if one["name"] == container)

    def exec(
        self, container: str | None, argv: Iterable[str], *, timeout_s: float = EXEC_S
    ) -> CommandResult:
        """Run a command to its end, in a container or, for None, in the pod's default one.

        Raises Refused when the container does not run, TimedOut when the command does not end.
        """
        pod = self.object
        choice = choose_container(pod, container or "")
        done = self._engine.exec(find_running(pod, choice.name), argv, timeout_s=timeout_s)
        return CommandResult(
            done.exit_code,
            done.stdout.decode(errors="replace"),
            done.stderr.decode(errors="replace"),
        )

    def logs(
        self, container: str | None = None, *, previous: bool = False, tail: int | None = None
    ) -> str:
        """What a container has written, both its outputs. Refused when there is no such run."""
        pod = self.object
        choice = choose_container(pod, container or "")
        source = LogSource(find_log(pod, choice.name, previous=previous))
        lines = read_lines(self._engine, source, LogOptions(tail=tail))
        return b"".join(lines).decode(errors="replace")

    def wait(self, wanted: str = "condition=Ready", *, timeout_s: float = READY_S) -> None:
        """Wait as ``kubectl wait --for`` does: ``condition=Ready``, ``jsonpath={...}=value``.

        Raises TimedOut, with how the pod is by then.
        """
        deadline = self._clock.monotonic() + timeout_s
        try:
            wait_for(
                self._engine,
                self._reader,
                self._made,
                parse_condition(wanted),
                remaining_s=lambda: deadline - self._clock.monotonic(),
            )
        except Refused as error:
            raise TimedOut(f"{str(error).removeprefix('error: ')}{self._explain()}") from error

    def _explain(self) -> str:
        """How it is, for whoever has waited in vain."""
        with contextlib.suppress(PausedemoError):
            told = [f"{one['reason']}: {one['message']}" for one in self.events[-3:]]
            return f" (phase {self.phase}; " + "; ".join(told or ["no events"]) + ")"
        return ""


@contextlib.contextmanager
def pod(
    manifest: str | Path,
    *,
    engine: str | Engine = "auto",
    namespace: str | None = None,
    wait: bool = True,
    timeout_s: float = READY_S,
    images: str = "auto",
) -> Iterator[RunningPod]:
    """Make the one pod of a manifest, with its ConfigMaps and Secrets, and remove it at the end.

    ``manifest`` is a file, or YAML text of several lines. ``engine`` as ``--engine``, or one that
    is connected already. ``namespace`` for objects that name none; without it they get a new one.
    ``wait``: enter the block only when the pod is ready. ``images`` as ``--images``.

    Raises InvalidFile for a wrong manifest, UsageError for what can be no namespace, Refused for an
    object that is there already, EngineUnavailable, and TimedOut when the pod was not ready after
    ``timeout_s`` seconds.
    """
    namespace = namespace or f"pausedemo-{uuid.uuid4().hex[:8]}"
    wrong = complain_of_namespace(namespace)
    if wrong is not None:
        raise UsageError(wrong)
    objects = _read(manifest, namespace)
    clock = SystemClock()
    with contextlib.ExitStack() as stack:
        connected = (
            stack.enter_context(contextlib.closing(connect(engine)))
            if isinstance(engine, str)
            else engine
        )
        reader = Reader(connected, clock)
        keeper = Keeper(reader.store, clock)
        made: KubeObject = {}
        for one in objects:
            applied = keeper.create(one, LATEST_KUBERNETES)
            stack.callback(remove_guest, connected, clock, one)
            if applied.pod is not None:
                kept = applied.pod.pod
                made = {
                    "kind": "Pod",
                    "metadata": {"name": kept.name, "namespace": kept.namespace, "uid": kept.uid},
                }
                neglected = take_neglected(connected, clock, (kept,))
                if stack.enter_context(neglected):
                    stack.enter_context(_looked_after(connected, clock, kept, Policy(images)))
        running = RunningPod(connected, reader, clock, made)
        if wait:
            running.wait(timeout_s=timeout_s)
        yield running


def _read(manifest: str | Path, namespace: str) -> list[KubernetesObject]:
    """The objects, ours, with the pod last. InvalidFile unless there is exactly one pod."""
    if isinstance(manifest, str) and "\n" in manifest:
        source, written = "the manifest", manifest
    else:
        source = str(manifest)
        try:
            written = Path(manifest).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidFile([Problem(source, 0, 0, f"cannot be read: {error}")]) from error
    found = parse_file(written, source).objects
    pods = [one for one in found if isinstance(one, PodManifest)]
    if len(pods) != 1:
        raise InvalidFile([Problem(source, 0, 0, f"it has {len(pods)} pods; expected one")])
    others = [one for one in found if not isinstance(one, PodManifest)]
    return [mark_guest(one, namespace) for one in (*others, *pods)]


@contextlib.contextmanager
def _looked_after(engine: Engine, clock: Clock, kept: Pod, policy: Policy) -> Iterator[None]:
    """Keep a pod alive in a thread, within the block."""
    stop = threading.Event()

    def look() -> None:
        with contextlib.suppress(EngineGone, Conflict):
            run_one(engine, clock, kept, stop, policy=policy)

    thread = threading.Thread(target=look, name=f"pod {kept.name}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(END_S)
