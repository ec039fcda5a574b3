"""Steps that change something on the engine."""

from __future__ import annotations

import shlex
from typing import Final

from pausedemo.scenario import kinds
from pausedemo.scenario.performers.base import Observation, OnStage
from pausedemo.scenario.shown import render_create_command, render_run_command

WRITE_MODE: Final = 0o644


class ApplyPerformer(OnStage[kinds.ApplyStep]):
    """Creates the pod. The command is what a person with only docker would type for it."""

    def command(self) -> str:
        controller = self.stage.prepare(self.pod).controller
        return "\n".join(render_run_command(config) for config in controller.plan_first())

    def perform(self) -> Observation:
        action = self.step.apply
        if action.wait:
            staged = self.stage.apply(self.pod, action.timeout_s)
        else:
            staged = self.stage.begin(self.pod)
        told = [f"{event.type}  {event.reason}  {event.message}" for event in list(staged.events)]
        status = self.stage.status(self.pod)
        return Observation("\n".join(told), {"uid": staged.pod.uid, "ip": status.ip})


class DeletePerformer(OnStage[kinds.DeleteStep]):
    """Ends a pod, and removes all of it."""

    def command(self) -> str:
        pod = self.stage.pod(self.pod).pod
        grace_s = self.step.delete.grace_s
        argv = ["kubectl", "delete", "pod", pod.name, "-n", pod.namespace]
        argv += [] if grace_s is None else [f"--grace-period={grace_s}"]
        return shlex.join([*argv, "--force"] if grace_s == 0 else argv)

    def perform(self) -> Observation:
        action = self.step.delete
        deleted = self.stage.delete(self.pod, action.grace_s, action.timeout_s)
        return Observation(f'pod "{deleted.pod.name}" deleted')


class RunPerformer(OnStage[kinds.RunStep]):
    """Creates and starts containers outside of pods, in order, until one is refused."""

    def command(self) -> str:
        bare = self.stage.bare
        names = self.step.run.containers
        return "\n".join(render_run_command(bare.config(name)) for name in names)

    def perform(self) -> Observation:
        ids = []
        for name in self.step.run.containers:
            made = self.stage.bare.create(name)
            ids.append(made.id)
            self.stage.engine.start_container(made.id)
        return Observation("\n".join(ids))


class CreatePerformer(OnStage[kinds.CreateStep]):
    """Creates a container outside of pods."""

    def command(self) -> str:
        return render_create_command(self.stage.bare.config(self.step.create.container))

    def perform(self) -> Observation:
        return Observation(self.stage.bare.create(self.step.create.container).id)


class StartPerformer(OnStage[kinds.StartStep]):
    """Starts a container that has ended."""

    def command(self) -> str:
        return shlex.join(["docker", "start", self.name_of(self.step.start.container)])

    def perform(self) -> Observation:
        container = self.stage.find(self.pod, self.step.start.container)
        self.stage.engine.start_container(container.id)
        return Observation(container.name)


class WritePerformer(OnStage[kinds.WriteStep]):
    """Writes a file into a container."""

    def command(self) -> str:
        action = self.step.write
        inside = f"cat > {shlex.quote(action.path)}"
        name = self.name_of(action.container)
        typed = shlex.join(["docker", "exec", "-i", name, "sh", "-c", inside])
        # One word of the shell per line, and no here document: it would not survive an indent.
        lines = shlex.join(action.content.removesuffix("\n").split("\n"))
        return f"printf '%s\\n' {lines} | {typed}"

    def perform(self) -> Observation:
        action = self.step.write
        container = self.stage.find(self.pod, action.container)
        content = action.content.removesuffix("\n") + "\n"
        self.stage.engine.put_file(container.id, action.path, content.encode(), WRITE_MODE)
        return Observation()


class StopPerformer(OnStage[kinds.StopStep]):
    """TERM, and KILL after the grace."""

    def command(self) -> str:
        action = self.step.stop
        name = self.name_of(action.container)
        return shlex.join(["docker", "stop", "-t", str(action.grace_s), name])

    def perform(self) -> Observation:
        container = self.stage.find(self.pod, self.step.stop.container)
        self.stage.engine.stop_container(container.id, self.step.stop.grace_s)
        return Observation(container.name)


class KillPerformer(OnStage[kinds.KillStep]):
    """Sends a signal to the main process."""

    def command(self) -> str:
        action = self.step.kill
        name = self.name_of(action.container)
        return shlex.join(["docker", "kill", "-s", action.signal, name])

    def perform(self) -> Observation:
        container = self.stage.find(self.pod, self.step.kill.container)
        self.stage.engine.kill_container(container.id, self.step.kill.signal)
        return Observation(container.name)


class RestartPerformer(OnStage[kinds.RestartStep]):
    """Stops a container and starts it again."""

    def command(self) -> str:
        action = self.step.restart
        name = self.name_of(action.container)
        return shlex.join(["docker", "restart", "-t", str(action.grace_s), name])

    def perform(self) -> Observation:
        container = self.stage.find(self.pod, self.step.restart.container)
        self.stage.engine.restart_container(container.id, self.step.restart.grace_s)
        return Observation(container.name)


class PausePerformer(OnStage[kinds.PauseStep]):
    """Freezes a container."""

    def command(self) -> str:
        return shlex.join(["docker", "pause", self.name_of(self.step.pause.container)])

    def perform(self) -> Observation:
        container = self.stage.find(self.pod, self.step.pause.container)
        self.stage.engine.pause_container(container.id)
        return Observation(container.name)


class UnpausePerformer(OnStage[kinds.UnpauseStep]):
    """Lets a frozen container go on."""

    def command(self) -> str:
        return shlex.join(["docker", "unpause", self.name_of(self.step.unpause.container)])

    def perform(self) -> Observation:
        container = self.stage.find(self.pod, self.step.unpause.container)
        self.stage.engine.unpause_container(container.id)
        return Observation(container.name)


class RemovePerformer(OnStage[kinds.RemoveStep]):
    """Removes a container."""

    def command(self) -> str:
        action = self.step.remove
        force = ["-f"] if action.force else []
        return shlex.join(["docker", "rm", *force, self.name_of(action.container)])

    def perform(self) -> Observation:
        container = self.stage.find(self.pod, self.step.remove.container)
        self.stage.engine.delete_container(container.id, force=self.step.remove.force)
        return Observation(container.name)
