"""Lies about starting, restarting and removing: what an engine does by itself, or refuses."""

from __future__ import annotations

from typing import Final

from mutation.lies.tools import afterwards, at_create, creating, instead
from mutation.messages import Answer, Ask
from mutation.mutant import Mutation
from mutation.routes import CREATE, INSPECT, REMOVE, RESTART, START
from mutation.scene import Scene
from mutation.subjects import (
    JOIN,
    Body,
    donor_of,
    host_config,
    is_donor,
    is_member,
    is_subject,
    ownership,
)


def _always(body: Body) -> None:
    host_config(body)["RestartPolicy"] = {"Name": "always"}


def _never(body: Body) -> None:
    host_config(body)["RestartPolicy"] = {"Name": "no"}


async def _start_sandbox_first(_ask: Ask, scene: Scene, found: Body) -> None:
    sandbox = await scene.inspect(donor_of(found))
    joins_itself = bool(sandbox) and sandbox["Id"] == found["Id"]
    if sandbox and not sandbox["State"]["Running"] and not joins_itself:
        scene.tell()
        await scene.must("POST", f"/containers/{sandbox['Id']}/start")


async def _restart_members(scene: Scene, sandbox: Body) -> None:
    for row in await scene.members(sandbox):
        scene.tell()
        await scene.must("POST", f"/containers/{row['Id']}/restart", t="0")


async def _restart_on_second_start(scene: Scene, sandbox: Body) -> None:
    if await scene.members(sandbox):
        await _restart_members(scene, sandbox)


async def _refuse_removal(_ask: Ask, scene: Scene, sandbox: Body) -> Answer | None:
    members = [row["Id"] for row in await scene.members(sandbox)]
    if not members:
        return None
    words = f"container {sandbox['Id']} has dependent containers: {', '.join(members)}"
    return Answer.refusal(409, words)


async def _remove_members(_ask: Ask, scene: Scene, sandbox: Body) -> None:
    for row in await scene.members(sandbox):
        scene.tell()
        await scene.ask("DELETE", f"/containers/{row['Id']}", force="1", v="1")


async def _put_network_elsewhere(ask: Ask, scene: Scene, body: Body) -> None:
    """Let a hidden container hold the network that a sandbox and its members are in."""
    if not host_config(body).get("NetworkMode"):
        hidden = {
            "Image": body["Image"],
            "Cmd": body.get("Cmd"),
            "Entrypoint": body.get("Entrypoint"),
            "Hostname": body.pop("Hostname", ""),
            "Labels": ownership(body),
        }
        made = await scene.must("POST", "/containers/create", hidden)
        await scene.must("POST", f"/containers/{made['Id']}/start")
        host_config(body)["NetworkMode"] = f"{JOIN}{made['Id']}"
        ask.json = body


async def _show_address_of_hidden(_ask: Ask, answer: Answer, scene: Scene) -> None:
    if answer.ok and is_donor(body := answer.json) and body["State"]["Running"]:
        hidden = await scene.inspect(donor_of(body) or "-")
        if hidden:
            body["NetworkSettings"] = hidden["NetworkSettings"]
            host_config(body)["NetworkMode"] = "default"
            answer.json = body


async def _cut_network(scene: Scene, found: Body) -> None:
    """Take the interface away from a member that was started again."""
    if int(scene.memory.get(found["Id"], 0)):
        await scene.enter(found, "--net", ["ip", "link", "delete", "eth0"])
    scene.memory[found["Id"]] = 1


async def _say_started(_ask: Ask, scene: Scene, found: Body) -> Answer | None:
    """Say that it started, when the sandbox that it joins is down."""
    sandbox = await scene.inspect(donor_of(found))
    down = not sandbox or not sandbox["State"]["Running"]
    return Answer.of(204) if down else None


LIFE: Final = (
    Mutation(
        name="restarts-by-itself",
        does="restarts everything that ends (restart policy always)",
        breaks="who ended stays dead unless a kubelet starts it",
        asks={CREATE: at_create(_always, is_subject)},
    ),
    Mutation(
        name="restart-policy-lost",
        does="ignores restart policies",
        breaks="an engine's own restart policy restarts what ended",
        asks={CREATE: at_create(_never, is_subject)},
    ),
    Mutation(
        name="start-starts-pause",
        does="starts a stopped sandbox with its member, as podman does",
        breaks="a member does not start while its sandbox is down",
        asks={START: instead(_start_sandbox_first, is_member)},
        acts=True,
    ),
    Mutation(
        name="start-without-pause",
        does="says that a member started though its sandbox is down",
        breaks="a member does not start while its sandbox is down, and says why",
        asks={START: instead(_say_started, is_member)},
    ),
    Mutation(
        name="pause-restarts-members",
        does="restarts the members with their sandbox",
        breaks="members stay in the old namespace when pause alone is restarted",
        answers={
            RESTART: afterwards(_restart_members, is_donor),
            START: afterwards(_restart_on_second_start, is_donor),
        },
        acts=True,
    ),
    Mutation(
        name="removal-refused",
        does="does not remove a sandbox that has members, as podman",
        breaks="a sandbox can be removed under its members",
        asks={REMOVE: instead(_refuse_removal, is_donor)},
    ),
    Mutation(
        name="removal-takes-members",
        does="removes the members with their sandbox",
        breaks="members outlive the removal of their sandbox",
        asks={REMOVE: instead(_remove_members, is_donor)},
        acts=True,
    ),
    Mutation(
        name="network-outlives-pause",
        does="keeps the pod's interface when pause was stopped",
        breaks="without pause only lo is left",
        asks={CREATE: creating(_put_network_elsewhere, is_donor)},
        answers={INSPECT: _show_address_of_hidden},
        acts=True,
    ),
    Mutation(
        name="rejoined-without-network",
        does="lets a member that is started again lose the interface",
        breaks="a member that is started again is in the pod's network again",
        answers={
            START: afterwards(_cut_network, is_member),
            RESTART: afterwards(_cut_network, is_member),
        },
        acts=True,
    ),
)
