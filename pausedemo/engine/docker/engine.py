"""The docker SDK behind the port: Docker, podman, and whatever else serves Docker's API."""

from __future__ import annotations

from pausedemo.engine import wire
from pausedemo.engine.docker.exec_stream import ExecStreamCalls
from pausedemo.engine.docker.files import FileCalls
from pausedemo.engine.docker.holding import HoldCalls
from pausedemo.engine.docker.images import ImageCalls
from pausedemo.engine.docker.logs import LogCalls
from pausedemo.engine.docker.volumes import VolumeCalls
from pausedemo.engine.port import EngineInfo


class DockerEngine(HoldCalls, ExecStreamCalls, FileCalls, LogCalls, ImageCalls, VolumeCalls):
    """An engine reached through a docker SDK client. Safe to use from several threads."""

    @property
    def url(self) -> str:
        return self._url

    @property
    def api_version(self) -> tuple[int, ...]:
        return tuple(map(int, self._client.api_version.split(".")))

    def describe(self) -> EngineInfo:
        version = self._ask("ask the engine's version", self._client.version)
        info = self._ask("ask the engine's settings", self._client.info)
        return EngineInfo(
            name=wire.parse_engine_name(version),
            version=version["Version"],
            api_version=version["ApiVersion"],
            runtime=self._runtime or info.get("DefaultRuntime", ""),
            architecture=version["Arch"],
            runtimes=tuple(sorted(info.get("Runtimes") or ())),
            abilities=wire.parse_abilities(info),
            machine=info.get("Name", ""),
            memory_bytes=info.get("MemTotal", 0),
            cpus=info.get("NCPU", 0),
        )

    def close(self) -> None:
        self._client.close()
        if self._owned is not None:
            self._owned.close()
