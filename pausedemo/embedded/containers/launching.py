"""From a container to what the keeper is told: namespaces, mounts, program."""

from __future__ import annotations

import posixpath
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Final

from pausedemo.embedded.containers import mounts
from pausedemo.embedded.containers.container import Container
from pausedemo.embedded.containers.etcfiles import FILES, file_owner
from pausedemo.embedded.containers.node import Node
from pausedemo.embedded.containers.options import apply_env
from pausedemo.embedded.containers.sharing import plan_shared
from pausedemo.embedded.containers.sysctls import check_sysctls
from pausedemo.embedded.errors import ApiError, BadParameter, Conflict, ServerError
from pausedemo.embedded.keeper.launch import Bind, Launch, Program, Root
from pausedemo.embedded.kernel.syscalls import Namespace
from pausedemo.embedded.platform import CONTROLLERS

#: Where an init that was asked for is seen inside, as with Docker.
INIT_PATH: Final = "/sbin/docker-init"
#: Below the containers' folder, what serves all of them.
_SHARED: Final = ".base"
INIT_PROGRAMS: Final = ("docker-init", "tini-static", "tini", "catatonit")


class Descriptors:
    """The descriptors of one request to the keeper, and where each stands."""

    def __init__(self) -> None:
        self.all: list[int] = []

    def add(self, descriptor: int) -> int:
        """The position under which the request names it."""
        self.all.append(descriptor)
        return len(self.all) - 1


def plan_launch(
    node: Node, container: Container, descriptors: Descriptors, cgroups: list[str]
) -> Launch:
    """Everything but the streams.

    Raises ApiError when a donor cannot be joined, or a sysctl is not the container's own.
    """
    new, joins, join_pid = Namespace.MOUNT, [], None
    shared = plan_shared(node, container)
    host = container.host
    network = container.donor("NetworkMode")
    if network is not None:
        donor = find_donor(node, container, network, "network")
        if not shared & Namespace.NETWORK:
            joins.append((descriptors.add(_pidfd(donor)), int(Namespace.NETWORK)))
    elif container.sandbox is not None:
        position = descriptors.add(container.sandbox.netns_fd)
        joins.append((position, int(Namespace.NETWORK)))
    elif node.networks.host_mode_fd is not None:
        position = descriptors.add(node.networks.host_mode_fd)
        joins.append((position, int(Namespace.NETWORK)))
    pid = container.donor("PidMode")
    if pid is not None:
        donor = find_donor(node, container, pid, "PID namespace")
        if not shared & Namespace.PID:
            join_pid = descriptors.add(_pidfd(donor))
    elif host["PidMode"] != "host":
        new |= Namespace.PID
    ipc = container.donor("IpcMode")
    if ipc is not None:
        donor = find_donor(node, container, ipc, "IPC")
        if not shared & Namespace.IPC:
            joins.append((descriptors.add(_pidfd(donor)), int(Namespace.IPC)))
    elif host["IpcMode"] != "host":
        new |= Namespace.IPC
    if host["UTSMode"] != "host":
        new |= Namespace.UTS
    if host["CgroupnsMode"] == "private":
        new |= Namespace.CGROUP
    domain = container.config["Domainname"] or None
    named = [*(host.get("Sysctls") or {}), *(["kernel.domainname"] if domain else [])]
    check_sysctls(named, _find_hosts(node, container, shared))
    return Launch(
        new=int(new),
        join_pid=join_pid,
        joins=joins,
        terminal=container.tty,
        console=container.tty,
        cgroups=cgroups,
        root=_connect(plan_root(node, container), node, descriptors),
        hostname=container.config["Hostname"],
        domainname=domain,
        program=plan_program(node, container, descriptors),
    )


def _find_hosts(node: Node, container: Container, shared: Namespace) -> Namespace:
    """``shared`` as sysctls are judged by it: UTS as well, and the network of all in host mode.

    An ordinary user's engine has one of its own for those, and for who joins them; to rootless
    Docker, too, it is the host's.
    """
    if container.host["UTSMode"] == "host":
        shared |= Namespace.UTS
    if file_owner(node, container).network_mode == "host":
        shared |= Namespace.NETWORK
    return shared


def _connect(root: Root, node: Node, descriptors: Descriptors) -> Root:
    """With the machine's own mounts, where they are to be had and anything of them is bound."""
    outside = node.platform.outside
    if outside is None or not any(isinstance(m, Bind) and m.propagation for m in root.mounts):
        return root
    return replace(root, outside=descriptors.add(outside))


def plan_root(node: Node, container: Container) -> Root:
    """The container's file system as it is when it runs."""
    host, security, folder = container.host, container.security, container.folder
    platform = node.platform
    placed = [(one.point, one.source) for one in container.placed]
    owner = file_owner(node, container)
    files = {path: owner.folder / name for path, name in FILES.items()}
    mounted = {point.destination for point, _ in placed}
    if wants_init(container):
        files[INIT_PATH] = find_init()
    planned = mounts.plan_mounts(
        placed,
        {path: source for path, source in files.items() if path not in mounted},
        files_readonly=host["ReadonlyRootfs"],
        shm=find_shm(node, container),
        shm_bytes=0 if host["IpcMode"] == "none" else host["ShmSize"],
        has_terminal_group=not platform.single_id,
        # The kernel lets only those mount them who own the namespace that they show.
        foreign=plan_shared(node, container) if platform.rootless else Namespace(0),
        privileged=security.privileged,
        cgroups=_find_cgroups(node, container),
    )
    return Root(
        target=str(folder / "merged"),
        lower=[*map(str, container.image.layer_dirs()), str(base_folder(node.folder))],
        upper=str(folder / "upper"),
        work=str(folder / "work"),
        options=platform.overlay or "",
        tree=platform.overlay is None,
        nodev=not security.privileged,
        mounts=planned,
        links=list(mounts.LINKS),
        masked=[] if security.privileged else list(host["MaskedPaths"]),
        readonly_paths=[] if security.privileged else list(host["ReadonlyPaths"]),
        readonly=host["ReadonlyRootfs"],
        sysctls=host.get("Sysctls") or {},
    )


def _find_cgroups(node: Node, container: Container) -> dict[str, Path]:
    """The folders of its cgroups, by path inside: those that hold its limits."""
    shown = node.cgroups.shown(container.id)
    found = {posixpath.join(mounts.CGROUPS, name): folder for name, folder in shown.items()}
    if found and mounts.CGROUPS not in found:
        return {mounts.CGROUPS: _cgroup_points(node.folder)} | found
    return found


def base_folder(containers: Path) -> Path:
    """The lowest layer of every container: empty places for what the engine mounts.

    They need not be made in the container's own layer then, so neither ``diff`` nor an image made
    of it shows them. As moby's init layer (daemon/initlayer), but below the image, where one
    serves all.
    """
    return containers / _SHARED / "root"


def make_base(containers: Path) -> None:
    """Make that layer, and the places for cgroups."""
    base = base_folder(containers)
    for folder in ("dev", "etc", "proc", "sys"):
        (base / folder).mkdir(mode=0o755, parents=True, exist_ok=True)
    for path in FILES:
        base.joinpath(path[1:]).touch(mode=0o755)
    for name in CONTROLLERS:
        _cgroup_points(containers).joinpath(name).mkdir(mode=0o755, parents=True, exist_ok=True)


def _cgroup_points(containers: Path) -> Path:
    """Empty places for the trees of version 1 in a container."""
    return containers / _SHARED / "cgroup"


def plan_still_root(node: Node, container: Container) -> Root:
    """The file system of a container that does not run: its layers and what was mounted by wish."""
    points = {placed.point.destination for placed in container.placed}
    root = plan_root(node, container)
    return replace(
        root,
        mounts=[
            one._replace(propagation=0) if isinstance(one, Bind) else one
            for one in root.mounts
            if one.target in points
        ],
        links=[],
        masked=[],
        readonly_paths=[],
        sysctls={},
        readonly=False,
    )


def plan_program(
    node: Node,
    container: Container,
    descriptors: Descriptors,
    *,
    argv: list[str] | None = None,
    env: list[str] | None = None,
    user: str | None = None,
    cwd: str | None = None,
    privileged: bool = False,
) -> Program:
    """The main program, or, with ``argv``, another one in the same container."""
    security, platform = container.security, node.platform
    capabilities = platform.capabilities if privileged else security.capabilities
    confined = security.seccomp and not privileged
    found = node.seccomp.find(security.capabilities, confined=confined, profile=security.profile)
    seccomp = descriptors.add(found) if found is not None else None
    more = ["TERM=xterm"] if container.tty and argv is None else []
    score = container.host["OomScoreAdj"] or None
    argv_now = argv or container.argv
    if argv is None and wants_init(container):
        argv_now = [INIT_PATH, "--", *argv_now]
    return Program(
        argv=argv_now,
        env=apply_env(
            apply_env([*more, f"HOSTNAME={container.config['Hostname']}"], container.config["Env"]),
            env or (),
        ),
        cwd=cwd or container.config["WorkingDir"] or "/",
        user=user if user is not None else container.config["User"],
        groups=[str(one) for one in container.host.get("GroupAdd") or []],
        single_id=platform.single_id,
        capabilities=capabilities & platform.capabilities,
        no_new_privileges=security.no_new_privileges,
        seccomp=seccomp,
        limits=container.limits,
        oom_score_adj=score if argv is None else None,
        make_cwd=argv is None,
    )


def find_donor(node: Node, container: Container, reference: str, what: str) -> Container:
    """The container whose namespace is joined. Raises ApiError in dockerd's words."""
    try:
        donor = node.containers.find(reference)
    except ApiError as error:
        if what == "network":
            raise
        raise type(error)(f"can't join {what} of container {reference}: {error}") from None
    if what == "network":
        if donor is container:
            raise ServerError("cannot join own network")
        if not donor.state.is_running:
            raise Conflict(f"cannot join network of a non running container: {donor.id}")
    elif not donor.state.is_running:
        raise Conflict(
            f"can't join {what} of container {donor.id}: Container {donor.id} is not running"
        )
    if not donor.state.has_process or donor.process is None:
        raise Conflict(
            f"can't join {what} of container {donor.id}: "
            f"Container {donor.id} is restarting, wait until the container is running"
        )
    if what == "IPC" and donor.host["IpcMode"] not in ("shareable", "host"):
        raise ServerError(
            f"can't join IPC of container {donor.id}: non-shareable IPC "
            "(hint: use IpcMode:shareable for the donor container)"
        )
    return donor


def find_shm(node: Node, container: Container) -> Path | None:
    """The folder that is its /dev/shm when it shares one; None: it has its own."""
    donor = container.donor("IpcMode")
    owner = node.containers.get(donor) if donor is not None else None
    if owner is not None:
        return Path("/dev/shm") if owner.host["IpcMode"] == "host" else owner.folder / "shm"  # noqa: S108
    match container.host["IpcMode"]:
        case "host":
            return Path("/dev/shm")  # noqa: S108 - the node's own
        case "shareable":
            return container.folder / "shm"
        case _:
            return None


def _pidfd(container: Container) -> int:
    assert container.process is not None  # noqa: S101 - a donor that runs has one
    return container.process.pidfd


def wants_init(container: Container) -> bool:
    """An init is for a PID namespace of its own only: moby, daemon/oci_linux.go."""
    return bool(container.host.get("Init")) and not container.host["PidMode"]


def find_init() -> Path:
    """The node's init program for containers. Raises BadParameter when it has none."""
    for name in INIT_PROGRAMS:
        found = shutil.which(name)
        if found is not None:
            return Path(found).resolve()
    raise BadParameter(
        "an init was asked for, and this machine has none: install tini (or docker-init, catatonit)"
    )
