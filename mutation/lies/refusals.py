"""Lies about what an engine must refuse, what it must not, and in which words."""

from __future__ import annotations

import re
from typing import Final

from mutation.lies.tools import at_create, creating, instead
from mutation.messages import Answer, Ask
from mutation.mutant import Mutation
from mutation.routes import CREATE, KILL, REMOVE, START, STOP
from mutation.scene import Scene
from mutation.subjects import JOIN, Body, donor_of, host_config, is_donor, is_member

_ID: Final = re.compile(r"\b[0-9a-f]{12,64}\b")


def _joins_network(body: Body) -> bool:
    return str(host_config(body).get("NetworkMode", "")).startswith(JOIN)


def _drop_ports(body: Body) -> None:
    if _joins_network(body):
        body.pop("ExposedPorts", None)
        host_config(body).pop("PortBindings", None)


def _drop_hostname(body: Body) -> None:
    if _joins_network(body):
        body.pop("Hostname", None)


def _always_shareable(body: Body) -> None:
    if host_config(body).get("IpcMode") in (None, "", "private"):
        host_config(body)["IpcMode"] = "shareable"


async def _refuse_missing_network(_ask: Ask, scene: Scene, body: Body) -> Answer | None:
    if _joins_network(body) and not await scene.inspect(donor_of(body)):
        return Answer.refusal(404, f"No such container: {donor_of(body)}")
    return None


async def _refuse_frozen(_ask: Ask, scene: Scene, found: Body) -> Answer | None:
    joined = await scene.inspect(donor_of(found))
    if joined and joined["State"]["Paused"]:
        return Answer.refusal(409, f"cannot join network of a paused container: {joined['Id']}")
    return None


async def _join_nothing_else(ask: Ask, _scene: Scene, body: Body) -> None:
    """Who joins itself gets a network of its own."""
    if host_config(body).get("NetworkMode") == f"{JOIN}{ask.query.get('name')}":
        host_config(body)["NetworkMode"] = "bridge"
        ask.json = body


async def _hide_ids(_ask: Ask, answer: Answer, _scene: Scene) -> None:
    if answer.status >= 400:
        answer.json = {"message": _ID.sub("a container", answer.json["message"])}


async def _hide_words(_ask: Ask, answer: Answer, _scene: Scene) -> None:
    if answer.status >= 400:
        answer.json = {"message": "server error"}


async def _never_conflict(_ask: Ask, answer: Answer, _scene: Scene) -> None:
    if answer.status == 409:
        answer.status, answer.body = 204, b""


REFUSALS: Final = (
    Mutation(
        name="ports-dropped",
        does="drops the published ports of a member, as podman does",
        breaks="a port on a member is refused: conflicting options",
        asks={CREATE: at_create(_drop_ports)},
    ),
    Mutation(
        name="hostname-dropped",
        does="drops the hostname of a member",
        breaks="a hostname on a member is refused: conflicting options",
        asks={CREATE: at_create(_drop_hostname)},
    ),
    Mutation(
        name="always-shareable",
        does="makes every sandbox's IPC namespace shareable, as podman does",
        breaks="IPC of a sandbox that is not shareable cannot be joined",
        asks={CREATE: at_create(_always_shareable, is_donor)},
    ),
    Mutation(
        name="missing-network-refused-early",
        does="refuses to create what joins the network of nobody, as podman does",
        breaks="such a container can be created; its start fails",
        asks={CREATE: creating(_refuse_missing_network)},
    ),
    Mutation(
        name="frozen-network-refused",
        does="refuses to join the network of a frozen sandbox",
        breaks="a frozen sandbox can be joined",
        asks={START: instead(_refuse_frozen, is_member)},
    ),
    Mutation(
        name="self-join-accepted",
        does="gives a network of its own to who joins itself",
        breaks="joining oneself is refused",
        asks={CREATE: creating(_join_nothing_else)},
    ),
    Mutation(
        name="refusals-without-id",
        does="refuses without naming the container",
        breaks="a refused join names the sandbox's id",
        answers={CREATE: _hide_ids, START: _hide_ids},
    ),
    Mutation(
        name="refusals-without-reason",
        does="refuses without a reason",
        breaks="a refusal says what is wrong",
        answers={CREATE: _hide_words, START: _hide_words},
    ),
    Mutation(
        name="conflicts-hidden",
        does="says that it did what does not fit the container's state (409)",
        breaks="kill of what does not run is refused",
        answers={KILL: _never_conflict, STOP: _never_conflict, REMOVE: _never_conflict},
    ),
)
