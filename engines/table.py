"""Every real engine there is: a new one is one entry more.

An entry says which Debian release has it, which packages bring it, how it is started inside of
its house (see ``house.py``) and what files that takes. The socket is ``SOCKET``, what stays
between runs is below ``/data``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

INSIDE: Final = "/run/engine"
SOCKET: Final = f"unix://{INSIDE}/engine.sock"

#: Every house needs these: ``ip`` and ``mount``, a PID 1, a firewall, and ``ps`` for `docker top`.
COMMON: Final = ("ca-certificates", "iproute2", "iptables", "mount", "procps", "tini")
DOCKER: Final = ("crun", "docker.io", "runc")
#: catatonit: podman run --init; netavark writes its rules with nft (5) or iptables (4).
PODMAN: Final = ("aardvark-dns", "catatonit", "crun", "netavark", "nftables", "podman", "runc")


@dataclass(frozen=True, slots=True)
class RealEngine:
    """How to bring up one engine. ``version`` begins the version that it must then report.

    ``machine_program``: with it, of that version, a machine can run the engine by itself.
    """

    name: str
    title: str
    suite: str
    version: str
    packages: tuple[str, ...]
    command: tuple[str, ...]
    files: Mapping[str, str] = field(default_factory=dict)
    machine_program: str | None = None


# No systemd is inside, hence cgroupfs and the file of events. The limits are below those of most
# machines: podman's own are above what a machine may allow.
CONTAINERS_CONF: Final = """\
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
"""
STORAGE_CONF: Final = """\
[storage]
driver = "overlay"
graphroot = "/data"
runroot = "/run/containers/storage"
"""
PODMAN_FILES: Final = {"containers.conf": CONTAINERS_CONF, "storage.conf": STORAGE_CONF}
PODMAN_COMMAND: Final = (
    "env",
    f"CONTAINERS_CONF={INSIDE}/containers.conf",
    f"CONTAINERS_STORAGE_CONF={INSIDE}/storage.conf",
    *("podman", "system", "service", "--time", "0", SOCKET),
)
DOCKER_COMMAND: Final = (
    *("dockerd", "--host", SOCKET, "--data-root", "/data"),
    *("--config-file", f"{INSIDE}/daemon.json"),
)
# For --runtime. gVisor takes a network namespace of a recent kernel for the machine's own, and
# would not bring it up itself: it uses the one that Docker made, as it is (--network=host).
CRUN: Final = {"crun": {"path": "/usr/bin/crun"}}
GVISOR: Final = {
    "runsc": {"path": "/usr/bin/runsc", "runtimeArgs": ["--network=host", "--ignore-cgroups"]}
}


def render_daemon_json(runtimes: Mapping[str, object]) -> str:
    """Write dockerd's configuration file, with runtimes beside its own."""
    return json.dumps({"runtimes": runtimes}, indent=2) + "\n"


_ALL: Final = (
    RealEngine(
        name="docker-20.10",
        title="Docker Engine of Debian bookworm",
        suite="bookworm",
        version="20.10.",
        packages=(*COMMON, *DOCKER),
        command=DOCKER_COMMAND,
        files={"daemon.json": render_daemon_json(CRUN)},
        machine_program="dockerd",
    ),
    RealEngine(
        name="docker-26.1",
        title="Docker Engine of Debian trixie",
        suite="trixie",
        version="26.1.",
        packages=(*COMMON, *DOCKER, "runsc"),
        command=DOCKER_COMMAND,
        files={"daemon.json": render_daemon_json({**CRUN, **GVISOR})},
    ),
    RealEngine(
        name="podman-4.3",
        title="podman of Debian bookworm",
        suite="bookworm",
        version="4.3.",
        packages=(*COMMON, *PODMAN),
        command=PODMAN_COMMAND,
        files=PODMAN_FILES,
    ),
    RealEngine(
        name="podman-5.4",
        title="podman of Debian trixie",
        suite="trixie",
        version="5.4.",
        packages=(*COMMON, *PODMAN),
        command=PODMAN_COMMAND,
        files=PODMAN_FILES,
    ),
)

ENGINES: Final = {engine.name: engine for engine in _ALL}
