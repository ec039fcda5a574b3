"""Lies about what a container is and how it ended: what inspect, list, top and logs tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mutation.lies.tools import at_inspect, at_list
from mutation.messages import Answer, Ask
from mutation.mutant import AnswerLie, Mutation
from mutation.routes import INSPECT, LIST, LOGS, TOP, WAIT
from mutation.scene import Scene
from mutation.subjects import JOIN, Body, donor_of, host_config, is_donor, is_member, name_of


def _has_ended(body: Body) -> bool:
    return bool(body["State"]["Status"] == "exited")


def _exit_codes(change: Callable[[int], int]) -> dict[str, AnswerLie]:
    """Another exit code wherever an engine tells it: in inspect, and to who waits."""

    def inspected(body: Body) -> None:
        if _has_ended(body):
            body["State"]["ExitCode"] = change(body["State"]["ExitCode"])

    async def waited(_ask: Ask, answer: Answer, _scene: Scene) -> None:
        if answer.ok:
            body = answer.json
            body["StatusCode"] = change(body["StatusCode"])
            answer.json = body

    return {INSPECT: at_inspect(inspected), WAIT: waited}


def _lose_error(body: Body) -> None:
    body["State"]["Error"] = ""


def _run_on(body: Body) -> None:
    if _has_ended(body):
        body["State"] |= {"Status": "running", "Running": True}


def _end_early(body: Body) -> None:
    if body["State"]["Status"] == "running":
        body["State"] |= {"Status": "exited", "Running": False, "Pid": 0}


def _oom(body: Body) -> None:
    if _has_ended(body):
        body["State"]["OOMKilled"] = True


def _lose_address(body: Body) -> None:
    settings = body["NetworkSettings"]
    settings["IPAddress"] = ""
    for network in (settings.get("Networks") or {}).values():
        network["IPAddress"] = ""


def _end_long_ago(body: Body) -> None:
    if _has_ended(body):
        body["State"]["FinishedAt"] = "2001-01-01T00:00:00Z"


def _hide_host_network(body: Body) -> None:
    if host_config(body)["NetworkMode"] == "host":
        host_config(body)["NetworkMode"] = "default"


def _lose_labels(rows: list[Body]) -> list[Body]:
    return [{**row, "Labels": {}} for row in rows]


def _list_as_running(rows: list[Body]) -> list[Body]:
    return [{**row, "State": "running", "Status": "Up 1 second"} for row in rows]


def _list_as_exited(rows: list[Body]) -> list[Body]:
    return [{**row, "State": "exited", "Status": "Exited (0) 1 second ago"} for row in rows]


def _forget_one(rows: list[Body]) -> list[Body]:
    """Without the member that was made first."""
    first = next((row for row in reversed(rows) if is_member(row)), None)
    return [row for row in rows if row is not first]


def _other_command(rows: list[Body]) -> list[Body]:
    return [{**row, "Command": "true"} for row in rows]


async def _other_pid(_ask: Ask, answer: Answer, scene: Scene) -> None:
    """Tell the process of the container that is joined."""
    if answer.ok and is_member(body := answer.json) and body["State"]["Pid"]:
        donor = await scene.inspect(donor_of(body))
        if donor:
            body["State"]["Pid"] = donor["State"]["Pid"]
            answer.json = body


async def _address_of_donor(_ask: Ask, answer: Answer, scene: Scene) -> None:
    if answer.ok and is_member(body := answer.json):
        donor = await scene.inspect(_network_of(body))
        if donor:
            body["NetworkSettings"] = donor["NetworkSettings"]
            answer.json = body


async def _name_of_donor(_ask: Ask, answer: Answer, scene: Scene) -> None:
    if answer.ok and is_member(body := answer.json):
        donor = await scene.inspect(_network_of(body))
        if donor:
            host_config(body)["NetworkMode"] = f"{JOIN}{name_of(donor)}"
            answer.json = body


def _network_of(body: Body) -> str:
    """The id of the container whose network is joined; a word that is no container's if none is."""
    mode: str = host_config(body)["NetworkMode"]
    return mode.removeprefix(JOIN) if mode.startswith(JOIN) else "-"


async def _top_of_all(ask: Ask, answer: Answer, scene: Scene) -> None:
    """Add what the siblings run."""
    found = await scene.inspect(ask.object)
    if answer.ok and is_member(found):
        body = answer.json
        for sibling in await scene.siblings(found):
            more = await scene.must("GET", f"/containers/{sibling['Id']}/top", **ask.query)
            body["Processes"] += more["Processes"]
        answer.json = body


async def _no_logs(_ask: Ask, answer: Answer, _scene: Scene) -> None:
    if answer.ok:
        answer.body = b""


TOLD: Final = (
    Mutation(
        name="exit-code-0",
        does="says 0 for every exit code",
        breaks="a container that failed, or was killed, says so",
        answers=_exit_codes(lambda _code: 0),
    ),
    Mutation(
        name="exit-code-1",
        does="says 1 for every exit code",
        breaks="a container that ended well says 0, and a killed one by which signal",
        answers=_exit_codes(lambda _code: 1),
    ),
    Mutation(
        name="exit-code-143-for-137",
        does="says TERM (143) of what was killed (137)",
        breaks="the kernel, or a grace that is over, kills with KILL: 137",
        answers=_exit_codes(lambda code: 143 if code == 137 else code),
    ),
    Mutation(
        name="exit-code-137-for-143",
        does="says KILL (137) of what TERM ended (143)",
        breaks="a process that TERM ended says 143",
        answers=_exit_codes(lambda code: 137 if code == 143 else code),
    ),
    Mutation(
        name="error-lost",
        does="forgets why a container could not start (State.Error)",
        breaks="the reason of a failed start stays on the container",
        answers={INSPECT: at_inspect(_lose_error)},
    ),
    Mutation(
        name="inspect-runs-on",
        does="inspects what has ended as running",
        breaks="a container that ended is exited",
        answers={INSPECT: at_inspect(_run_on)},
    ),
    Mutation(
        name="inspect-ends-early",
        does="inspects members that run as exited",
        breaks="members that live are running",
        answers={INSPECT: at_inspect(_end_early, is_member)},
    ),
    Mutation(
        name="out-of-memory",
        does="says of everything that ended that it was out of memory",
        breaks="a container's reason is Completed or Error unless memory was short",
        answers={INSPECT: at_inspect(_oom, is_member)},
    ),
    Mutation(
        name="ended-long-ago",
        does="says that what ended did so long ago",
        breaks="a back-off counts from a container's end",
        answers={INSPECT: at_inspect(_end_long_ago, is_member)},
    ),
    Mutation(
        name="host-network-untold",
        does="says default of a sandbox that is in the node's network",
        breaks="a sandbox that is as the pod wants it is kept",
        answers={INSPECT: at_inspect(_hide_host_network, is_donor)},
    ),
    Mutation(
        name="address-lost",
        does="does not tell the sandbox's IP address",
        breaks="the pod has an address, that of its sandbox",
        answers={INSPECT: at_inspect(_lose_address, is_donor)},
    ),
    Mutation(
        name="address-on-members",
        does="shows the sandbox's address on its members, as podman does",
        breaks="a member has no address of its own in inspect",
        answers={INSPECT: _address_of_donor},
    ),
    Mutation(
        name="name-instead-of-id",
        does="keeps the sandbox's name in NetworkMode instead of its full id",
        breaks="a join is by id: who is made anew under the same name is somebody else",
        answers={INSPECT: _name_of_donor},
    ),
    Mutation(
        name="pid-of-another",
        does="tells another container's process id in inspect",
        breaks="a container's process is in the container's own namespaces",
        answers={INSPECT: _other_pid},
    ),
    Mutation(
        name="list-runs-on",
        does="lists dead containers as running",
        breaks="the list tells who runs",
        answers={LIST: at_list(_list_as_running)},
    ),
    Mutation(
        name="list-ends-early",
        does="lists running containers as exited",
        breaks="the list tells who runs",
        answers={LIST: at_list(_list_as_exited)},
    ),
    Mutation(
        name="list-forgets-one",
        does="leaves the pod's first member out of the list",
        breaks="the list shows every container of the pod",
        answers={LIST: at_list(_forget_one)},
    ),
    Mutation(
        name="list-forgets-labels",
        does="lists containers without their labels",
        breaks="labels say what belongs to a pod",
        answers={LIST: at_list(_lose_labels)},
    ),
    Mutation(
        name="list-of-other-commands",
        does="lists another command than the one that runs",
        breaks="docker ps shows /pause",
        answers={LIST: at_list(_other_command)},
    ),
    Mutation(
        name="top-of-all",
        does="shows in top what the whole pod runs",
        breaks="docker top shows a container's own processes, shared PID namespace or not",
        answers={TOP: _top_of_all},
    ),
    Mutation(
        name="logs-lost",
        does="gives empty logs",
        breaks="what a main process wrote can be read",
        answers={LOGS: _no_logs},
    ),
)
