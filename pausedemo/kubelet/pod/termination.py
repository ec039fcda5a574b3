"""The termination messages of containers that have ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pausedemo.core import naming
from pausedemo.core.manifest import Container
from pausedemo.core.naming import ContainerName, parse_name
from pausedemo.core.pods.pod import Pod
from pausedemo.core.rules.terminationlog import LOG_LINES, cut_file, cut_log, wants_log
from pausedemo.engine.port import ContainerInfo, Engine
from pausedemo.errors import EngineGone, NotFound, PausedemoError
from pausedemo.kubelet.volumes.messages import name_message, read_message_file
from pausedemo.kubelet.volumes.plan import HOLD, MESSAGES

#: A file comes over the network whole, though only its end is told. A larger one is none.
LARGEST_FILE_BYTES: Final = 16 << 20


@dataclass(frozen=True, slots=True)
class TerminationMessages:
    """The kubelet's ``Messages``: the pod's volume for them, and where allowed the log.

    The file is read through the sandbox, which has it as long as a container is there that ended
    in it.
    """

    engine: Engine

    def read(self, pod: Pod, container: Container, container_id: str) -> str:
        del pod
        try:
            info = self.engine.inspect_container(container_id)
        except NotFound:
            # It has been removed meanwhile, and its log with it.
            return ""
        message = self._read_file(info, container)
        started = info.started_at is not None
        if message or not wants_log(container, info.exit_code, started):
            return message
        return self._read_log(container_id)

    def _read_file(self, info: ContainerInfo, container: Container) -> str:
        name = parse_name(info.name)
        sandbox_id = info.labels.get(naming.SANDBOX_ID, "")
        if not isinstance(name, ContainerName) or not sandbox_id:
            return ""
        path = f"{HOLD}/{MESSAGES}/{name_message(container.name, name.attempt)}"
        try:
            size = self.engine.stat_path(sandbox_id, path).size
            if size > LARGEST_FILE_BYTES:
                raise PausedemoError(f"file too large: {size} bytes")
            content = read_message_file(self.engine, sandbox_id, container.name, name.attempt)
        except NotFound:
            return ""
        except EngineGone:
            raise
        except PausedemoError as error:
            where = container.termination_message_path
            return f"Error on reading termination log {where}: {error}"
        return cut_file(content)

    def _read_log(self, container_id: str) -> str:
        tail = bytearray()
        try:
            with self.engine.stream_logs(container_id, tail=LOG_LINES) as chunks:
                for _, data in chunks:
                    tail += data
        except NotFound:
            return ""
        except EngineGone:
            raise
        except PausedemoError as error:
            return f"Error on reading termination message from logs: {error}"
        return cut_log(bytes(tail))
