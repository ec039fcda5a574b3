"""Lies about starting, restarting and removing: what an engine does by itself, or refuses."""

from __future__ import annotations

from typing import Final

from mutation.lies.tools import (
    Body,
    afterwards,
    at_create,
    host_config,
    in_pod,
    instead,
    is_member,
    is_sandbox,
    labels_of,
    sandbox_of,
)
from mutation.messages import Answer, Ask
from mutation.mutant import Mutation
from mutation.routes import CREATE, INSPECT, REMOVE, RESTART, START
from mutation.scene import Scene
from pausedemo.core import naming


def _always(body: Body) -> None:
    host_config(body)["RestartPolicy"] = {"Name": "always"}


def _never(body: Body) -> None:
    host_config(body)["RestartPolicy"] = {"Name": "no"}


async def _members_of(scene: Scene, sandbox: Body) -> list[Body]:
    """The rows of all that were made for a sandbox, running or not."""
    return await scene.rows({naming.SANDBOX_ID: sandbox["Id"]})


async def _start_sandbox_first(_ask: Ask, scene: Scene, found: Body) -> None:
    sandbox = await scene.inspect(sandbox_of(found))
    if sandbox and not sandbox["State"]["Running"]:
        scene.tell()
        await scene.must("POST", f"/containers/{sandbox['Id']}/start")


async def _restart_members(scene: Scene, sandbox: Body) -> None:
    for row in await _members_of(scene, sandbox):
        scene.tell()
        await scene.must("POST", f"/containers/{row['Id']}/restart", t="0")


async def _restart_on_second_start(scene: Scene, sandbox: Body) -> None:
    if await _members_of(scene, sandbox):
        await _restart_members(scene, sandbox)


async def _refuse_removal(_ask: Ask, scene: Scene, sandbox: Body) -> Answer | None:
    members = [row["Id"] for row in await _members_of(scene, sandbox)]
    if not members:
        return None
    words = f"container {sandbox['Id']} has dependent containers: {', '.join(members)}"
    return Answer.refusal(409, words)


async def _remove_members(_ask: Ask, scene: Scene, sandbox: Body) -> None:
    for row in await _members_of(scene, sandbox):
        scene.tell()
        await scene.ask("DELETE", f"/containers/{row['Id']}", force="1", v="1")


async def _put_network_elsewhere(ask: Ask, scene: Scene) -> None:
    """Let a hidden container hold the network that a sandbox and its members are in."""
    body = ask.json
    labels = labels_of(body)
    if is_sandbox(labels) and not host_config(body).get("NetworkMode"):
        ours = {
            key: value
            for key, value in labels.items()
            if key in (naming.RUN, naming.SCENARIO, naming.OWNER)
        }
        holder = {"Image": body["Image"], "Hostname": body.pop("Hostname", ""), "Labels": ours}
        made = await scene.must("POST", "/containers/create", holder)
        await scene.must("POST", f"/containers/{made['Id']}/start")
        host_config(body)["NetworkMode"] = f"container:{made['Id']}"
        ask.json = body


async def _show_address_of_holder(_ask: Ask, answer: Answer, scene: Scene) -> None:
    if not answer.ok:
        return
    body = answer.json
    if is_sandbox(labels_of(body)) and body["State"]["Running"]:
        _, _, holder = body["HostConfig"]["NetworkMode"].partition("container:")
        found = await scene.inspect(holder) if holder else {}
        if found:
            body["NetworkSettings"] = found["NetworkSettings"]
            body["HostConfig"]["NetworkMode"] = "default"
            answer.json = body


async def _cut_network(scene: Scene, found: Body) -> None:
    """Take the interface away from a member that was started again."""
    if int(scene.memory.get(found["Id"], 0)):
        await scene.run_inside(found["Id"], ["ip", "link", "delete", "eth0"])
    scene.memory[found["Id"]] = 1


async def _say_started(_ask: Ask, scene: Scene, found: Body) -> Answer | None:
    """Say that it started, when the sandbox that it joins is down."""
    sandbox = await scene.inspect(sandbox_of(found))
    down = not sandbox or not sandbox["State"]["Running"]
    return Answer.of(204) if down else None


LIFE: Final = (
    Mutation(
        name="restarts-by-itself",
        does="restarts everything that ends (restart policy always)",
        breaks="who ended stays dead unless a kubelet starts it",
        asks={CREATE: at_create(_always, in_pod)},
    ),
    Mutation(
        name="restart-policy-lost",
        does="ignores restart policies",
        breaks="an engine's own restart policy restarts what ended",
        asks={CREATE: at_create(_never, in_pod)},
    ),
    Mutation(
        name="start-starts-pause",
        does="starts a stopped sandbox with its member, as podman does",
        breaks="a member does not start while its sandbox is down",
        asks={START: instead(_start_sandbox_first, is_member)},
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
            RESTART: afterwards(_restart_members, is_sandbox),
            START: afterwards(_restart_on_second_start, is_sandbox),
        },
    ),
    Mutation(
        name="removal-refused",
        does="does not remove a sandbox that has members, as podman",
        breaks="a sandbox can be removed under its members",
        asks={REMOVE: instead(_refuse_removal, is_sandbox)},
    ),
    Mutation(
        name="removal-takes-members",
        does="removes the members with their sandbox",
        breaks="members outlive the removal of their sandbox",
        asks={REMOVE: instead(_remove_members, is_sandbox)},
    ),
    Mutation(
        name="network-outlives-pause",
        does="keeps the pod's interface when pause was stopped",
        breaks="without pause only lo is left",
        asks={CREATE: _put_network_elsewhere},
        answers={INSPECT: _show_address_of_holder},
    ),
    Mutation(
        name="rejoined-without-network",
        does="lets a member that is started again lose the interface",
        breaks="a member that is started again is in the pod's network again",
        answers={
            START: afterwards(_cut_network, is_member),
            RESTART: afterwards(_cut_network, is_member),
        },
    ),
)
