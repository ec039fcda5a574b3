"""Lies about who is in which namespace."""

from __future__ import annotations

from typing import Final

from mutation.lies.tools import Change, afterwards, at_create, creating
from mutation.messages import Ask
from mutation.mutant import Mutation
from mutation.routes import CREATE, START
from mutation.scene import Scene
from mutation.subjects import (
    JOIN,
    Body,
    donor_of,
    host_config,
    is_donor,
    is_member,
    is_subject,
    labels_of,
    ownership,
)
from pausedemo.core import naming


def _drop(mode: str) -> Change:
    def change(body: Body) -> None:
        if _joins(body, mode):
            del host_config(body)[mode]

    return change


def _set_network(mode: str) -> Change:
    def change(body: Body) -> None:
        if _joins(body, "NetworkMode"):
            host_config(body)["NetworkMode"] = mode

    return change


def _join_pid(body: Body) -> None:
    if not host_config(body).get("PidMode"):
        host_config(body)["PidMode"] = f"{JOIN}{donor_of(body)}"


def _joins(body: Body, mode: str) -> bool:
    return str(host_config(body).get(mode) or "").startswith(JOIN)


def _node_uts(body: Body) -> None:
    body.pop("Hostname", None)
    host_config(body)["UTSMode"] = "host"


def _own_shm(body: Body) -> None:
    if _joins(body, "IpcMode"):
        host_config(body)["Tmpfs"] = {"/dev/shm": "rw,size=64k"}  # noqa: S108 - in a container


def _without_host(mode: str, breaks: str) -> Mutation:
    """A mutation for pods that want a namespace of the node."""

    def change(body: Body) -> None:
        config = host_config(body)
        if config.get(mode) == "host":
            del config[mode]
            if mode == "IpcMode" and is_donor(body):
                # Or joining it would be refused, which is another mutation.
                config[mode] = "shareable"

    return Mutation(
        name=f"no-host-{mode.removesuffix('Mode').lower()}",
        does=f"ignores {mode} host",
        breaks=breaks,
        asks={CREATE: at_create(change, is_subject)},
    )


def _drop_mounts(body: Body) -> None:
    for key in ("Binds", "Mounts"):
        host_config(body).pop(key, None)


async def _join_another(ask: Ask, scene: Scene, body: Body) -> None:
    """Send a member into the network of a container that nobody asked for."""
    if not _joins(body, "NetworkMode"):
        return
    scenario = labels_of(body)[naming.SCENARIO]
    if scenario not in scene.memory:
        donor = await scene.inspect(donor_of(body))
        if not donor:
            return
        stray = {"Image": donor["Image"], "Labels": ownership(body)}
        made = await scene.must("POST", "/containers/create", stray)
        await scene.must("POST", f"/containers/{made['Id']}/start")
        scene.memory[scenario] = made["Id"]
    host_config(body)["NetworkMode"] = f"{JOIN}{scene.memory[scenario]}"
    ask.json = body


async def _rename(scene: Scene, found: Body) -> None:
    await scene.enter(found, "--uts", ["hostname", "somebody-else"])


async def _own_hosts_file(scene: Scene, found: Body) -> None:
    script = "cp /etc/hosts /hosts && mount --bind /hosts /etc/hosts"
    await scene.enter(found, "--mount", ["sh", "-c", script])


JOINS: Final = (
    Mutation(
        name="drops-pid-mode",
        does="forgets PidMode container:",
        breaks="members share pause's PID namespace",
        asks={CREATE: at_create(_drop("PidMode"))},
    ),
    Mutation(
        name="drops-ipc-mode",
        does="forgets IpcMode container:",
        breaks="members share pause's IPC namespace and /dev/shm",
        asks={CREATE: at_create(_drop("IpcMode"))},
    ),
    Mutation(
        name="network-of-its-own",
        does="gives each member a network of its own instead of container:",
        breaks="members share pause's network namespace",
        asks={CREATE: at_create(_set_network("bridge"))},
    ),
    Mutation(
        name="network-of-the-node",
        does="takes NetworkMode host for container:",
        breaks="members share pause's network namespace, not the node's",
        asks={CREATE: at_create(_set_network("host"))},
    ),
    Mutation(
        name="network-of-another",
        does="joins another sandbox's network than it was told",
        breaks="members share the network of their own pause",
        asks={CREATE: creating(_join_another)},
        acts=True,
    ),
    Mutation(
        name="pid-joined-unasked",
        does="joins pause's PID namespace without being asked",
        breaks="without sharing each main process is its own PID 1",
        asks={CREATE: at_create(_join_pid)},
    ),
    Mutation(
        name="uts-of-the-node",
        does="puts everybody into the node's UTS namespace",
        breaks="each container has a UTS namespace of its own",
        asks={CREATE: at_create(_node_uts, is_subject)},
    ),
    Mutation(
        name="shm-of-its-own",
        does="joins the IPC namespace but mounts a /dev/shm of its own",
        breaks="what a writes to /dev/shm is read by b",
        asks={CREATE: at_create(_own_shm)},
    ),
    Mutation(
        name="hostname-of-its-own",
        does="gives each member another hostname",
        breaks="members bear the pod's hostname",
        answers={START: afterwards(_rename, is_member)},
        acts=True,
    ),
    Mutation(
        name="hosts-file-of-its-own",
        does="gives each member its own /etc/hosts",
        breaks="the pod's containers share pause's hosts file",
        answers={START: afterwards(_own_hosts_file, is_member)},
        acts=True,
    ),
    Mutation(
        name="volumes-dropped",
        does="forgets the mounts of each member",
        breaks="a pod's volume is one for all its containers, and outlives them",
        asks={CREATE: at_create(_drop_mounts)},
    ),
    _without_host("PidMode", "hostPID shows the node's processes"),
    _without_host("IpcMode", "hostIPC shows the node's segments"),
    _without_host("NetworkMode", "hostNetwork shows the node's listeners"),
)
