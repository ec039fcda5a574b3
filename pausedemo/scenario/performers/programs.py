"""Steps that look at what programs do: commands, requests, logs, processes, an end."""

from __future__ import annotations

import dataclasses
import shlex
import threading

from pausedemo.core.outputs.netstat import parse_netstat
from pausedemo.core.outputs.page import parse_title
from pausedemo.core.outputs.ps import parse_ps
from pausedemo.core.verdicts.results import Json
from pausedemo.errors import NotFound, ParseError, TimedOut
from pausedemo.scenario import kinds
from pausedemo.scenario.performers.base import Observation, OnStage
from pausedemo.scenario.shown import container_facts, render_columns
from pausedemo.scenario.stage import POLL_S


class ExecPerformer(OnStage[kinds.ExecStep]):
    """Runs a command in a container, and reads its table where one is expected."""

    def command(self) -> str:
        action = self.step.exec
        options = ["-d"] if action.detach else []
        options += ["-u", action.user] if action.user else []
        name = self.name_of(action.container)
        return shlex.join(["docker", "exec", *options, name, *action.command])

    def perform(self) -> Observation:
        action = self.step.exec
        container = self.stage.find(self.pod, action.container)
        if action.detach:
            self.stage.engine.exec_detached(container.id, action.command, user=action.user)
            return Observation()
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


class HttpPerformer(OnStage[kinds.HttpStep]):
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


class LogsPerformer(OnStage[kinds.LogsStep]):
    """Shows what a container's main process has written."""

    def command(self) -> str:
        return shlex.join(["docker", "logs", self.name_of(self.step.logs.container)])

    def perform(self) -> Observation:
        container = self.stage.find(self.pod, self.step.logs.container)
        written = self.stage.engine.read_logs(container.id)
        stdout, stderr = (stream.decode(errors="replace") for stream in written)
        return Observation(stdout + stderr, {"stdout": stdout, "stderr": stderr})


class TopPerformer(OnStage[kinds.TopStep]):
    """Shows a container's processes from outside, in the host's numbers."""

    def command(self) -> str:
        return shlex.join(["docker", "top", self.name_of(self.step.top.container)])

    def perform(self) -> Observation:
        container = self.stage.find(self.pod, self.step.top.container)
        table = self.stage.engine.list_processes(container.id)
        shown = render_columns([table.titles, *table.rows])
        columns = {title: index for index, title in enumerate(table.titles)}
        command = columns.get("CMD", columns.get("COMMAND"))
        if "PID" not in columns or command is None:
            raise ParseError("docker top", 1, "  ".join(table.titles))
        for number, row in enumerate(table.rows, 2):
            if len(row) != len(table.titles):
                raise ParseError("docker top", number, "  ".join(row))
        # Which columns there are is decided by whose ps it is: the node's, or the container's.
        ppid = columns.get("PPID")
        rows: Json = [
            {
                "pid": int(row[columns["PID"]]),
                "ppid": None if ppid is None else int(row[ppid]),
                "user": None,
                "state": None,
                "command": row[command],
            }
            for row in table.rows
        ]
        return Observation(shown, {"ps": rows})


class WaitPerformer(OnStage[kinds.WaitStep]):
    """Looks again and again until a container is in a state. TimedOut when it never is."""

    def command(self) -> str:
        name = self.name_of(self.step.wait.container)
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
