"""What each key of a scenario file means, in a sentence: an editor shows it beside the key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: By the key; by ``Model.key`` where one key means different things.
_KEYS: Final[Mapping[str, str]] = {
    # The file.
    "ScenarioFile.name": "What it is called by; the file's own name without .yaml.",
    "title": "What is shown, as one sentence.",
    "explain": "Why it is so, for the reader of a report. An empty line parts paragraphs.",
    "tags": "Words to select it by: pausedemo run --tag TAG.",
    "pods": "The pods of the scenario, by a name of its own for each.",
    "steps": "What is done and looked at, in order.",
    "manifest": "The path of a `kind: Pod` manifest, relative to this file.",
    "kubelet": "Whether a controller keeps the pod alive, as a kubelet does, once it is applied.",
    # Every step.
    "name": "What the step shows, as a heading.",
    "as": "A name for what the step saw, for the same_as of a later step.",
    "within_s": "Looks again until all is as expected, or this time is up.",
    "expect": "What must be seen.",
    # Actions.
    "pod": "The scenario's pod; may be left out where there is only one.",
    "container": "The container in the pod; POD is its infra container.",
    "Namespaces.containers": "The containers to look at; POD is the pod's infra container.",
    "timeout_s": "How long it may take.",
    "command": "The program and its arguments, each a text; no shell reads it.",
    "Exec.user": "The user to run it as; the image's own where it is left out.",
    "Http.path": "The path to ask for.",
    "Http.port": "The pod's port to ask.",
    "Write.path": "The file to write, inside the container.",
    "content": "All that the file will hold.",
    "grace_s": "How long after TERM the KILL comes.",
    "signal": "The signal to send.",
    "Wait.state": "The state to wait for.",
    "Containers.all": "Also the ones that have ended.",
    # Expectations.
    "exit_code": "The exit code; 128 and the signal's number where a signal ended it.",
    "stdout": "All that was printed on standard output.",
    "stderr": "All that was printed on standard error.",
    "ExecExpect.ps": "Conditions on the rows, where standard output is a table of ps.",
    "ExecExpect.netstat": "Conditions on the rows, where standard output is a table of netstat.",
    "HttpExpect.status": "The HTTP status.",
    "HttpExpect.title": "The title of the page; null when it has none.",
    "text": "All of the page.",
    "ready": "Containers that run, of how many: 2/3.",
    "PodExpect.status": "As kubectl get pod has it: Running, Completed, CrashLoopBackOff.",
    "restarts": "Restarts of all containers, in sum.",
    "age_s": "Seconds since the pod was created.",
    "ip": "The address; null when there is none.",
    "uid": "The pod's unique id.",
    "attempt": "How often it was made again: 0 at first.",
    "state": "created, running or exited.",
    "error": "Why it could not be started; empty when it could.",
    "network_mode": "The engine's own word for the network that it joined.",
    "ipc_mode": "The engine's own word for the IPC namespace that it joined.",
    "pid_mode": "The engine's own word for the PID namespace that it joined.",
    "ContainersExpect.containers": "Conditions on the rows of the list.",
    "NamespacesExpect.namespaces": "Who shares which namespace.",
    "shared": "Containers that must be in one namespace, by its kind.",
    "separate": "Containers that must each be in a namespace of their own, by its kind.",
    # Rows.
    "count": "How many rows there are.",
    "has": "For each of these there must be a row that matches.",
    "lacks": "No row may match any of these.",
    "only": "Every row must match one of these.",
    "pid": "The process' number.",
    "ppid": "Its parent's number.",
    "user": "Who runs it.",
    "ProcessPattern.state": "The column STAT; Z where it is a zombie.",
    "ProcessPattern.command": "The command line.",
    "protocol": "tcp, tcp6, udp or udp6.",
    "address": "The local address.",
    "port": "The local port.",
    "SocketPattern.state": "LISTEN, ESTABLISHED, ...",
    "program": "PID/NAME; null where it cannot be seen.",
    "ContainerPattern.name": "The name on the engine.",
    "image": "The image.",
    "ContainerPattern.command": "The command line.",
    # Operators.
    "contains": "The text must have this in it.",
    "matches": "A regular expression of Python's; ^ and $ match at every line.",
    "is_not": "What it must not be.",
    "one_of": "What it may be.",
    "at_least": "The least that it may be.",
    "at_most": "The most that it may be.",
    "same_as": "Equal to what an earlier step saw.",
    "differs_from": "Not equal to what an earlier step saw.",
    "at_least_as": "Not less than what an earlier step saw.",
}


def describe_key(model: str, key: str) -> str:
    """The sentence for a key of a model's mapping; empty where none is written."""
    return _KEYS.get(f"{model}.{key}") or _KEYS.get(key, "")
