"""Steps that look at pods and containers as kubectl, the engine and the kernel know them."""

from __future__ import annotations

import dataclasses
import shlex

from pausedemo.core import naming
from pausedemo.core.pods.podrow import render_pod_table
from pausedemo.core.verdicts.results import Json
from pausedemo.errors import NotFound
from pausedemo.kubelet.pod.observe import is_alive
from pausedemo.scenario import kinds
from pausedemo.scenario.performers.base import Observation, OnStage
from pausedemo.scenario.shown import (
    container_facts,
    render_columns,
    render_containers,
    render_inspect_format,
    render_inspected,
    summary_facts,
)
from pausedemo.scenario.words import NODE


class PodPerformer(OnStage[kinds.PodStep]):
    """Shows the pod's row as kubectl prints it."""

    def command(self) -> str:
        pod = self.stage.pod(self.pod).pod
        return shlex.join(["kubectl", "get", "pod", pod.name, "-n", pod.namespace, "-o", "wide"])

    def perform(self) -> Observation:
        row = self.stage.pod(self.pod).row()
        facts = {
            **dataclasses.asdict(row),
            "ready": f"{row.ready}/{row.containers}",
            "phase": str(row.phase),
        }
        return Observation(render_pod_table([row], wide=True), facts)


class EventsPerformer(OnStage[kinds.EventsStep]):
    """Shows what the kubelet has told of a pod, oldest first."""

    def command(self) -> str:
        pod = self.stage.pod(self.pod).pod
        return shlex.join(["kubectl", "events", "--for", f"pod/{pod.name}", "-n", pod.namespace])

    def perform(self) -> Observation:
        events = list(self.stage.pod(self.pod).events)
        lines = [["TYPE", "REASON", "MESSAGE"]]
        lines += [[event.type, event.reason, event.message] for event in events]
        facts: Json = [
            {"type": event.type, "reason": event.reason, "message": event.message}
            for event in events
        ]
        return Observation(render_columns(lines), {"events": facts})


class InspectPerformer(OnStage[kinds.InspectStep]):
    """Shows of one container, as the engine sees it, what the step is about."""

    def command(self) -> str:
        name = self.name_of(self.step.inspect.container)
        wanted = render_inspect_format(self.step.wanted)
        return shlex.join(["docker", "inspect", "-f", wanted, name])

    def perform(self) -> Observation:
        found = self.stage.container(self.pod, self.step.inspect.container)
        facts = container_facts(found)
        return Observation(render_inspected(facts, self.step.wanted), facts)


class ContainersPerformer(OnStage[kinds.ContainersStep]):
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


class NamespacesPerformer(OnStage[kinds.NamespacesStep]):
    """Shows the namespaces of containers' main processes, as root on the node sees them."""

    def command(self) -> str:
        wanted = shlex.join(self.step.kinds)
        lines = []
        if NODE in self.step.namespaces.containers:
            lines.append(f"(cd /proc/self/ns && ls -l {wanted})")
        names = [name for name in self.step.namespaces.containers if name != NODE]
        if names:
            typed = shlex.join(self.name_of(name) for name in names)
            pid = "$(docker inspect -f '{{.State.Pid}}' \"$c\")"
            look = f'(cd "/proc/{pid}/ns" && ls -l {wanted})'
            lines.append(f'for c in {typed}; do echo "$c"; {look}; done')
        return "\n".join(lines)

    def perform(self) -> Observation:
        facts: dict[str, Json] = {}
        lines: list[str] = []
        node_first = sorted(self.step.namespaces.containers, key=lambda name: name != NODE)
        for name in node_first:
            if name == NODE:
                text, inodes = self.stage.node.own_namespaces(self.step.kinds)
            else:
                container = self.stage.container(self.pod, name)
                if not container.pid:
                    raise NotFound(f"see the namespaces of {name}", 404, "it does not run")
                text, inodes = self.stage.node.namespaces(container.pid, self.step.kinds)
                lines.append(container.name)
            facts[name] = dict(inodes)
            lines.append(text.rstrip("\n"))
        return Observation("\n".join(lines), {"namespaces": facts})
