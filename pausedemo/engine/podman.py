"""What podman's Docker API does otherwise, as far as it can be told from what it answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from pausedemo.errors import Conflict, EngineError, NotFound

#: Its words for events where Docker has others. Its filter knows only its own, and what it then
#: tells of may bear either (containers/podman libpod/events/config.go).
EVENTS: Final = {"died": "die", "remove": "destroy"}

#: It answers 500 to much that Docker has a status for; its replies name the root cause.
#: Source: containers/podman libpod/define/errors.go, and the same of containers/storage.
CAUSES: Final[Mapping[str, type[EngineError]]] = {
    "no such container": NotFound,
    "container not known": NotFound,
    "container state improper": Conflict,
    "that name is already in use": Conflict,
}


def is_podman(version: Mapping[str, Any]) -> bool:
    """Whether a reply of ``GET /version`` is podman's."""
    components = version.get("Components") or ()
    return any("podman" in component["Name"].lower() for component in components)


def read_cause(body: bytes) -> type[EngineError] | None:
    """The error that a refusal's ``cause`` means; None when it has none that we know."""
    try:
        reply = json.loads(body)
    except ValueError:
        return None
    return CAUSES.get(str(reply.get("cause"))) if isinstance(reply, dict) else None
