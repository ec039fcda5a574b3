"""Named volumes by the docker SDK."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import requests

from pausedemo.engine import wire
from pausedemo.engine.docker.asking import REQUEST_TIMEOUT_S, Asking, raise_for_status
from pausedemo.engine.port import VolumeInfo
from pausedemo.errors import NotFound


class VolumeCalls(Asking):
    """The port's ``Volumes``."""

    def create_volume(
        self,
        name: str,
        labels: Mapping[str, str],
        options: Mapping[str, str] | None = None,
    ) -> VolumeInfo:
        raw = self._ask(
            f"create volume {name}",
            self._client.create_volume,
            name,
            driver_opts=dict(options or {}),
            labels=dict(labels),
        )
        return _parse(raw)

    def find_volume(self, name: str) -> VolumeInfo | None:
        try:
            return _parse(self._ask(f"inspect volume {name}", self._client.inspect_volume, name))
        except NotFound:
            return None

    def list_volumes(self, labels: Mapping[str, str | None]) -> tuple[VolumeInfo, ...]:
        raw = self._ask(
            "list volumes", self._client.volumes, filters=wire.render_label_filter(labels)
        )
        found = map(_parse, raw["Volumes"] or ())
        return tuple(one for one in found if wire.bears_labels(one.labels, labels))

    def measure_volumes(self) -> Mapping[str, int]:
        raw = self._ask("measure the volumes", self._read_usage)
        sizes = {row["Name"]: row["UsageData"]["Size"] for row in raw.get("Volumes") or ()}
        return {name: size for name, size in sizes.items() if size >= 0}

    def _read_usage(self) -> Mapping[str, Any]:
        """The SDK's ``df`` cannot say what of it is wanted; API 1.42 and newer heed it."""
        reply: requests.Response = self._client.get(
            f"{self._client.base_url}/v{self._client.api_version}/system/df",
            params={"type": "volume"},
            timeout=REQUEST_TIMEOUT_S,
        )
        raise_for_status(reply)
        found: Mapping[str, Any] = reply.json()
        return found

    def remove_volume(self, name: str) -> None:
        with contextlib.suppress(NotFound):
            self._ask(f"remove volume {name}", self._client.remove_volume, name)


def _parse(raw: Mapping[str, Any]) -> VolumeInfo:
    return VolumeInfo(
        name=raw["Name"],
        labels=raw.get("Labels") or {},
        driver=raw["Driver"],
        options=raw.get("Options") or {},
        mountpoint=raw.get("Mountpoint") or "",
    )
