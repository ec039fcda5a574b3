"""Files of containers, by the archive endpoint."""

from __future__ import annotations

import base64
import io
import json
import posixpath
import tarfile
import time
from typing import Any, Final

from pausedemo.engine import wire
from pausedemo.engine.docker.asking import Asking, raise_for_status
from pausedemo.engine.port import PathInfo

STAT_HEADER: Final = "X-Docker-Container-Path-Stat"


class FileCalls(Asking):
    """The port's ``Files``."""

    def put_file(self, container: str, path: str, content: bytes, mode: int) -> None:
        folder, name = posixpath.split(path)
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            member = tarfile.TarInfo(name)
            member.size, member.mode, member.mtime = len(content), mode, int(time.time())
            archive.addfile(member, io.BytesIO(content))
        action = f"write {path} in container {container}"
        self._ask(action, self._client.put_archive, container, folder or "/", buffer.getvalue())

    def put_archive(self, container: str, folder: str, archive: bytes) -> None:
        action = f"write files to {folder} in container {container}"
        self._ask(action, self._client.put_archive, container, folder, archive)

    def get_archive(self, container: str, path: str) -> bytes:
        def read() -> bytes:
            chunks, _ = self._client.get_archive(container, path)
            return b"".join(chunks)

        return self._ask(f"read {path} of container {container}", read)

    def stat_path(self, container: str, path: str) -> PathInfo:
        # The SDK asks for the whole archive to tell what is there.
        return wire.parse_path(
            self._ask(f"look at {path} of container {container}", self._stat, container, path)
        )

    def _stat(self, container: str, path: str) -> dict[str, Any]:
        base = f"{self._client.base_url}/v{self._client.api_version}"
        response = self._client.head(
            f"{base}/containers/{container}/archive",
            params={"path": path},
            timeout=self._client.timeout,
        )
        with response:
            raise_for_status(response)
            told: dict[str, Any] = json.loads(base64.b64decode(response.headers[STAT_HEADER]))
            return told
