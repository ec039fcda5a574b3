"""What a scenario has on the engine while it runs: its pods, their kubelets, and the node."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from pausedemo.clock import Clock
from pausedemo.core import naming
from pausedemo.core.pods.pod import Deletion, Pod, compute_shares_pid, parse_kubernetes_version
from pausedemo.core.pods.status import PodStatus, RunState
from pausedemo.core.verdicts.results import EngineFacts
from pausedemo.engine.port import ContainerInfo, ContainerSummary, Engine
from pausedemo.errors import EngineError, NotFound, TimedOut
from pausedemo.kubelet.cleanup import Cleaned, remove_labelled, remove_volumes_labelled
from pausedemo.kubelet.pod.background import BackgroundController
from pausedemo.kubelet.pod.controller import EngineLimits, PodController, PodEvent, PodImages
from pausedemo.kubelet.pod.observe import find_container, observe_pod
from pausedemo.kubelet.pod.passes import Passes
from pausedemo.kubelet.pod.removing import remove_leftovers
from pausedemo.kubelet.pod.translating import PodTranslator
from pausedemo.kubelet.reach.nodecontainer import NodeContainer
from pausedemo.scenario.bare import BareContainers, Located
from pausedemo.scenario.node import Node
from pausedemo.scenario.parse import Scenario
from pausedemo.scenario.staged import StagedPod, make_aides_of

POLL_S: Final = 0.1
#: The image of the infra container, and the one that holds what looks at the node.
PAUSE_IMAGE: Final = "pause"
NODE_IMAGE: Final = "busybox"


@dataclass(frozen=True, slots=True)
class StageSettings:
    """What all scenarios of a run have in common.

    ``find_image`` gives the image on the engine that stands for a name. ``labels`` go on all that
    is made. Through ``node`` all look at the engine's machine. ``portraits``: look at all
    containers' namespaces whenever others run than before.
    """

    find_image: Callable[[str], str]
    labels: Mapping[str, str]
    kubernetes_version: tuple[int, int]
    engine: EngineFacts
    node: NodeContainer
    portraits: bool = False
    limits: EngineLimits = field(default_factory=EngineLimits)


class Stage:
    """One scenario's place on the engine. ``close`` leaves nothing of it behind."""

    def __init__(
        self, scenario: Scenario, engine: Engine, clock: Clock, settings: StageSettings
    ) -> None:
        self.engine = engine
        self.clock = clock
        self._scenario = scenario
        self.settings = settings
        # One label more than the run's, so that a scenario takes down its own and no other's.
        self._id = uuid.uuid4().hex[:12]
        self._labels = {**settings.labels, naming.SCENARIO: f"{scenario.name}.{self._id}"}
        self.bare = BareContainers(
            engine=engine,
            entries=scenario.file.containers,
            find_image=settings.find_image,
            labels=self._labels,
            prefix=f"pausedemo-{self._id}",
        )
        self._pods: dict[str, StagedPod] = {}
        # Held while a kubelet makes something, and while all is removed: podman keeps a broken
        # record of a member whose sandbox goes while it is being made, and lists nothing more.
        self._making = threading.Lock()
        self._aides = make_aides_of(
            engine,
            clock,
            settings.node,
            self._labels,
            lambda: list(self._pods.values()),
        )

    @property
    def node(self) -> Node:
        """The engine's machine."""
        return Node(self.settings.node)

    def prepare(self, name: str) -> StagedPod:
        """Give a pod its identity; nothing is made on the engine yet."""
        if name not in self._pods:
            self._pods[name] = self._make_pod(name)
        return self._pods[name]

    def begin(self, name: str) -> StagedPod:
        """Start a pod's kubelet; of a pod without one, make what can be made at once."""
        staged = self.prepare(name)
        if self._scenario.file.pods[name].kubelet:
            staged.background = BackgroundController(staged.controller)
            staged.background.start()
        else:
            staged.controller.sync()
        return staged

    def apply(self, name: str, timeout_s: float) -> StagedPod:
        """Create a pod and wait until every container of it was started."""
        deadline = self.clock.monotonic() + timeout_s
        staged = self.begin(name)
        never = threading.Event()
        while not self._is_started(staged):
            if staged.background is None:
                staged.controller.sync()
                if self._is_started(staged):
                    break
            if self.clock.monotonic() > deadline:
                last = staged.events[-1].message if staged.events else "nothing happened"
                raise TimedOut(f"pod {name} was not running after {timeout_s:g} s: {last}")
            self.clock.wait(never, POLL_S)
        return staged

    def delete(self, name: str, grace_s: int | None, timeout_s: float) -> StagedPod:
        """End a pod as ``kubectl delete`` does, and wait until nothing is left of it.

        ``grace_s``: its own where it is None. TimedOut when something runs for longer.
        """
        staged = self.pod(name)
        if grace_s is None:
            grace_s = staged.pod.spec.termination_grace_period_seconds
        deletion = Deletion(self.clock.now(), grace_s)
        if staged.background is not None:
            staged.background.delete(deletion)
            ended = staged.background.wait(timeout_s)
            if staged.background.failure is not None:
                raise staged.background.failure
            if not ended:
                raise TimedOut(f"pod {name} has not ended after {timeout_s:g} s")
        else:
            staged.controller.pod = replace(staged.pod, deletion=deletion)
            Passes(staged.controller).run(threading.Event(), threading.Event())
        remove_leftovers(self.engine, staged.pod.uid)
        return staged

    def pod(self, name: str) -> StagedPod:
        """A pod that was applied; its kubelet, when it has one, must still live."""
        staged = self._pods[name]
        if staged.background is not None and staged.background.failure is not None:
            raise staged.background.failure
        return staged

    def status(self, name: str) -> PodStatus:
        """What is on the engine of a pod."""
        return observe_pod(self.engine, self.pod(name).pod.uid)

    def find(self, pod: str, container: str) -> Located:
        """The newest container of that name in a pod; of those outside of pods where it is "".

        NotFound when there is none.
        """
        if not pod:
            return self.bare.find(container)
        found = find_container(self.engine, self.pod(pod).pod.uid, container)
        if found is None:
            raise NotFound(
                f"find container {container} of pod {pod}", 404, "it is not on the engine"
            )
        return Located(found.id, found.name)

    def container(self, pod: str, container: str) -> ContainerInfo:
        """As ``find``, and all that the engine knows of it."""
        return self.engine.inspect_container(self.find(pod, container).id)

    def pod_name(self, uid: str) -> str | None:
        """The scenario's name of the pod with that uid; None when it is none of these."""
        return next((name for name, staged in self._pods.items() if staged.pod.uid == uid), None)

    def list_containers(self) -> tuple[ContainerSummary, ...]:
        """All that the scenario has on the engine, running or not, newest first."""
        return self.engine.list_containers({naming.SCENARIO: self._labels[naming.SCENARIO]})

    def close(self, *, keep: bool = False) -> Cleaned:
        """Stop the kubelets, newest first, and remove all that the scenario made."""
        kubelets = [pod.background for pod in reversed(self._pods.values()) if pod.background]
        self._aides.prober.close()
        for kubelet in kubelets:
            kubelet.ask_to_stop()
        if kubelets and not keep:
            # One that kills a pod waits for its containers' grace. Removal ends that wait.
            self.remove()
        for kubelet in kubelets:
            kubelet.stop()
        return Cleaned() if keep else self.remove()

    def remove(self) -> Cleaned:
        """Remove all that the scenario made on the engine."""
        ours = {naming.SCENARIO: self._labels[naming.SCENARIO]}
        with self._making:
            cleaned = remove_labelled(self.engine, ours)
        if any(staged.pod.spec.volumes for staged in self._pods.values()):
            cleaned += remove_volumes_labelled(self.engine, ours)
        return cleaned

    def _make_pod(self, name: str) -> StagedPod:
        manifest = self._scenario.manifests[name]
        pod = Pod(
            manifest=manifest,
            uid=str(uuid.uuid4()),
            created_at=self.clock.now(),
            shares_pid=compute_shares_pid(manifest.spec, self._kubernetes_version(name)),
        )
        images = PodImages(
            pause=self.settings.find_image(PAUSE_IMAGE),
            containers={
                container.image: self.settings.find_image(container.image)
                for container in manifest.spec.all_containers
            },
        )
        events: list[PodEvent] = []
        controller = PodController(
            engine=self.engine,
            pod=pod,
            images=images,
            clock=self.clock,
            labels=self._labels,
            limits=self.settings.limits,
            record=events.append,
            hooks=self._aides.hooks,
            prober=self._aides.prober,
            translator=PodTranslator(
                self.engine,
                self.clock,
                images,
                self.settings.limits,
                lambda _pod, event: events.append(event),
                label=lambda _pod: self._labels,
                # No step shows them.
                messages=False,
            ),
            gate=self._making,
        )
        return StagedPod(controller, events)

    def _kubernetes_version(self, name: str) -> tuple[int, int]:
        text = self._scenario.file.pods[name].kubernetes
        return parse_kubernetes_version(text) if text else self.settings.kubernetes_version

    def _is_started(self, staged: StagedPod) -> bool:
        if staged.background is not None and staged.background.failure is not None:
            raise staged.background.failure
        status = observe_pod(self.engine, staged.pod.uid)
        latest = [status.latest(container.name) for container in staged.pod.spec.containers]
        for container in latest:
            if container is not None and container.reason == "ContainerCannotRun":
                raise EngineError(f"start container {container.full_name}", 0, container.error)
        return all(c is not None and c.state is not RunState.CREATED for c in latest)
