"""How each kind of step is done: what a person would type, and what is seen.

One small class per kind. ``command`` only says; ``perform`` does, and gives the typed facts as
plain data. Judging them is the runner's work.
"""

from __future__ import annotations

import dataclasses
import shlex
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Generic, Protocol, TypeVar

from pausedemo.core import naming
from pausedemo.core.netstat import parse_netstat
from pausedemo.core.page import parse_title
from pausedemo.core.podrow import compute_row, render_pod_table
from pausedemo.core.ps import parse_ps
from pausedemo.core.results import Json
from pausedemo.errors import NotFound, TimedOut
from pausedemo.kubelet.observe import is_alive
from pausedemo.scenario import schema
from pausedemo.scenario.shown import (
    INSPECT_FORMAT,
    container_facts,
    render_containers,
    render_inspected,
    render_run_command,
    summary_facts,
)
from pausedemo.scenario.stage import POLL_S, Stage

WRITE_MODE: Final = 0o644


@dataclass(frozen=True, slots=True)
class Observation:
    """What a step saw: the text a person would have seen, and the facts in it."""

    output: str = ""
    facts: Mapping[str, Json] = field(default_factory=dict)


class Performer(Protocol):
    """One step, ready to be done."""

    def command(self) -> str:
        """What a person could type for it, names of the moment included."""
        ...

    def perform(self) -> Observation:
        """Do it once, or look once."""
        ...


_Step = TypeVar("_Step", bound=schema.Step)


@dataclass(frozen=True, slots=True)
class _OnStage(Generic[_Step]):
    step: _Step
    stage: Stage
    pod: str

    def _name_of(self, container: str) -> str:
        """The container's name on the engine; before it exists, the name it has in the pod."""
        try:
            return self.stage.find(self.pod, container).name
        except NotFound:
            return container


class ApplyPerformer(_OnStage[schema.ApplyStep]):
    """Creates the pod. The command is what a person with only docker would type for it."""

    def command(self) -> str:
        controller = self.stage.prepare(self.pod).controller
        return "\n".join(render_run_command(config) for config in controller.plan_first())

    def perform(self) -> Observation:
        staged = self.stage.apply(self.pod, self.step.apply.timeout_s)
        told = [f"{event.type}  {event.reason}  {event.message}" for event in list(staged.events)]
        status = self.stage.status(self.pod)
        return Observation("\n".join(told), {"uid": staged.pod.uid, "ip": status.ip})


class ExecPerformer(_OnStage[schema.ExecStep]):
    """Runs a command in a container, and reads its table where one is expected."""

    def command(self) -> str:
        action = self.step.exec
        user = ["-u", action.user] if action.user else []
        name = self._name_of(action.container)
        return shlex.join(["docker", "exec", *user, name, *action.command])

    def perform(self) -> Observation:
        action = self.step.exec
        container = self.stage.find(self.pod, action.container)
        done = self.stage.engine.exec(
            container.id, action.command, timeout_s=action.timeout_s, user=action.user
        )
        stdout = done.stdout.decode(errors="replace")
        stderr = done.stderr.decode(errors="replace")
        facts: dict[str, Json] = {
            "exit_code": done.exit_code,
            "stdout": stdout,
            "stderr": stderr,
        }
        if self.step.expect.ps is not None:
            facts["ps"] = [
                {**dataclasses.asdict(row), "zombie": row.zombie} for row in parse_ps(stdout)
            ]
        if self.step.expect.netstat is not None:
            facts["netstat"] = [
                {
                    **dataclasses.asdict(row),
                    "program": f"{row.program.pid}/{row.program.name}" if row.program else None,
                }
                for row in parse_netstat(stdout)
            ]
        return Observation(stdout + stderr, facts)


class HttpPerformer(_OnStage[schema.HttpStep]):
    """Asks the pod's address from the node."""

    def command(self) -> str:
        action = self.step.http
        ip = self.stage.status(self.pod).ip or "POD_IP"
        port = "" if action.port == 80 else f":{action.port}"
        return shlex.join(["curl", "-i", f"http://{ip}{port}{action.path}"])

    def perform(self) -> Observation:
        action = self.step.http
        ip = self.stage.status(self.pod).ip
        if not ip:
            raise NotFound(f"ask pod {self.pod}", 404, "it has no address")
        answer = self.stage.node.get(ip, action.port, action.path, action.timeout_s)
        headers = "".join(f"{name}: {value}\n" for name, value in answer.headers.items())
        return Observation(
            f"HTTP/1.1 {answer.status} {answer.reason}\n{headers}\n{answer.text}",
            {"status": answer.status, "title": parse_title(answer.text), "text": answer.text},
        )


class WritePerformer(_OnStage[schema.WriteStep]):
    """Writes a file into a container."""

    def command(self) -> str:
        action = self.step.write
        inside = f"cat > {shlex.quote(action.path)}"
        name = self._name_of(action.container)
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


class StopPerformer(_OnStage[schema.StopStep]):
    """TERM, and KILL after the grace."""

    def command(self) -> str:
        action = self.step.stop
        name = self._name_of(action.container)
        return shlex.join(["docker", "stop", "-t", str(action.grace_s), name])

    def perform(self) -> Observation:
        container = self.stage.find(self.pod, self.step.stop.container)
        self.stage.engine.stop_container(container.id, self.step.stop.grace_s)
        return Observation(container.name)


class KillPerformer(_OnStage[schema.KillStep]):
    """Sends a signal to the main process."""

    def command(self) -> str:
        action = self.step.kill
        name = self._name_of(action.container)
        return shlex.join(["docker", "kill", "-s", action.signal, name])

    def perform(self) -> Observation:
        container = self.stage.find(self.pod, self.step.kill.container)
        self.stage.engine.kill_container(container.id, self.step.kill.signal)
        return Observation(container.name)


class StartPerformer(_OnStage[schema.StartStep]):
    """Starts a container that has ended."""

    def command(self) -> str:
        return shlex.join(["docker", "start", self._name_of(self.step.start.container)])

    def perform(self) -> Observation:
        container = self.stage.find(self.pod, self.step.start.container)
        self.stage.engine.start_container(container.id)
        return Observation(container.name)


class WaitPerformer(_OnStage[schema.WaitStep]):
    """Looks again and again until a container is in a state. TimedOut when it never is."""

    def command(self) -> str:
        name = self._name_of(self.step.wait.container)
        if self.step.wait.state == "exited":
            return shlex.join(["docker", "wait", name])
        return shlex.join(["docker", "inspect", "-f", "{{.State.Status}}", name])

    def perform(self) -> Observation:
        action = self.step.wait
        deadline = self.stage.clock.monotonic() + action.timeout_s
        never = threading.Event()
        while True:
            found = self.stage.container(self.pod, action.container)
            if str(found.state) == action.state:
                # docker wait prints the exit code, docker inspect what it is asked for.
                shown = found.exit_code if action.state == "exited" else found.state
                return Observation(str(shown), container_facts(found))
            if self.stage.clock.monotonic() > deadline:
                raise TimedOut(
                    f"container {found.name} is {found.state}, "
                    f"not {action.state}, after {action.timeout_s:g} s"
                )
            self.stage.clock.wait(never, POLL_S)


class PodPerformer(_OnStage[schema.PodStep]):
    """Shows the pod's row as kubectl prints it."""

    def command(self) -> str:
        pod = self.stage.pod(self.pod).pod
        return shlex.join(["kubectl", "get", "pod", pod.name, "-n", pod.namespace, "-o", "wide"])

    def perform(self) -> Observation:
        pod = self.stage.pod(self.pod).pod
        row = compute_row(pod, self.stage.status(self.pod), self.stage.clock.now())
        facts = {**dataclasses.asdict(row), "ready": f"{row.ready}/{row.containers}"}
        return Observation(render_pod_table([row], wide=True), facts)


class InspectPerformer(_OnStage[schema.InspectStep]):
    """Shows one container as the engine sees it."""

    def command(self) -> str:
        name = self._name_of(self.step.inspect.container)
        return shlex.join(["docker", "inspect", "-f", INSPECT_FORMAT, name])

    def perform(self) -> Observation:
        found = self.stage.container(self.pod, self.step.inspect.container)
        return Observation(render_inspected(found), container_facts(found))


class ContainersPerformer(_OnStage[schema.ContainersStep]):
    """Lists the pod's containers."""

    def command(self) -> str:
        uid = self.stage.pod(self.pod).pod.uid
        every = ["-a"] if self.step.containers.all else []
        return shlex.join(["docker", "ps", *every, "--filter", f"label={naming.POD_UID}={uid}"])

    def perform(self) -> Observation:
        uid = self.stage.pod(self.pod).pod.uid
        found = [
            row
            for row in self.stage.engine.list_containers({naming.POD_UID: uid})
            if self.step.containers.all or is_alive(row.state)
        ]
        facts: Json = [summary_facts(row) for row in found]
        return Observation(render_containers(found), {"containers": facts})


class NamespacesPerformer(_OnStage[schema.NamespacesStep]):
    """Shows the namespaces of containers' main processes, as root on the node sees them."""

    def command(self) -> str:
        names = shlex.join(self._name_of(name) for name in self.step.namespaces.containers)
        pid = "$(docker inspect -f '{{.State.Pid}}' \"$c\")"
        look = f'(cd "/proc/{pid}/ns" && ls -l {shlex.join(self.step.kinds)})'
        return f'for c in {names}; do echo "$c"; {look}; done'

    def perform(self) -> Observation:
        facts: dict[str, Json] = {}
        lines: list[str] = []
        for name in self.step.namespaces.containers:
            container = self.stage.container(self.pod, name)
            if not container.pid:
                raise NotFound(f"see the namespaces of {name}", 404, "it does not run")
            text, inodes = self.stage.node.namespaces(container.pid, self.step.kinds)
            facts[name] = dict(inodes)
            lines += [container.name, text.rstrip("\n")]
        return Observation("\n".join(lines), {"namespaces": facts})


def make_performer(step: schema.Step, stage: Stage, pod: str) -> Performer:
    """The performer of a step's kind."""
    match step:
        case schema.ApplyStep():
            return ApplyPerformer(step, stage, pod)
        case schema.ExecStep():
            return ExecPerformer(step, stage, pod)
        case schema.HttpStep():
            return HttpPerformer(step, stage, pod)
        case schema.WriteStep():
            return WritePerformer(step, stage, pod)
        case schema.StopStep():
            return StopPerformer(step, stage, pod)
        case schema.KillStep():
            return KillPerformer(step, stage, pod)
        case schema.StartStep():
            return StartPerformer(step, stage, pod)
        case schema.WaitStep():
            return WaitPerformer(step, stage, pod)
        case schema.PodStep():
            return PodPerformer(step, stage, pod)
        case schema.InspectStep():
            return InspectPerformer(step, stage, pod)
        case schema.ContainersStep():
            return ContainersPerformer(step, stage, pod)
        case schema.NamespacesStep():
            return NamespacesPerformer(step, stage, pod)
    raise AssertionError(f"step kind {step.kind} has no performer")
