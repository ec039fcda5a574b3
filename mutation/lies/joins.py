"""Lies about who is in which namespace."""

from __future__ import annotations

from typing import Final

from mutation.lies.tools import (
    Body,
    afterwards,
    at_create,
    host_config,
    in_pod,
    is_member,
    is_sandbox,
    labels_of,
    sandbox_of,
)
from mutation.messages import Ask
from mutation.mutant import Mutation
from mutation.routes import CREATE, START
from mutation.scene import Scene
from pausedemo.core import naming


def _drop_pid(body: Body) -> None:
    host_config(body).pop("PidMode", None)


def _drop_ipc(body: Body) -> None:
    host_config(body).pop("IpcMode", None)


def _own_network(body: Body) -> None:
    host_config(body)["NetworkMode"] = "bridge"


def _node_network(body: Body) -> None:
    host_config(body)["NetworkMode"] = "host"


def _join_pid(body: Body) -> None:
    host_config(body)["PidMode"] = f"container:{sandbox_of(body)}"


def _node_uts(body: Body) -> None:
    body.pop("Hostname", None)
    host_config(body)["UTSMode"] = "host"


def _own_shm(body: Body) -> None:
    host_config(body)["Tmpfs"] = {"/dev/shm": "rw,size=64k"}  # noqa: S108 - in a container


def _without_host(key: str, instead: str) -> Mutation:
    """A mutation of pods that want a namespace of the node."""

    def change(body: Body) -> None:
        config = host_config(body)
        if config.get(key) == "host":
            config.pop(key)
            if instead and is_sandbox(labels_of(body)):
                config[key] = instead
            elif instead:
                config[key] = f"container:{sandbox_of(body)}"

    kind = key.removesuffix("Mode").lower()
    return Mutation(
        name=f"no-host-{kind}",
        does=f"ignores {key} host",
        breaks=f"host{kind.upper() if kind != 'network' else 'Network'} shows the node's",
        asks={CREATE: at_create(change, in_pod)},
    )


async def _join_another(ask: Ask, scene: Scene) -> None:
    """Send a member into the network of a sandbox that nobody asked for."""
    body = ask.json
    if not is_member(labels_of(body)):
        return
    pod = labels_of(body)[naming.POD_UID]
    if pod not in scene.memory:
        scene.memory[pod] = await _make_stray(scene, body)
    host_config(body)["NetworkMode"] = f"container:{scene.memory[pod]}"
    ask.json = body


async def _make_stray(scene: Scene, member: Body) -> str:
    """A sandbox that no pod knows; it goes with what else the scenario made."""
    sandbox = await scene.inspect(sandbox_of(member))
    labels = {
        key: value
        for key, value in labels_of(member).items()
        if key in (naming.RUN, naming.SCENARIO, naming.OWNER)
    }
    made = await scene.must(
        "POST", "/containers/create", {"Image": sandbox["Image"], "Labels": labels}
    )
    await scene.must("POST", f"/containers/{made['Id']}/start")
    return str(made["Id"])


async def _rename(scene: Scene, found: Body) -> None:
    await scene.run_inside(found["Id"], ["hostname", "somebody-else"])


async def _own_hosts_file(scene: Scene, found: Body) -> None:
    script = "cp /etc/hosts /hosts && mount --bind /hosts /etc/hosts"
    await scene.run_inside(found["Id"], ["sh", "-c", script])


JOINS: Final = (
    Mutation(
        name="drops-pid-mode",
        does="forgets PidMode container:",
        breaks="members share pause's PID namespace",
        asks={CREATE: at_create(_drop_pid)},
    ),
    Mutation(
        name="drops-ipc-mode",
        does="forgets IpcMode container:",
        breaks="members share pause's IPC namespace and /dev/shm",
        asks={CREATE: at_create(_drop_ipc)},
    ),
    Mutation(
        name="network-of-its-own",
        does="gives each member a network of its own instead of container:",
        breaks="members share pause's network namespace",
        asks={CREATE: at_create(_own_network)},
    ),
    Mutation(
        name="network-of-the-node",
        does="takes NetworkMode host for container:",
        breaks="members share pause's network namespace, not the node's",
        asks={CREATE: at_create(_node_network)},
    ),
    Mutation(
        name="network-of-another",
        does="joins another sandbox's network than it was told",
        breaks="members share the network of their own pause",
        asks={CREATE: _join_another},
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
        asks={CREATE: at_create(_node_uts, in_pod)},
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
    ),
    Mutation(
        name="hosts-file-of-its-own",
        does="gives each member its own /etc/hosts",
        breaks="the pod's containers share pause's hosts file",
        answers={START: afterwards(_own_hosts_file, is_member)},
    ),
    _without_host("PidMode", ""),
    _without_host("IpcMode", "shareable"),
    _without_host("NetworkMode", "bridge"),
)
