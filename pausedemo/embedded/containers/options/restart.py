"""When the engine starts a container again by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pausedemo.embedded.errors import BadParameter


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """When the engine starts a container again by itself."""

    name: str = "no"
    maximum: int = 0

    def wants(self, *, exit_code: int, restarts: int, stopped_by_hand: bool) -> bool:
        """Shall it be started again after it ended so? As moby's restartmanager."""
        if stopped_by_hand:
            return False
        if self.name == "on-failure":
            return exit_code != 0 and (self.maximum == 0 or restarts < self.maximum)
        return self.name in ("always", "unless-stopped")


def parse_restart_policy(host: dict[str, Any]) -> RestartPolicy:
    """Raises BadParameter in dockerd's words."""
    raw = host.get("RestartPolicy") or {}
    name, maximum = raw.get("Name") or "no", raw.get("MaximumRetryCount") or 0
    if name not in ("no", "always", "unless-stopped", "on-failure"):
        raise BadParameter(f"invalid restart policy '{name}'")
    if maximum and name != "on-failure":
        raise BadParameter(f"maximum retry count cannot be used with restart policy '{name}'")
    if maximum < 0:
        raise BadParameter("maximum retry count cannot be negative")
    if host.get("AutoRemove") and name != "no":
        raise BadParameter("can't create 'AutoRemove' container with restart policy")
    return RestartPolicy(name, maximum)
