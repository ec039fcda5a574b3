"""The engine itself: ping, version, info."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from typing import Any, Final

from aiohttp import web

import pausedemo
from pausedemo.embedded.abilities import describe_abilities
from pausedemo.embedded.containers.container import Status
from pausedemo.embedded.containers.node import Node
from pausedemo.embedded.containers.options import RUNTIME
from pausedemo.embedded.errors import BadParameter, NotFound, Unavailable
from pausedemo.embedded.machine import describe_host

#: The newest that the docker SDK 7 negotiates.
API_VERSION: Final = "1.45"
MIN_API_VERSION: Final = "1.24"
ENGINE_NAME: Final = "pausedemo embedded engine"


class SystemApi:
    """Handlers about the engine."""

    def __init__(self, node: Node, engine_id: str, count_images: Any) -> None:
        self._node = node
        self._id = engine_id
        self._count_images = count_images

    def routes(self) -> list[web.RouteDef]:
        """Paths without a version."""
        return [
            web.get("/_ping", self.ping, allow_head=False),
            web.head("/_ping", self.ping),
            web.get("/version", self.version),
            web.get("/info", self.info),
            web.post("/auth", self.auth),
            web.get("/plugins/{name:.+}/json", self.plugin),
            *(
                web.get(f"/{kind}/{{name:.+}}", self.swarm)
                for kind in ("nodes", "services", "secrets", "configs", "tasks")
            ),
            *(
                web.get(f"/{kind}", self.swarm)
                for kind in ("swarm", "nodes", "services", "secrets", "configs", "tasks")
            ),
            web.post("/swarm/leave", self.leave_swarm),
        ]

    async def ping(self, request: web.Request) -> web.Response:
        headers = {"Cache-Control": "no-cache, no-store, must-revalidate", "Pragma": "no-cache"}
        body = None if request.method == "HEAD" else "OK"
        return web.Response(text=body, headers=headers)

    async def version(self, request: web.Request) -> web.Response:  # noqa: ARG002
        host = describe_host()
        details = {
            "ApiVersion": API_VERSION,
            "MinAPIVersion": MIN_API_VERSION,
            "Os": "linux",
            "Arch": go_architecture(),
            "KernelVersion": host["KernelVersion"],
            "GoVersion": "none",
            "GitCommit": "",
            "BuildTime": "",
            "Experimental": "false",
        }
        return web.json_response(
            {
                "Platform": {"Name": ENGINE_NAME},
                "Components": [
                    {"Name": "Engine", "Version": pausedemo.__version__, "Details": details}
                ],
                "Version": pausedemo.__version__,
                "ApiVersion": API_VERSION,
                "MinAPIVersion": MIN_API_VERSION,
                "GitCommit": "",
                "GoVersion": "none",
                "Os": "linux",
                "Arch": go_architecture(),
                "KernelVersion": host["KernelVersion"],
                "BuildTime": "",
            }
        )

    async def info(self, request: web.Request) -> web.Response:  # noqa: ARG002
        node, found = self._node, self._node.platform
        states = [one.state.status for one in node.containers]
        running = sum(one in (Status.RUNNING, Status.RESTARTING) for one in states)
        paused = sum(one is Status.PAUSED for one in states)
        security = ["name=rootless"] if found.rootless else []
        if node.seccomp.is_available:
            security.insert(0, "name=seccomp,profile=default")
        can = node.cgroups.controllers
        body = {
            "ID": self._id,
            "Containers": len(states),
            "ContainersRunning": running,
            "ContainersPaused": paused,
            "ContainersStopped": len(states) - running - paused,
            "Images": self._count_images(),
            "Driver": found.storage_driver,
            "DriverStatus": [],
            "Plugins": {
                "Volume": ["local"],
                "Network": ["bridge", "host", "null"],
                "Authorization": None,
                "Log": ["json-file", "none"],
            },
            "MemoryLimit": "memory" in can,
            "SwapLimit": False,
            "KernelMemory": False,
            "CpuCfsPeriod": "cpu" in can,
            "CpuCfsQuota": "cpu" in can,
            "CPUShares": "cpu" in can,
            "CPUSet": False,
            "PidsLimit": "pids" in can,
            "IPv4Forwarding": True,
            "BridgeNfIptables": False,
            "BridgeNfIp6tables": False,
            "Debug": False,
            "OomKillDisable": False,
            "SystemTime": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            "LoggingDriver": "json-file",
            "CgroupDriver": "cgroupfs" if can else "none",
            "CgroupVersion": str(found.cgroup_version),
            "IndexServerAddress": "https://index.docker.io/v1/",
            "RegistryConfig": {
                "InsecureRegistryCIDRs": ["127.0.0.0/8"],
                "IndexConfigs": {},
                "Mirrors": [],
            },
            "DockerRootDir": str(node.folder),
            "HttpProxy": "",
            "HttpsProxy": "",
            "NoProxy": "",
            "Labels": [],
            "ExperimentalBuild": False,
            "ServerVersion": pausedemo.__version__,
            "Runtimes": {RUNTIME: {"path": ""}},
            "DefaultRuntime": RUNTIME,
            "Swarm": {"LocalNodeState": "inactive", "ControlAvailable": False, "NodeID": ""},
            "LiveRestoreEnabled": False,
            "InitBinary": "",
            "SecurityOptions": security,
            "Warnings": None,
            "Abilities": describe_abilities(node),
            **describe_host(),
        }
        return web.json_response(body)

    async def plugin(self, request: web.Request) -> web.Response:
        # ``docker inspect`` looks everywhere, and goes on only when it is told so.
        raise NotFound(f'plugin "{request.match_info["name"]}" not found')

    async def swarm(self, request: web.Request) -> web.Response:  # noqa: ARG002
        raise Unavailable(
            'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to '
            "connect this node to swarm and try again."
        )

    async def leave_swarm(self, request: web.Request) -> web.Response:  # noqa: ARG002
        raise Unavailable("This node is not part of a swarm")

    async def auth(self, request: web.Request) -> web.Response:  # noqa: ARG002
        raise BadParameter("the embedded engine keeps no credentials: pull sends them each time")


def go_architecture() -> str:
    """This machine's architecture by Go's name, as Docker says it."""
    machine = platform.machine()
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)
