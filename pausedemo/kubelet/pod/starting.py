"""A pod's sandbox and its containers: made and started, in the kubelet's words.

Source: createPodSandbox and startContainer in kubernetes pkg/kubelet/kuberuntime.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from pausedemo.core import naming
from pausedemo.core.manifest import Container
from pausedemo.core.pods.podview import Waiting
from pausedemo.core.rules.actions import ContainerStart
from pausedemo.core.rules.backoff import FIRST_BACK_OFF_S, LONGEST_BACK_OFF_S
from pausedemo.engine.port import ContainerConfig, ContainerState
from pausedemo.errors import ContainerConfigError, EngineError, EngineGone, PausedemoError
from pausedemo.kubelet.pod.ending import end_container
from pausedemo.kubelet.pod.observe import is_alive
from pausedemo.kubelet.pod.ports import ContainerWaits
from pausedemo.kubelet.pod.tools import PodTools
from pausedemo.kubelet.volumes import VolumeError

#: How long the engine may take to note that a sandbox has ended, and how often that is asked.
SANDBOX_END_S: Final = 0.5
SANDBOX_END_POLL_S: Final = 0.02
#: Why a container waits for something that it refers to.
CONFIG_ERROR: Final = "CreateContainerConfigError"


class SandboxRefused(EngineError):
    """No sandbox could be made; it has been told as an event already."""


@dataclass(slots=True)
class Starter:
    """Makes and starts what one pod needs, and remembers what has to wait.

    ``held``: why a container waits and until when, by its name.
    """

    tools: PodTools
    held: dict[str, ContainerWaits] = field(default_factory=dict)
    _failures: dict[str, int] = field(default_factory=dict)

    def create_sandbox(self, attempt: int) -> str:
        """Make and start the sandbox of that attempt; its id. SandboxRefused, VolumeError."""
        tools = self.tools
        try:
            image = tools.images.pause
            config = tools.translator.sandbox(tools.pod, attempt, image, tools.labels)
            return self._create_lowered(config)
        except VolumeError as error:
            tools.tell("Warning", "FailedMount", str(error))
            raise
        except EngineGone:
            raise
        except PausedemoError as error:
            words = f"Failed to create pod sandbox: {_words(error)}"
            tools.tell("Warning", "FailedCreatePodSandBox", words)
            raise SandboxRefused("create pod sandbox", 0, str(error)) from error

    def prepare(self, sandbox_id: str) -> None:
        """Bring the pod's volumes up to date before anything starts. VolumeError, told."""
        try:
            self.tools.translator.prepare(self.tools.pod, sandbox_id)
        except VolumeError as error:
            self.tools.tell("Warning", "FailedMount", str(error))
            raise

    def release(self, reason: str) -> None:
        """Let what waits for that reason be tried again at once."""
        for name in [name for name, why in self.held.items() if why.waiting.reason == reason]:
            del self.held[name]
            self._failures.pop(name, None)

    def start_container(self, start: ContainerStart, sandbox_id: str) -> None:
        """Make and start a container; what keeps it from that is told, and holds it for a while."""
        tools = self.tools
        spec = next(c for c in tools.pod.spec.all_containers if c.name == start.name)
        try:
            config = self._describe(spec, start, sandbox_id)
            with tools.gate:
                container_id = self._create(spec.name, config)
                started = self._start(spec.name, container_id, config, sandbox_id)
        except ContainerWaits as error:
            self.held[start.name] = error
            return
        self.held.pop(start.name, None)
        self._failures.pop(start.name, None)
        if started and not tools.hooks.post_start(tools.pod, spec, container_id):
            grace_s = tools.pod.spec.termination_grace_period_seconds
            end_container(tools, spec.name, container_id, "FailedPostStartHook", grace_s)

    def _describe(self, spec: Container, start: ContainerStart, sandbox_id: str) -> ContainerConfig:
        tools = self.tools
        image = tools.images.provide(tools.pod, spec)
        try:
            return tools.translator.container(tools.pod, start, sandbox_id, image, tools.labels)
        except ContainerConfigError as error:
            raise self._hold(spec.name, CONFIG_ERROR, error) from error

    def _create(self, name: str, config: ContainerConfig) -> str:
        try:
            container_id = self.tools.engine.create_container(config)
        except EngineGone:
            raise
        except PausedemoError as error:
            raise self._hold(name, "CreateContainerError", error) from error
        self.tools.tell("Normal", "Created", f"Created container {name}", name)
        return container_id

    def _hold(self, name: str, reason: str, error: PausedemoError) -> ContainerWaits:
        """Tell what went wrong, and have it tried again later: each time after twice as long."""
        words = _words(error)
        self.tools.tell("Warning", "Failed", f"Error: {words}", name)
        count = self._failures.get(name, 0)
        self._failures[name] = count + 1
        delay_s = min(FIRST_BACK_OFF_S << min(count, 8), LONGEST_BACK_OFF_S)
        until = self.tools.clock.now() + timedelta(seconds=delay_s)
        return ContainerWaits(Waiting(reason, words), until)

    def _start(
        self, name: str, container_id: str, config: ContainerConfig, sandbox_id: str
    ) -> bool:
        """Start what was made; whether it runs now."""
        engine = self.tools.engine
        try:
            engine.start_container(container_id)
        except EngineGone:
            raise
        except PausedemoError as error:
            if self._has_ended_soon(sandbox_id):
                # It was the sandbox that failed, seen as running a moment ago: nothing of this
                # start may count, or the container would wait out a back-off it did not earn.
                engine.remove_container(container_id)
                return False
            # Its error on the engine is its status, and the kubelet's rules decide when it is
            # tried again.
            self.tools.tell("Warning", "Failed", f"Error: {_words(error)}", name)
            self._keep_error(container_id, config, error)
            return False
        self.tools.tell("Normal", "Started", f"Started container {name}", name)
        return True

    def _keep_error(self, container_id: str, config: ContainerConfig, error: Exception) -> None:
        """See to it that the engine knows of a start that failed.

        podman 4.3 leaves the container as if nobody had tried to start it; it would be tried
        again without an end and without a back-off. Labels cannot be changed, so it is made anew
        with the error on one.
        """
        engine = self.tools.engine
        info = engine.inspect_container(container_id)
        if info.state is ContainerState.CREATED and not (info.exit_code or info.error):
            engine.remove_container(container_id)
            labels = {**config.labels, naming.START_ERROR: str(error)}
            engine.create_container(replace(config, labels=labels))

    def _has_ended_soon(self, sandbox_id: str) -> bool:
        """Whether a sandbox has ended, or does so while the engine still notes its end."""
        clock = self.tools.clock
        deadline = clock.monotonic() + SANDBOX_END_S
        while is_alive(self.tools.engine.inspect_container(sandbox_id).state):
            if clock.monotonic() > deadline:
                return False
            self.tools.pause(SANDBOX_END_POLL_S)
        return True

    def _create_lowered(self, config: ContainerConfig) -> str:
        limits = self.tools.limits
        bare = replace(config, oom_score_adj=None)
        if not limits.lowers_oom_score:
            return self._create_and_start(bare)
        try:
            return self._create_and_start(config)
        except EngineError as error:
            if error.status == 409:
                raise
            # Was it the OOM score? Only an engine that then succeeds says so.
            sandbox_id = self._create_and_start(bare)
            limits.lowers_oom_score = False
            return sandbox_id

    def _create_and_start(self, config: ContainerConfig) -> str:
        engine = self.tools.engine
        with self.tools.gate:
            container_id = engine.create_container(config)
            try:
                engine.start_container(container_id)
            except EngineError:
                # Nothing will ever run in it; the next pass makes another.
                engine.remove_container(container_id)
                raise
        return container_id


def _words(error: PausedemoError) -> str:
    """What went wrong, without what was being done: the event says that itself."""
    if isinstance(error, EngineError) and error.message:
        return f"Error response from daemon: {error.message}"
    return str(error)
