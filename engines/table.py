"""Every real engine there is: a new one is one entry more.

An entry says which Debian release has it, which packages bring it, how it is started inside of
its house (see ``house.py``) and what files that takes. The socket is ``SOCKET``, what stays
between runs is below ``/data``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

INSIDE: Final = "/run/engine"
SOCKET: Final = f"unix://{INSIDE}/engine.sock"

#: Every house needs these: ``ip`` and ``mount``, a PID 1, a firewall, and ``ps`` for `docker top`.
COMMON: Final = ("ca-certificates", "iproute2", "iptables", "mount", "procps", "tini")
DOCKER: Final = ("docker.io", "runc")
PODMAN: Final = ("aardvark-dns", "crun", "netavark", "nftables", "podman", "runc")


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


# runc and cgroupfs: crun refuses a machine with control groups of both versions, and there is no
# systemd inside. The limits are below those of the machine, which podman would raise to its own.
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
DOCKER_COMMAND: Final = ("dockerd", "--host", SOCKET, "--data-root", "/data")

_ALL: Final = (
    RealEngine(
        name="docker-20.10",
        title="Docker Engine of Debian bookworm",
        suite="bookworm",
        version="20.10.",
        packages=(*COMMON, *DOCKER),
        command=DOCKER_COMMAND,
        machine_program="dockerd",
    ),
    RealEngine(
        name="docker-26.1",
        title="Docker Engine of Debian trixie",
        suite="trixie",
        version="26.1.",
        packages=(*COMMON, *DOCKER),
        command=DOCKER_COMMAND,
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
