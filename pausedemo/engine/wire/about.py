"""Who answers, and what its machine allows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pausedemo.engine import podman
from pausedemo.engine.port import Ability


def parse_engine_name(version: Mapping[str, Any]) -> str:
    """Whose reply to ``GET /version`` it is: docker, podman or embedded."""
    if podman.is_podman(version):
        return "podman"
    platform = version.get("Platform") or {}
    return "embedded" if "embedded" in platform.get("Name", "") else "docker"


def parse_abilities(info: Mapping[str, Any]) -> tuple[Ability, ...]:
    """What the embedded engine tells of its machine in ``GET /info``; nothing from others."""
    return tuple(Ability(*row) for row in info.get("Abilities") or ())
